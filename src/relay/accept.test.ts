import { Buffer } from "node:buffer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { directoryOf, startRelay, type TestRelay } from "../../tests/support/relay.ts";
import { type TemporaryStore, temporaryStore } from "../../tests/support/store.ts";
import { Secret } from "../wire/secret.ts";

let stored: TemporaryStore;
let relay: TestRelay;
beforeAll(async () => {
  stored = await temporaryStore();
  const directory = directoryOf({
    accounts: [
      { login: "alice@example.net", password: "correct horse" },
      { login: "bob", password: "battery", addresses: ["*@bob.example", "bob@example.net"] },
      { login: "carol@example.net" },
    ],
    devices: [
      { name: "scanner", networks: ["192.168.1.20"], addresses: ["scanner@example.net"] },
      { name: "camera", networks: ["192.168.1.30"], from: "office@example.net", messages_per_minute: 2 },
      { name: "elsewhere", networks: ["192.0.2.20"] },
    ],
    aliases: [{ recipient: "root", to: "alice@example.net" }],
  });
  relay = await startRelay(stored.store, () => directory);
});
afterAll(async () => {
  await relay.stop();
  await stored.remove();
});

const peer = { address: "192.168.1.9", port: 1 };

test.each([
  ["alice@example.net", "correct horse", "alice@example.net"],
  ["ALICE@example.net", "correct horse", "alice@example.net"],
  ["alice@example.net", "Correct horse", 535],
  ["nobody", "correct horse", 535],
  ["carol@example.net", "", 535],
])("login %s with %j", async (login, password, expected) => {
  const result = await relay.submissions.authenticate({ login, password: new Secret(password), peer });
  expect("sender" in result ? result.sender.account : result.reply.code).toBe(expected);
});

test("a guesser has to wait, with the right password too", async () => {
  const guesser = { address: "192.0.2.66", port: 1 };
  const attempt = (password: string) =>
    relay.submissions.authenticate({ login: "bob", password: new Secret(password), peer: guesser });
  for (let count = 0; count < 20; count++) await attempt("wrong");
  expect(await attempt("battery")).toMatchObject({ reply: { code: 454, enhanced: "4.7.0" } });
});

test.each([
  ["alice@example.net", "alice@example.net", true],
  ["alice@example.net", "alice@EXAMPLE.net", true],
  ["alice@example.net", "bob@example.net", false],
  ["alice@example.net", "", true],
  ["bob", "anything@bob.example", true],
  ["bob", "bob@elsewhere.example", false],
  ["gone", "gone@example.net", false],
])("%s may send as <%s>: %s", (account, reversePath, allowed) => {
  const refusal = relay.submissions.refuseReversePath({ account, name: account }, reversePath);
  expect(refusal?.code ?? "fine").toBe(allowed ? "fine" : 553);
});

test("a device is known by its address and sends as it may; another client of the network as it likes", () => {
  const { submissions } = relay;
  const scanner = submissions.senderWithoutLogin({ address: "192.168.1.20", port: 1 })!;
  expect(scanner).toMatchObject({ account: null, name: "scanner", device: { name: "scanner", bareLf: false } });
  expect(submissions.refuseReversePath(scanner, "scanner@example.net")).toBeNull();
  expect(submissions.refuseReversePath(scanner, "alice@example.net")?.code).toBe(553);
  const other = submissions.senderWithoutLogin(peer)!;
  expect(other).toEqual({ account: null, name: "192.168.1.9" });
  expect(submissions.refuseReversePath(other, "alice@example.net")).toBeNull();
});

test("an address outside the private ranges lets nobody in, whatever networks say, unless that is said twice", () => {
  for (const address of ["192.0.2.20", "192.0.2.9", "::ffff:192.0.2.20", "2001:db8::1", "100.64.0.1"]) {
    expect(relay.submissions.senderWithoutLogin({ address, port: 1 })).toBeNull();
  }
  expect(relay.submissions.senderWithoutLogin({ address: "127.0.0.1", port: 1, isProxy: true })).toBeNull();
  for (const address of ["127.0.0.1", "::1", "fe80::1%eth0", "::ffff:192.168.1.9"]) {
    expect(relay.submissions.senderWithoutLogin({ address, port: 1 })).not.toBeNull();
  }
});

test("a device's pace is kept over all its sessions", () => {
  const { submissions } = relay;
  const camera = submissions.senderWithoutLogin({ address: "192.168.1.30", port: 1 })!;
  const other = submissions.senderWithoutLogin({ address: "192.168.1.20", port: 1 })!;
  expect([1, 2, 3].map(() => submissions.refusePace!(camera)?.code)).toEqual([undefined, undefined, 450]);
  expect(submissions.refusePace!(camera)).toMatchObject({
    enhanced: "4.7.1",
    lines: [expect.stringMatching(/^Your device may send 2 messages within any minute, try again in (60|59) s$/)],
  });
  expect(submissions.refusePace!(other)).toBeNull();
});

test("a device's mail goes out with the address that its rules give, in envelope and header", async () => {
  const { submissions } = relay;
  const sender = submissions.senderWithoutLogin({ address: "192.168.1.30", port: 1 })!;
  const id = await relay.take({ sender, from: "camera@local", text: "From: Cam <camera@local>\r\n\r\nText.\r\n" });
  const { message } = (await stored.store.read("messageHistory", { id: Number(id) }))!;
  expect(message).toMatchObject({ sender: "office@example.net", device: "camera", account: null });
  let text = "";
  for await (const octets of stored.store.octets(Number(id))) text += new TextDecoder().decode(octets);
  expect(text).toContain("Reply-To: Cam <camera@local>\r\n");
  expect(text).toContain("\r\nFrom: office@example.net\r\n\r\nText.\r\n");
  const report = await relay.take({ sender, from: "", text: "Subject: a report\r\n\r\nText.\r\n" });
  expect((await stored.store.read("messageHistory", { id: Number(report) }))!.message.sender).toBe("");
});

test("a header of more than a chunk is mended too, everything else is octet for octet", async () => {
  const sender = relay.submissions.senderWithoutLogin({ address: "192.168.1.30", port: 1 })!;
  const filler = `X-Filler: ${"y".repeat(60)}\r\n`.repeat(1500);
  const body = `\r\n${"z".repeat(76)}\r\n`.repeat(3000);
  const header = `${filler}From:\r\n Cam <camera@local>\r\nDate: now\r\nMessage-ID: <x@y>\r\n${filler}`;
  const id = await relay.take({ sender, from: "camera@local", text: `${header}${body}` });
  const parts: Uint8Array[] = [];
  for await (const octets of stored.store.octets(Number(id))) parts.push(octets);
  const text = Buffer.concat(parts).toString("latin1");
  const mended = header.replace("From:\r\n Cam <camera@local>", "From: office@example.net");
  expect(text.slice(text.indexOf("X-Filler")) === `${mended}Reply-To:\r\n Cam <camera@local>\r\n${body}`).toBe(true);
  expect((await stored.store.read("messageHistory", { id: Number(id) }))!.message.size).toBe(text.length);
});

test("what a header lacks is added, and the queue knows it", async () => {
  const id = await relay.take({ from: "a@example.net", text: "Subject: one\r\n\r\nText.\r\n" });
  const { message } = (await stored.store.read("messageHistory", { id: Number(id) }))!;
  let text = "";
  for await (const octets of stored.store.octets(Number(id))) text += new TextDecoder().decode(octets);
  expect(text).toMatch(
    /\r\nFrom: a@example\.net\r\nDate: [^\r]+ \+0000\r\nMessage-ID: <\w+@relay\.test>\r\nSubject: one\r\n\r\nText\.\r\n$/,
  );
  expect(message.messageId).toMatch(/^\w+@relay\.test$/);
  expect(text).toContain(`<${message.messageId}>`);
  expect(message.size).toBe(text.length);
});

test("a recipient that stands for somebody is him from the beginning, once, and what was written stays in ORCPT", async () => {
  expect(relay.submissions.knowsLocalName!("Root")).toBe(true);
  expect(relay.submissions.knowsLocalName!("toor")).toBe(false);
  const to = ["root", "root@RELAY.test", "Alice@example.net", "alice@EXAMPLE.net", "bob@example.net"];
  const id = await relay.take({ to });
  const { recipients } = (await stored.store.read("messageHistory", { id: Number(id) }))!;
  expect(recipients.map(({ address, originalRecipient }) => [address, originalRecipient])).toEqual([
    ["alice@example.net", "rfc822;root@relay.test"],
    ["Alice@example.net", null],
    ["bob@example.net", null],
  ]);
});

test.each([[19, false], [20, true]])("a message with %i Received fields is in a loop: %s", async (count, loop) => {
  const text = `${
    "Received: from x by y; Tue, 24 Nov 2026 07:00:00 +0000\r\n".repeat(count)
  }Subject: one\r\n\r\nText.\r\n`;
  const before = (await stored.store.read("queueSize", null)).waitingMessages;
  const result = await relay.take({ text });
  if (loop) expect(result).toMatchObject({ code: 554, enhanced: "5.4.6" });
  else expect(typeof result).toBe("number");
  expect((await stored.store.read("queueSize", null)).waitingMessages).toBe(before + (loop ? 0 : 1));
});

test("a large message that is given up leaves nothing in the spool", async () => {
  const text = `${"Received: from x by y; Tue, 24 Nov 2026 07:00:00 +0000\r\n".repeat(20)}\r\n${"x".repeat(300_000)}`;
  const before = await stored.store.read("queueSize", null);
  expect(await relay.take({ text })).toMatchObject({ code: 554 });
  expect(await stored.store.read("queueSize", null)).toEqual(before);
});

test("a message of ten thousand recipients is taken, claimed and settled", async () => {
  const to = Array.from({ length: 10_000 }, (_, index) => `r${index}@example.org`);
  const id = await relay.take({ to });
  expect(typeof id).toBe("number");
  const history = await stored.store.read("messageHistory", { id: Number(id) });
  expect(history?.recipients.length).toBe(10_000);
  const positions = history!.recipients.map((recipient) => recipient.position);
  const [now, until] = [Date.now() + 1e6, Date.now() + 2e6];
  const claim = { messageId: Number(id), positions, owner: "this-node", now, until };
  expect((await stored.store.write("claim", claim)).length).toBe(10_000);
  const changes = positions.map((position) => ({
    messageId: Number(id),
    position,
    state: "delivered" as const,
    nextAttemptAt: now,
    upstream: null,
    lastReply: null,
    changedAt: now,
  }));
  await stored.store.write("settle", { delivery: null, changes, bounce: null, octets: null });
  expect((await stored.store.read("messageHistory", { id: Number(id) }))?.message.doneAt).toBe(now);
});

test("a message that came without its size is refused for now once the disk has no room for the rest", async () => {
  let looks = 0;
  const full = await startRelay(stored.store, () => directoryOf({}), { hasRoom: () => ++looks < 2 });
  const text = `Subject: large\r\n\r\n${`${"x".repeat(998)}\r\n`.repeat(5_000)}`;
  expect(await full.take({ text })).toMatchObject({ code: 452, enhanced: "4.3.1" });
  const { reusableOctets, logOctets } = await stored.store.read("roomWithin", null);
  expect([reusableOctets > 1_000_000, logOctets > 1_000_000]).toEqual([true, true]);
  await full.stop();
});
