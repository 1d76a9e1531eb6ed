import { expect, test } from "vitest";
import type { Waypost } from "../support/process.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { RawSmtp } from "../support/raw-smtp.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";
import { sourceMessage, startSource } from "../support/scripted-source.ts";
import { waitFor } from "../support/wait.ts";

const scene = createScene();
const carl = { login: "carl@example.net", password: "staple battery" };
const SECRET = "correct horse";

/** A browser of a few lines: it has a cookie, sends forms, and goes where it is led. */
async function signIn({ dashboard, output }: Waypost) {
  const { address, port } = dashboard[0]!;
  const base = `http://${address}:${port}`;
  const headers: Record<string, string> = { origin: base };
  const send = async (path: string, fields: Record<string, string>) => {
    const body = new URLSearchParams(fields);
    const response = await fetch(base + path, { method: "POST", headers, body, redirect: "manual" });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      location: response.headers.get("location") ?? "",
    };
  };
  const code = /\b([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})\b/.exec(output())![1]!;
  const entered = await send("/setup", { code, name: "anna", password: SECRET, again: SECRET });
  headers["cookie"] = entered.headers.get("set-cookie")!.split(";")[0]!;
  return {
    send,
    async open(path: string) {
      return await (await fetch(base + path.split("#")[0], { headers })).text();
    },
    async api(method: string, path: string, body?: unknown) {
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await fetch(`${base}/api/v1${path}`, { method, headers, ...init });
      return { status: response.status, body: await response.json() as Record<string, unknown> };
    },
  };
}

test("from nothing to the first relayed and the first fetched message, all by the dashboard", async () => {
  const certificate = await scene.certificate();
  const upstream = await scene.upstream({ certificate, login: { username: "office", password: SECRET } });
  const source = await startSource([sourceMessage("u1", sampleMessage(3_000))], 0, certificate);
  scene.atEnd(() => source.stop());
  const waypost = await scene.waypost(scene.folder(), relaySettings({ accounts: "" }));
  const browser = await signIn(waypost);

  const server = { host: "127.0.0.1", username: "office", password: SECRET, do: "test" };
  const tried = await browser.send("/upstreams/new", { ...server, name: "home", port: String(upstream.port) });
  expect(await browser.open(tried.location)).toContain("not trusted here");
  await browser.send(`${tried.location}/pin`, {});
  expect(await browser.open(tried.location)).toContain("It works");
  expect((await browser.send(`${tried.location}/save`, {})).location).toBe("/upstreams?done=added");

  expect(await browser.api("POST", "/accounts", carl)).toMatchObject({ status: 200 });
  const client = await RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, carl.login, carl.password);
  await client.send(carl.login, ["bob@example.org"], sampleMessage(4_000));
  await client.quit();
  await waitFor("the message", () => upstream.messages.length === 1);
  expect(upstream.messages[0]).toMatchObject({ login: "office", secured: true, to: ["bob@example.org"] });

  const path = `/accounts/${encodeURIComponent(carl.login)}/sources`;
  const asked = await browser.send(`${path}/new`, {
    ...server,
    name: "post",
    port: String(source.port),
    tls: "implicit",
  });
  await browser.send(`${asked.location}/pin`, {});
  expect(await browser.open(asked.location)).toContain("1 message");
  expect((await browser.send(`${asked.location}/save`, { mode: "keep" })).location).toBe(`${path}?done=added`);
  const read = () => RawPop3.logIn(waypost.pop3[0]!, waypost.ca, carl.login, carl.password);
  const count = async () => {
    const reader = await read();
    const lines = await reader.list("LIST");
    await reader.quit();
    return lines.length;
  };
  await waitFor("the first fetch", async () => await count() === 1);
  expect(await browser.open(path)).toContain("1 message");

  expect((await browser.send(`${path}/post/remove`, { mail: "delete" })).location).toBe(`${path}?done=removed-mail`);
  expect(await count()).toBe(0);
  expect(source.messages).toHaveLength(1);
  expect(JSON.stringify((await browser.api("GET", "/changes")).body)).not.toContain(SECRET);
});
