import { Buffer } from "node:buffer";
import PostalMime from "postal-mime";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type PeerScript, startFaultyPeer } from "../../tests/support/faulty-peer.ts";
import { directoryOf, startRelay, type TestMessage } from "../../tests/support/relay.ts";
import { isSaidByServer } from "../smtp/reply.ts";
import { type TemporaryStore, temporaryStore } from "../../tests/support/store.ts";
import { waitFor } from "../../tests/support/wait.ts";

let stored: TemporaryStore;
beforeEach(async () => void (stored = await temporaryStore()));
afterEach(() => stored.remove());

/** Sends a message, its text in UTF-8, to an upstream with these extensions; gives what came of it. */
async function relay(extensions: readonly string[], message: TestMessage, script: PeerScript = {}) {
  const EHLO = ["250-peer.test", ...extensions.map((keyword) => `250-${keyword}`), "250 HELP"].join("\r\n");
  const upstream = await startFaultyPeer({ EHLO: `${EHLO}\r\n`, ...script });
  const directory = directoryOf({ upstreams: [{ port: upstream.port }] });
  const relay = await startRelay(stored.store, () => directory);
  const text = Buffer.from(message.text ?? ASCII).toString("latin1");
  const id = Number(await relay.take({ ...message, text }));
  await waitFor(
    "the queue to be empty",
    async () => (await stored.store.read("queueSize", null)).waitingMessages === 0,
  );
  await relay.stop();
  await upstream.close();
  const { recipients } = (await stored.store.read("messageHistory", { id }))!;
  const utf8 = (line: string) => Buffer.from(line, "latin1").toString();
  return {
    replies: recipients.map(({ lastReply }) => isSaidByServer(lastReply!) ? lastReply!.slice(0, 9) : "not asked").join(
      ", ",
    ),
    mail: upstream.commands.map(utf8).find((line) => line.startsWith("MAIL FROM:<a@") || line.includes("ö")),
    sent: upstream.messages.map(utf8).find((received) => !received.includes("multipart/report")),
    bounce: upstream.messages.map(utf8).find((received) => received.includes("multipart/report")),
  };
}

const ASCII = "Subject: one\r\n\r\nText.\r\n";
const BODY = "Subject: one\r\n\r\nGrüße.\r\n";
const HEADER = "Subject: Grüße\r\n\r\nText.\r\n";
const BINARY = "Subject: one\r\n\r\na\nb\rc\0.\r\n.\r\nend";
const MAIL_BINARY = "MAIL FROM:<a@example.net> BODY=BINARYMIME";
const SIGNED = `MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nGrüße\r\n--b--\r\n`;
const ALL = ["8BITMIME", "SMTPUTF8"];
const declared = { body: "8bitmime", smtpUtf8: true } as const;

/** What the message is | what the upstream offers | what it was told, or why not. */
test.each<[string, TestMessage, readonly string[], string]>([
  ["ASCII", {}, ALL, "MAIL FROM:<a@example.net>"],
  ["ASCII", {}, [], "MAIL FROM:<a@example.net>"],
  ["ASCII although 8-bit was declared", { body: "8bitmime" }, [], "MAIL FROM:<a@example.net>"],
  ["ASCII although all was declared", declared, [], "MAIL FROM:<a@example.net>"],
  ["ASCII although all was declared", declared, ALL, "MAIL FROM:<a@example.net> SMTPUTF8"],
  ["8-bit", { body: "8bitmime", text: BODY }, ALL, "MAIL FROM:<a@example.net> BODY=8BITMIME"],
  ["8-bit although it was not declared", { text: BODY }, ALL, "MAIL FROM:<a@example.net> BODY=8BITMIME"],
  ["8-bit in a signed part", { body: "8bitmime", text: SIGNED }, [], "554 5.6.3"],
  ["8-bit in the header", { body: "8bitmime", text: HEADER }, [], "554 5.6.3"],
  ["8-bit, with SMTPUTF8 asked", { ...declared, text: BODY }, ["8BITMIME"], "MAIL FROM:<a@example.net> BODY=8BITMIME"],
  ["UTF-8 in the header", { ...declared, text: HEADER }, ALL, "MAIL FROM:<a@example.net> BODY=8BITMIME SMTPUTF8"],
  ["UTF-8 in the header", { ...declared, text: HEADER }, ["8BITMIME"], "553 5.6.7"],
  [
    "from a UTF-8 address",
    { ...declared, from: "jörg@example.net" },
    ALL,
    "MAIL FROM:<jörg@example.net> BODY=8BITMIME SMTPUTF8",
  ],
  ["to a UTF-8 address", { ...declared, to: ["jörg@example.org"] }, ALL, "MAIL FROM:<a@example.net> SMTPUTF8"],
  ["to a UTF-8 address", { ...declared, to: ["jörg@example.org"] }, ["8BITMIME"], "553 5.6.7"],
  ["lines although it was declared binary", { body: "binarymime" }, [], "MAIL FROM:<a@example.net>"],
  ["lines of 8-bit text", { body: "binarymime", text: BODY }, ALL, "MAIL FROM:<a@example.net> BODY=8BITMIME"],
  ["binary", { body: "binarymime", text: BINARY }, ["CHUNKING", "BINARYMIME"], MAIL_BINARY],
  ["binary", { body: "binarymime", text: BINARY }, ["CHUNKING", "BINARYMIME", "PIPELINING"], MAIL_BINARY],
  ["binary", { body: "binarymime", text: BINARY }, ["BINARYMIME", "8BITMIME"], "554 5.6.3"],
  ["binary", { body: "binarymime", text: BINARY }, ALL, "554 5.6.3"],
])("%s (%j) to an upstream with %j: %s", async (_, message, offered, expected) => {
  const { replies, mail, sent, bounce } = await relay(offered, message);
  if (expected.startsWith("MAIL")) expect([mail, replies, bounce]).toEqual([expected, "250 2.0.0", undefined]);
  else {
    expect([replies, sent]).toEqual(["not asked", undefined]);
    expect(bounce).toContain(`Status: ${expected.slice(4)}\r\n`);
    expect(bounce).toMatch(/Diagnostic-Code: x-waypost;\s.*does not take/s);
  }
  if (message.text && sent) expect(sent.endsWith(message.text)).toBe(true);
});

test.each([["kept in memory", 1], ["read back from the spool", 300_000]])(
  "8-bit text, %s, is converted for an upstream without 8BITMIME, and arrives as it was",
  async (_, times) => {
    const body = `${"Grüße.\r\n".repeat(times)}.\r\nEnd.\r\n`;
    const header = "Subject: one\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n";
    const { mail, replies, sent } = await relay([], { body: "8bitmime", text: `${header}\r\n${body}` });
    expect([mail, replies]).toEqual(["MAIL FROM:<a@example.net>", "250 2.0.0"]);
    expect(sent).toMatch(/^[\0-\x7f]*$/);
    expect(sent).toContain(`${header}Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe.\r\n`);
    const parsed = await PostalMime.parse(sent!.replaceAll("\r\n..", "\r\n."));
    expect(parsed.text).toBe(body.replaceAll("\r\n", "\n"));
  },
);

test("a binary message of many pieces arrives octet for octet", async () => {
  const text = `Subject: large\r\n\r\n${"a\0\n.\r\n.\r\n\r".repeat(40_000)}`;
  const { sent, replies } = await relay(["CHUNKING", "BINARYMIME"], { body: "binarymime", text });
  expect(replies).toBe("250 2.0.0");
  expect(sent?.endsWith(text)).toBe(true);
});

/** A step of a transaction by BDAT | what the upstream does there | what becomes of the two recipients. */
test.each<[string, PeerScript, string]>([
  ["MAIL is refused", { MAIL: "550 5.7.1 no\r\n" }, "550 5.7.1, 550 5.7.1"],
  ["one recipient is refused", { RCPT: ["550 5.1.1 who?\r\n", "250 ok\r\n"] }, "550 5.1.1, 250 2.0.0"],
  ["all recipients are refused", { RCPT: "550 5.1.1 who?\r\n" }, "550 5.1.1, 550 5.1.1"],
  ["the first chunk is refused", { BDAT: "552 5.3.4 no\r\n" }, "552 5.3.4, 552 5.3.4"],
  ["a chunk within is refused", { BDAT: ["250 ok\r\n", "554 5.6.0 no\r\n"] }, "554 5.6.0, 554 5.6.0"],
])("where %s, that is what the recipients get", async (_, script, expected) => {
  for (const PIPELINING of [[], ["PIPELINING"]]) {
    const text = BINARY.repeat(20_000);
    const to = ["b@example.org", "c@example.org"];
    const message = { body: "binarymime", text, to, from: "" } as const;
    expect((await relay(["CHUNKING", "BINARYMIME", ...PIPELINING], message, script)).replies).toBe(expected);
  }
});

test("recipients that the upstream can serve are served, the others are told of", async () => {
  const to = ["b@example.org", "jörg@example.org", "c@example.org"];
  const { replies, sent, bounce } = await relay(["8BITMIME"], { ...declared, to });
  expect(replies).toBe("250 2.0.0, not asked, 250 2.0.0");
  expect(sent).toContain("Text.");
  expect(bounce).toContain("Final-Recipient: utf-8; j\\x{F6}rg@example.org\r\n");
});

test("the Received field says that UTF-8 was spoken", async () => {
  const { sent } = await relay(ALL, { ...declared, account: "alice" });
  expect(sent).toContain("with UTF8SMTPA ");
});

test("ORCPT beyond ASCII goes in ASCII to an upstream without SMTPUTF8", async () => {
  const upstream = await startFaultyPeer({ EHLO: "250-peer.test\r\n250 DSN\r\n" });
  const directory = directoryOf({ upstreams: [{ port: upstream.port }] });
  const relay = await startRelay(stored.store, () => directory);
  await relay.take({ ...declared, to: [{ address: "b@example.org", originalRecipient: "utf-8;jörg+2B@example.org" }] });
  await waitFor("the message", () => upstream.messages.length === 1);
  await relay.stop();
  await upstream.close();
  expect(upstream.commands).toContain("RCPT TO:<b@example.org> ORCPT=utf-8;j\\x{F6}rg+2B@example.org");
});
