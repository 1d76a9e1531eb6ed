import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { RawSmtp } from "../support/raw-smtp.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";
import { commandsIn, wideLines } from "./support.ts";

const scene = createScene();

test("accounts are added, given a new password and removed while the server runs, and it knows at once", async () => {
  const folder = scene.folder();
  const waypost = await scene.waypost(folder, relaySettings({}));
  const { run, json } = commandsIn(folder);
  const logIn = (password: string) => RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, "bob@example.net", password);

  const added = await run(
    ["account", "add", "bob@example.net", "--address", "*@example.net", "--password-stdin"],
    "one\n",
  );
  expect(added).toMatchObject({ code: 0, out: "account bob@example.net: added, in use from now on\n" });
  await (await logIn("one")).quit();
  expect(await run(["account", "add", "BOB@example.net", "--password-stdin"], "x\n")).toMatchObject({ code: 1 });
  expect(await run(["account", "password", "BOB@example.net", "--password-stdin"], "two\n")).toMatchObject({ code: 0 });
  await expect(logIn("one")).rejects.toThrow("535");
  await (await logIn("two")).quit();

  const { accounts } = await json<{ accounts: unknown[] }>(["account", "list"]);
  expect(accounts).toMatchObject([
    { login: "alice@example.net", origin: "file" },
    { login: "bob@example.net", origin: "database", addresses: ["*@example.net"], canLogIn: true },
  ]);
  const ofFile = await run(["account", "remove", "alice@example.net"]);
  expect(ofFile).toMatchObject({ code: 1, err: expect.stringContaining("waypost.toml: change it there") });
  expect(await run(["account", "remove", "bob@example.net"])).toMatchObject({ code: 0 });
  await expect(logIn("two")).rejects.toThrow("535");
  expect(await run(["account", "remove", "bob@example.net"])).toMatchObject({ code: 1 });
}, 60_000);

test("before the first start entries can be made; passwords are sealed and shown nowhere", async () => {
  const folder = scene.folder();
  fs.writeFileSync(path.join(folder, "waypost.toml"), 'data_dir = "data"\n');
  const { run, json } = commandsIn(folder);
  const args = [
    "upstream",
    "add",
    "provider",
    "--host",
    "smtp.example.net",
    "--tls",
    "implicit",
    "--username",
    "office",
  ];
  const added = await run([...args, "--set", "max_connections=2", "--password-stdin"], "correct horse\n");
  expect(added).toMatchObject({ code: 0, out: "upstream provider: added, in use with the next start\n" });
  const source = ["--source", "pop.example.net", "--source-username", "carol", "--source-mode", "delete"];
  const account = await run(
    ["account", "add", "carol", "--upstream", "provider", ...source, "--password-stdin"],
    "carol's own\nsource secret\n",
  );
  expect(account).toMatchObject({ code: 0 });
  expect(await json(["upstream", "list"])).toMatchObject({
    upstreams: [{ name: "provider", origin: "database", host: "smtp.example.net", port: 465, username: "office" }],
  });
  const changes = [["upstream", "password", "provider"], [
    "account",
    "password",
    "carol",
    "--source",
    "pop.example.net",
  ]];
  for (const change of changes) {
    expect(await run([...change, "--password-stdin"], "changed secret\n")).toMatchObject({ code: 0, err: "" });
  }
  const list = await run(["account", "list"]);
  expect(list.out).toContain("pop.example.net:995");
  expect(wideLines(list.out)).toEqual([]);
  const octets = fs.readdirSync(path.join(folder, "data")).filter((name) => name.startsWith("waypost.db"))
    .map((name) => fs.readFileSync(path.join(folder, "data", name), "latin1")).join("");
  for (const secret of ["correct horse", "carol's own", "source secret", "changed secret"]) {
    expect(octets).not.toContain(secret);
  }
});

test.each([
  [["upstream", "add", "a"], "host: (missing)"],
  [["upstream", "add", "a", "--host", "h", "--tls", "maybe"], '"maybe"'],
  [["upstream", "add", "a", "--host", "h", "--set", "colour=red"], "(unknown key)"],
  [["device", "allow", "scanner", "0.0.0.0/0"], "an open relay"],
  [["device", "allow", "scanner", "203.0.113.7"], "smtp.allow_public_networks = true"],
  [["device", "allow", "scanner", "192.168.1.20", "--min-tls", "2"], "device.min_tls"],
  [["device", "allow", "scanner", "192.168.1.20", "--upstream", "none"], "there is no upstream none"],
])("%j is refused with what was expected, and nothing is written", async (args, text) => {
  const folder = scene.folder();
  fs.writeFileSync(path.join(folder, "waypost.toml"), 'data_dir = "data"\n');
  const { run, json } = commandsIn(folder);
  const ran = await run(args);
  expect(ran).toMatchObject({ code: 1, out: "" });
  expect(ran.err).toContain(text);
  expect(await json([args[0]!, "list"])).toMatchObject({ [`${args[0]}s`]: [] });
});

test("a device is allowed, shown and removed", async () => {
  const folder = scene.folder();
  fs.writeFileSync(path.join(folder, "waypost.toml"), 'data_dir = "data"\n');
  const { run, json } = commandsIn(folder);
  expect(await run(["device", "allow", "scanner", "192.168.1.20", "192.168.2.0/28"])).toMatchObject({ code: 0 });
  expect(await json(["device", "list"])).toMatchObject({
    devices: [{ name: "scanner", origin: "database", networks: ["192.168.1.20", "192.168.2.0/28"], addresses: ["*"] }],
    allowedWithoutAuth: ["127.0.0.0/8", "::1"],
  });
  expect(await run(["device", "remove", "SCANNER"])).toMatchObject({ code: 0 });
  expect(await json(["device", "list"])).toMatchObject({ devices: [] });
});

test("who was refused for want of a login waits in the list, until it is allowed and sends by its rules", async () => {
  const folder = scene.folder();
  const upstream = await scene.upstream({ keep: true });
  const settings = relaySettings({ upstreams: [upstream], more: '[telemetry]\nflush_interval = "100ms"' });
  const waypost = await scene.waypost(folder, settings);
  const { run, json } = commandsIn(folder);
  const scanner = await RawSmtp.connect(waypost.smtp[0]!);
  await scanner.ask(250, "HELO scanner");
  await scanner.client.write("MAIL FROM:<scan@local>\r\nRCPT TO:<bob@example.org>\r\n");
  await scanner.expect(530);
  await scanner.expect(503);
  interface Listed {
    readonly waiting: readonly Record<string, unknown>[];
    readonly devices: readonly Record<string, unknown>[];
  }
  const waiting = await waitFor("the refused client to be noted", async () => {
    const { waiting } = await json<Listed>(["device", "list"]);
    return waiting.length > 0 && waiting;
  });
  expect(waiting).toMatchObject([
    { address: "127.0.0.1", helo: "scanner", sender: "scan@local", recipient: "bob@example.org", attempts: 1 },
  ]);
  const shown = await run(["device", "list"]);
  expect(shown.out).toMatch(/ADDRESS +CALLS ITSELF +FROM +TO +TRIES +LAST\n127\.0\.0\.1 +scanner/);
  expect(wideLines(shown.out)).toEqual([]);

  const rules = ["--from", "office@example.net", "--bare-lf", "--max-message-size", "1KB", "--messages-per-hour", "1"];
  expect(await run(["device", "allow", "scanner", "127.0.0.1", ...rules])).toMatchObject({ code: 0 });
  const { waiting: none, devices } = await json<Listed>(["device", "list"]);
  expect(none).toEqual([]);
  expect(devices).toMatchObject([{ from: "office@example.net", bareLf: true, messagesPerHour: 1, minTls: "off" }]);
  expect(wideLines((await run(["device", "list"])).out)).toEqual([]);

  await scanner.ask(552, "MAIL FROM:<scan@local> SIZE=1001");
  await scanner.ask(250, "MAIL FROM:<scan>");
  await scanner.ask(250, "RCPT TO: bob@example.org");
  await scanner.ask(354, "DATA");
  await scanner.client.write("From: Scanner <scan@local>\nSubject: page\n\n.one\n\r\n.\r\n");
  const id = /Queued as (\w+)/.exec((await scanner.expect(250)).text)![1]!;
  expect(await scanner.say("MAIL FROM:<scan@local>")).toMatchObject({
    code: 450,
    text: expect.stringContaining("4.7.1"),
  });
  await scanner.quit();
  const [sent] = await waitFor("the message to arrive", () => upstream.messages.length > 0 && upstream.messages);
  expect(sent!.from).toBe("office@example.net");
  expect(sent!.octets.toString("latin1")).toMatch(
    /\r\nReply-To: Scanner <scan@local>\r\nDate: .*\r\nMessage-ID: .*\r\nFrom: office@example\.net\r\nSubject: page\r\n\r\n\.one\r\n\r\n$/,
  );
  expect((await run(["trace", id])).out.replace(/\s+/g, " ")).toContain("without a login, device scanner");
  expect((await run(["queue", "show", id])).out.replace(/\s+/g, " ")).toContain("without a login, device scanner");
}, 60_000);
