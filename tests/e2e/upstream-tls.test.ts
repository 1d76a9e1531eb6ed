import { expect, test } from "vitest";
import { queueRows } from "../support/queue-rows.ts";
import { RawSmtp } from "../support/raw-smtp.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { sampleMessage } from "../support/sample-messages.ts";
import { createScene, type Scene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const scene = createScene();

/** Sends a message by the upstream that the settings name; gives the reply that it was deferred with. */
async function deferredWith(stage: Scene, upstream: { port: number } & Record<string, unknown>): Promise<string> {
  const folder = stage.folder();
  const waypost = await stage.waypost(folder, relaySettings({ upstreams: [{ tls: "starttls", ...upstream }] }));
  const client = await RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, alice.login, alice.password);
  await client.send(alice.login, ["bob@example.org"], sampleMessage(4_000));
  await client.quit();
  const row = await waitFor("an attempt", async () => (await queueRows(folder)).find((one) => one.lastReply !== null));
  expect(row.state).toBe("waiting");
  return row.lastReply ?? "";
}

test("a certificate that another authority signed defers the message, and the reply says so", async () => {
  const certificate = await scene.certificate();
  const other = await scene.certificate();
  const upstream = await scene.upstream({ certificate });
  const reply = await deferredWith(scene, { port: upstream.port, ca: other.caPath });
  expect(reply).toMatch(/^TLS failed: .*(certificate|issuer|self-signed|signature)/i);
  expect(upstream.messages).toEqual([]);
});

test("an upstream without STARTTLS where it is required defers the message, and nothing is sent in the clear", async () => {
  const upstream = await scene.upstream();
  const reply = await deferredWith(scene, { port: upstream.port, username: "office", password: "secret" });
  expect(reply).toMatch(/^the server does not offer STARTTLS/);
  expect(upstream.messages).toEqual([]);
});

test("a password that the upstream refuses defers the message: mending the settings mends the queue", async () => {
  const certificate = await scene.certificate();
  const upstream = await scene.upstream({ certificate, login: { username: "office", password: "right" } });
  const reply = await deferredWith(scene, {
    port: upstream.port,
    ca: certificate.caPath,
    username: "office",
    password: "wrong",
  });
  expect(reply).toMatch(/^535 5\.7\.8 Wrong/);
  expect(upstream.messages).toEqual([]);
});

test("an upstream that refuses the login is not stormed by the messages that wait for it", async () => {
  const certificate = await scene.certificate();
  const upstream = await scene.upstream({ certificate, login: { username: "office", password: "right" } });
  const folder = scene.folder();
  const settings = relaySettings({
    upstreams: [{
      port: upstream.port,
      tls: "starttls",
      ca: certificate.caPath,
      username: "office",
      password: "wrong",
      more: "max_connections = 10",
    }],
  });
  const waypost = await scene.waypost(folder, settings);
  const client = await RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, alice.login, alice.password);
  for (let count = 0; count < 40; count++) await client.send(alice.login, ["bob@example.org"], sampleMessage(1_000));
  await waitFor("an attempt of each", async () => (await queueRows(folder)).every((row) => row.lastReply !== null));
  // Ten at once at the beginning, then one look every five seconds.
  expect(upstream.connections()).toBeLessThanOrEqual(20);
});

test("an upstream whose final reply is lost gets the message again later, with the same Message-ID", async () => {
  let lost = 0;
  const upstream = await scene.upstream({ keep: true, final: () => lost++ === 0 ? "" : "250 2.0.0 Taken" });
  const folder = scene.folder();
  const settings = relaySettings({ upstreams: [{ port: upstream.port, more: 'final_reply_timeout = "2s"' }] });
  const waypost = await scene.waypost(folder, settings);
  const client = await RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, alice.login, alice.password);
  await client.send(alice.login, ["bob@example.org"], sampleMessage(4_000));
  await waitFor("both copies", () => upstream.messages.length === 2);
  expect(upstream.messages[1]?.digest).toBe(upstream.messages[0]?.digest);
});
