import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { queueRows } from "../support/queue-rows.ts";
import { RawSmtp, stuffDots } from "../support/raw-smtp.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { receivedBefore, sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const scene = createScene();

test.each([
  ["4 KB", 4_000],
  ["30 MB", 30_000_000],
])("a message of %s arrives octet for octet, with one Received field", async (_name, size) => {
  const certificate = await scene.certificate();
  const login = { username: "office", password: "upstream secret" };
  const upstream = await scene.upstream({ certificate, login, keep: true });
  const folder = scene.folder();
  const waypost = await scene.waypost(
    folder,
    relaySettings({ upstreams: [{ port: upstream.port, tls: "starttls", ca: certificate.caPath, ...login }] }),
  );
  const message = sampleMessage(size);
  const client = await RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, alice.login, alice.password);
  await client.send(alice.login, ["bob@example.org"], message);
  await client.quit();

  const taken = await waitFor("the message", () => upstream.messages[0]);
  expect(taken).toMatchObject({ from: alice.login, to: ["bob@example.org"], secured: true, login: "office" });
  // RFC 5321 section 4.4: from, by, with (RFC 3848), id, for, date.
  expect(receivedBefore(taken.octets, message)).toMatch(
    /^Received: from client\.example \(\[127\.0\.0\.1\]\) by relay\.test \(Waypost\) with ESMTPSA \(TLSv1\.3 \S+\) id [0-9A-Z]+ for <bob@example\.org>; \w{3}, \d{2} \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/,
  );
  await waypost.stop();
});

test("two messages on one connection arrive, and use one connection to the upstream", async () => {
  const upstream = await scene.upstream({ keep: true });
  const waypost = await scene.waypost(scene.folder(), relaySettings({ upstreams: [{ port: upstream.port }] }));
  const client = await RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, alice.login, alice.password);
  const messages = [sampleMessage(2_000, "first"), sampleMessage(3_000, "second")];
  for (const message of messages) {
    const taken = upstream.messages.length;
    await client.send(alice.login, ["bob@example.org"], message);
    await waitFor("the message", () => upstream.messages.length > taken);
  }
  await client.quit();
  messages.forEach((message, index) => receivedBefore(upstream.messages[index]!.octets, message));
  expect(upstream.messages.map((message) => message.connection)).toEqual([1, 1]);
});

test("an upstream that is away gets its mail when it is back", async () => {
  const gone = await scene.upstream();
  await gone.stop();
  const folder = scene.folder();
  const waypost = await scene.waypost(folder, relaySettings({ upstreams: [{ port: gone.port }] }));
  const client = await RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, alice.login, alice.password);
  const message = sampleMessage(4_000);
  await client.send(alice.login, ["bob@example.org"], message);
  await client.quit();
  await waitFor("a failed attempt", async () => (await queueRows(folder))[0]?.lastReply);
  expect(await queueRows(folder)).toMatchObject([{
    state: "waiting",
    lastReply: expect.stringMatching(/^no connection: .*refused/i),
  }]);

  const back = await scene.upstream({ port: gone.port, keep: true });
  const taken = await waitFor("the message", () => back.messages[0]);
  receivedBefore(taken.octets, message);
  await waitFor("the queue to be empty", async () => (await queueRows(folder))[0]?.state === "delivered");
});

test("a refused recipient comes back to the sender as a report", async () => {
  const upstream = await scene.upstream({
    keep: true,
    recipient: (address) => address.startsWith("nobody") ? "550 5.1.1 No such person" : "250 2.1.5 OK",
  });
  const folder = scene.folder();
  const waypost = await scene.waypost(folder, relaySettings({ upstreams: [{ port: upstream.port }] }));
  const client = await RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, alice.login, alice.password);
  await client.send(alice.login, ["nobody@example.org", "bob@example.org"], sampleMessage(4_000, "Lost and found"));
  await client.quit();

  await waitFor("the report", () => upstream.messages.length === 2);
  expect(upstream.messages[0]).toMatchObject({ from: alice.login, to: ["bob@example.org"] });
  const report = upstream.messages[1]!;
  expect(report).toMatchObject({ from: "", to: [alice.login] });
  const text = report.octets.toString("latin1");
  // RFC 6522, RFC 3464.
  expect(text).toMatch(/^Content-Type: multipart\/report; report-type=delivery-status;/m);
  expect(text).toMatch(/^Content-Type: message\/delivery-status\r$/m);
  expect(text).toMatch(/^Final-Recipient: rfc822; nobody@example\.org\r$/m);
  expect(text).toMatch(/^Status: 5\.1\.1\r$/m);
  expect(text).toMatch(/^Diagnostic-Code: smtp; 550 5\.1\.1 No such person\r$/m);
  expect(text).toMatch(/^Subject: Lost and found\r$/m);
  expect(text).not.toMatch(/^Final-Recipient: rfc822; bob/m);
  const rows = await queueRows(folder);
  expect(rows.find((row) => row.address.startsWith("nobody"))?.state).toBe("bounced");
  expect(rows.find((row) => row.address.startsWith("bob"))?.state).toBe("delivered");
});

test("several recipients get one copy, and are not named in the Received field", async () => {
  const upstream = await scene.upstream({ keep: true });
  const waypost = await scene.waypost(scene.folder(), relaySettings({ upstreams: [{ port: upstream.port }] }));
  const client = await RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, alice.login, alice.password);
  const recipients = Array.from({ length: 100 }, (_, index) => `person${index}@example.org`);
  const message = sampleMessage(2_000);
  await client.send(alice.login, recipients, message);
  const taken = await waitFor("the message", () => upstream.messages[0]);
  expect(taken.to).toEqual(recipients);
  expect(receivedBefore(taken.octets, message)).not.toContain("example.org");
});

test("the Received field can keep the client to itself, and mail that comes back is refused in the end", async () => {
  const upstream = await scene.upstream({ keep: true });
  // No second attempt, however slow the machine is: a copy would be taken for the next visit.
  const settings = relaySettings({
    upstreams: [{ port: upstream.port }],
    allowWithoutAuth: ["127.0.0.0/8"],
    retry: "1h",
  }).replace("[smtp]\n", '[smtp]\nreceived_client = "hidden"\nown_received_limit = 2\n');
  const waypost = await scene.waypost(scene.folder(), settings);
  const client = await RawSmtp.connect(waypost.smtp[0]!);
  await client.ask(250, "EHLO secret-laptop.lan");
  let message: Buffer = Buffer.from(sampleMessage(1_000));
  for (let visit = 1; visit <= 2; visit++) {
    await client.send("a@example.net", ["bob@example.org"], message);
    await waitFor("the message", () => upstream.messages.length === visit);
    message = upstream.messages[visit - 1]!.octets;
  }
  const header = message.subarray(0, message.indexOf("\r\n\r\n")).toString("latin1");
  expect(header.match(/^Received: by relay\.test \(Waypost\) with ESMTP id /gm)).toHaveLength(2);
  expect(header).not.toMatch(/secret-laptop|127\.0\.0\.1/);
  await client.ask(250, "MAIL FROM:<a@example.net>");
  await client.ask(250, "RCPT TO:<bob@example.org>");
  await client.ask(354, "DATA");
  await client.client.write(Buffer.concat([stuffDots(message), Buffer.from(".\r\n")]));
  expect((await client.expect(554)).text).toBe(
    "5.4.6 The message runs in a loop: it has been here 2 times, 2 are too many",
  );
});
