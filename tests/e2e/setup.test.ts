import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { Waypost } from "../support/process.ts";
import { RawSmtp } from "../support/raw-smtp.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const scene = createScene();

/** A browser that has set up the dashboard and is signed in. */
async function signIn(waypost: Waypost) {
  const base = `http://127.0.0.1:${waypost.dashboard[0]!.port}`;
  const code = /one-time code: (\S+)/.exec(waypost.output())![1]!;
  const send = (target: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(base + target, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams(form),
      headers: { origin: base, ...headers },
    });
  const set = await send("/setup", { code, name: "anna", password: "correct horse", again: "correct horse" });
  const cookie = set.headers.get("set-cookie")!.split(";")[0]!;
  return {
    get: async (target: string) => await (await fetch(base + target, { headers: { cookie } })).text(),
    async post(target: string, form: Record<string, string>) {
      const response = await send(target, form, { cookie });
      await response.body?.cancel();
      return { status: response.status, to: response.headers.get("location") };
    },
  };
}

test("a device that is refused is allowed in the dashboard, and the same message goes out by its rules", async () => {
  const upstream = await scene.upstream({ keep: true });
  const settings = relaySettings({ upstreams: [upstream], more: '[telemetry]\nflush_interval = "100ms"' });
  const waypost = await scene.waypost(scene.folder(), settings);
  const browser = await signIn(waypost);
  const scanner = await RawSmtp.connect(waypost.smtp[0]!);
  await scanner.ask(250, "HELO scanner-hp");
  await scanner.ask(530, "MAIL FROM:<scan@local>");
  await waitFor("the scanner to wait", async () => (await browser.get("/devices")).includes("scanner-hp"));
  expect(await browser.get("/")).toContain("1 device waits to be allowed: see Devices.");
  expect(await browser.get("/devices/-/add?address=127.0.0.1")).toContain('value="scanner-hp"');

  const form = { name: "scanner-hp", networks: "127.0.0.1", from: "office@example.net", max_message_size: "1KB" };
  expect(await browser.post("/devices/-/add", form)).toEqual({ status: 303, to: "/devices/scanner-hp?done=added" });
  expect(await browser.get("/devices")).toContain("goes out as office@example.net");
  await scanner.ask(552, "MAIL FROM:<scan@local> SIZE=2000");
  await scanner.ask(250, "MAIL FROM:<scan@local>");
  await scanner.ask(250, "RCPT TO:<bob@example.org>");
  await scanner.ask(354, "DATA");
  await scanner.ask(250, "Subject: page\r\n\r\nOne.\r\n.");
  await scanner.quit();
  const [sent] = await waitFor("the message to arrive", () => upstream.messages.length > 0 && upstream.messages);
  expect(sent!.from).toBe("office@example.net");

  expect(await browser.post("/devices/scanner-hp/remove", {})).toMatchObject({ to: "/devices?done=removed" });
  const again = await RawSmtp.connect(waypost.smtp[0]!);
  await again.ask(250, "HELO scanner-hp");
  await again.ask(530, "MAIL FROM:<scan@local>");
  await again.quit();
  const changes = await browser.get("/changes");
  for (const text of ["scanner-hp", "anna", "removed", "added"]) expect(changes).toContain(text);
}, 60_000);

test("an account of the dashboard logs in at once, and its route leads its mail to another upstream", async () => {
  const [first, second] = [await scene.upstream({ keep: true }), await scene.upstream({ keep: true })];
  const waypost = await scene.waypost(scene.folder(), relaySettings({ upstreams: [first, second] }));
  const browser = await signIn(waypost);
  const names = [...(await browser.get("/routes/-/add")).matchAll(/There is ([^.]+)\./g)].map(([, all]) => all!)[0]!;
  const other = names.split(", ")[1]!;
  const account = { login: "carol", password: "staple battery", addresses: "carol@example.net" };
  expect(await browser.post("/accounts/-/add", account)).toMatchObject({ to: "/accounts/carol?done=added" });
  expect(await browser.post("/routes/-/add", { account: "carol", via: other })).toMatchObject({ status: 303 });
  const client = await RawSmtp.connect(waypost.smtp[0]!);
  await client.ask(250, "EHLO client.example");
  await client.ask(220, "STARTTLS");
  await client.client.secure(waypost.ca);
  await client.ask(250, "EHLO client.example");
  await client.ask(235, `AUTH PLAIN ${Buffer.from("\0carol\0staple battery").toString("base64")}`);
  await client.ask(250, "MAIL FROM:<carol@example.net>");
  await client.ask(250, "RCPT TO:<bob@example.org>");
  await client.ask(354, "DATA");
  await client.ask(250, "Subject: one\r\n\r\nOne.\r\n.");
  await client.quit();
  await waitFor("the message to arrive", () => second.messages.length > 0);
  expect(first.messages).toEqual([]);
}, 60_000);

test(
  "the settings are read anew from the dashboard and by SIGHUP, and a file that is wrong is told and not used",
  async () => {
    const folder = scene.folder();
    const file = path.join(folder, "waypost.toml");
    const waypost = await scene.waypost(folder, relaySettings({}));
    const browser = await signIn(waypost);
    const write = (more: string) => fs.writeFileSync(file, `data_dir = "data"\n${relaySettings({ more })}`);

    write('[queue]\nlifetime = "9d"');
    expect(await browser.get("/settings")).toContain("The file has changed since it was read");
    expect(await browser.post("/settings/reload", {})).toMatchObject({ to: "/settings?done=reloaded" });
    expect(await browser.get("/settings")).toContain("&quot;9d&quot;");

    write('[queue]\nlifetime = "for ever"');
    const wrong = await browser.get("/settings");
    expect(wrong).toContain("queue.lifetime: &quot;for ever&quot; — expected a duration");
    expect(wrong).toContain("&quot;9d&quot;");
    expect(await browser.post("/settings/reload", {})).toMatchObject({ to: "/settings" });
    expect(await browser.get("/settings")).toContain("&quot;9d&quot;");

    write('[queue]\nlifetime = "8d"');
    waypost.signal("SIGHUP");
    await waitFor("the signal to count", async () => (await browser.get("/settings")).includes("&quot;8d&quot;"));
    const changes = await browser.get("/changes?kind=settings");
    for (const actor of ["anna", "a signal"]) expect(changes).toContain(actor);
  },
  60_000,
);
