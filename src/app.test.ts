import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { play } from "../tests/conformance/smtp-server/play.ts";
import { startFaultyPeer } from "../tests/support/faulty-peer.ts";
import { watchRejections } from "../tests/support/rejections.ts";
import { waitFor } from "../tests/support/wait.ts";
import { type App, startApp } from "./app.ts";
import { connect } from "./net/listener.ts";
import { secureClient } from "./net/tls.ts";
import { loadSettings, type Settings } from "./settings.ts";

const PATIENCE_MS = 10_000;

let folder: string;
let rejections: ReturnType<typeof watchRejections>;
let apps: App[];
beforeEach(() => {
  rejections = watchRejections();
  folder = mkdtempSync(join(tmpdir(), "waypost-app-"));
  apps = [];
});
afterEach(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  rmSync(folder, { recursive: true, force: true });
  expect(await rejections.stop()).toEqual([]);
});

/** Settings of a file; ports are the system's choice. */
function settingsOf(more = "", smtp = "127.0.0.1:0"): Settings {
  const file = join(folder, "waypost.toml");
  const listen = [`[[smtp.listen]]\naddress = "${smtp}"`, `[[pop3.listen]]\naddress = "127.0.0.1:0"`];
  writeFileSync(
    file,
    `hostname = "relay.test"\ndata_dir = "data"\n[dashboard]\nlisten = "127.0.0.1:0"\n${listen.join("\n")}\n${more}`,
  );
  const loaded = loadSettings(file, {});
  if ("errors" in loaded) throw new Error(JSON.stringify(loaded.errors));
  return loaded.settings;
}

async function start(settings: Settings): Promise<App> {
  const app = await startApp(settings);
  apps.push(app);
  return app;
}

function portOf(app: App, service: string): number {
  const found = app.endpoints.find((endpoint) => endpoint.service === service)!;
  return Number(/:(\d+)\D*$/.exec(found.address)![1]);
}

test("mail comes in over STARTTLS and goes out to the upstream", async () => {
  const upstream = await startFaultyPeer();
  const app = await start(
    settingsOf(`[[upstream]]\nname = "first"\nhost = "127.0.0.1"\nport = ${upstream.port}\ntls = "off"`),
  );
  const client = await connect("127.0.0.1", portOf(app, "smtp"), PATIENCE_MS);
  expect(await play(client, "S: 220 ~ relay\\.test\nC: EHLO a\nS: 250 ~ ^STARTTLS$\nC: STARTTLS\nS: 220")).toEqual([]);
  const ca = readFileSync(app.caPath!, "utf8");
  await secureClient(client, { serverName: "relay.test", ca, timeoutMs: PATIENCE_MS });
  const script = `C: EHLO a\nS: 250\nC: MAIL FROM:<a@example.net>\nS: 250\nC: RCPT TO:<b@example.org>\nS: 250
    C: DATA\nS: 354\nC> "Subject: one\\r\\n\\r\\nText.\\r\\n.\\r\\n"\nS: 250\nC: QUIT\nS: 221\nS: (closed)`;
  expect(await play(client, script)).toEqual([]);
  client.destroy();
  await waitFor("the delivery", () => upstream.messages.length === 1);
  expect(upstream.messages[0]).toMatch(/with ESMTPS\s/);
  await upstream.close();
});

test("a port that is taken is a clear error, and nothing is left listening or locked", async () => {
  const taken = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const { port } = taken.address() as net.AddressInfo;
  await expect(startApp(settingsOf("", `127.0.0.1:${port}`))).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`);
  await new Promise((resolve) => taken.close(resolve));
  const app = await start(settingsOf("", `127.0.0.1:${port}`));
  expect(portOf(app, "smtp")).toBe(port);
});

test("a stop says goodbye to clients that are between commands, and is quick", async () => {
  const app = await startApp(settingsOf());
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => connect("127.0.0.1", portOf(app, "smtp"), PATIENCE_MS)),
  );
  for (const client of clients) expect(await play(client, "S: 220")).toEqual([]);
  const stopped = app.stop();
  for (const client of clients) expect(await play(client, "S: 421 4.3.2\nS: (closed)")).toEqual([]);
  await stopped;
  await expect(connect("127.0.0.1", portOf(app, "smtp"), PATIENCE_MS)).rejects.toThrow("cannot connect");
});

test("other settings hold from the next session on, without a restart", async () => {
  const app = await start(settingsOf());
  const open = await connect("127.0.0.1", portOf(app, "smtp"), PATIENCE_MS);
  expect(await play(open, "S: 220\nC: EHLO a\nS: 250 ~ ^SIZE 50000000$")).toEqual([]);
  await app.reload(settingsOf(`[smtp]\nmax_message_size = "1MB"\nallow_without_auth = []`));
  const next = await connect("127.0.0.1", portOf(app, "smtp"), PATIENCE_MS);
  const script = "S: 220\nC: EHLO a\nS: 250 ~ ^SIZE 1000000$\nC: MAIL FROM:<a@example.net>\nS: 530";
  expect(await play(next, script)).toEqual([]);
  for (const client of [open, next]) client.destroy();
});
