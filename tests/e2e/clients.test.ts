import { expect, test } from "vitest";
import { RawSmtp } from "../support/raw-smtp.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { receivedBefore, sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const scene = createScene();

test("a device sends without a login from an allowed address, and is told to log in from another", async () => {
  const upstream = await scene.upstream({ keep: true });
  const waypost = await scene.waypost(
    scene.folder(),
    relaySettings({ upstreams: [{ port: upstream.port }], allowWithoutAuth: ["127.0.0.9"] }),
  );
  const device = await RawSmtp.connect({ ...waypost.smtp[0]!, from: "127.0.0.9" });
  await device.ask(250, "EHLO scanner");
  const message = sampleMessage(2_000);
  await device.send("scanner@example.net", ["bob@example.org"], message);
  await device.quit();
  const taken = await waitFor("the message", () => upstream.messages[0]);
  expect(receivedBefore(taken.octets, message)).toMatch(
    /from scanner \(\[127\.0\.0\.9\]\) by relay\.test \(Waypost\) with ESMTP id/,
  );

  const stranger = await RawSmtp.connect({ ...waypost.smtp[0]!, from: "127.0.0.8" });
  await stranger.ask(250, "EHLO stranger");
  const refusal = await stranger.ask(530, "MAIL FROM:<scanner@example.net>");
  expect(refusal.text).toMatch(/STARTTLS.*AUTH/);
  expect((await stranger.say("RCPT TO:<bob@example.org>")).code).toBe(503);
  expect((await stranger.say("DATA")).code).toBe(503);
  expect(upstream.messages).toHaveLength(1);
});

test("a login is not asked for, nor taken, in the clear", async () => {
  const waypost = await scene.waypost(scene.folder(), relaySettings({}));
  const client = await RawSmtp.connect(waypost.smtp[0]!);
  expect((await client.ask(250, "EHLO client")).text).not.toMatch(/^AUTH/m);
  const secret = Buffer.from(`\0${alice.login}\0${alice.password}`).toString("base64");
  expect((await client.say(`AUTH PLAIN ${secret}`)).code).toBe(538);
});

test("an account sends under its own addresses only, and not with a wrong password", async () => {
  const waypost = await scene.waypost(scene.folder(), relaySettings({}));
  const { login, password } = alice;
  const client = await RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, login, password);
  expect((await client.say("MAIL FROM:<boss@example.net>")).code).toBe(553);
  await client.ask(250, `MAIL FROM:<${login}>`);
  await client.quit();
  await expect(RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, login, "guess")).rejects.toThrow(/535/);
  expect(waypost.output()).not.toContain(password);
});

test("what a client sends in one packet behind STARTTLS is forgotten", async () => {
  const upstream = await scene.upstream();
  const waypost = await scene.waypost(
    scene.folder(),
    relaySettings({ upstreams: [{ port: upstream.port }], allowWithoutAuth: ["127.0.0.1"] }),
  );
  const client = await RawSmtp.connect(waypost.smtp[0]!);
  await client.ask(250, "EHLO client");
  await client.ask(220, "STARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@example.net>\r\nRCPT TO:<bob@example.org>");
  await client.client.secure(waypost.ca);
  expect((await client.say("RCPT TO:<bob@example.org>")).code).toBe(503);
  await client.ask(250, "EHLO client");
  await client.quit();
});
