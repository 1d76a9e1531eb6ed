import { Buffer } from "node:buffer";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type PeerScript, startFaultyPeer } from "../../../tests/support/faulty-peer.ts";
import { watchRejections } from "../../../tests/support/rejections.ts";
import { SessionLog, type SessionRecord } from "../../dialogue/session.ts";
import { systemClock } from "../../wire/clock.ts";
import { Secret } from "../../wire/secret.ts";
import { showReply } from "../reply.ts";
import type { OutgoingMessage } from "./message.ts";
import { closeSession, dropSession, openSession, type SmtpTarget } from "./session.ts";
import { sendMessage, type TransactionResult } from "./transaction.ts";

const PLAIN_EHLO = "250 peer.test\r\n";
const text = "Subject: one\r\n\r\n.Text.\r\n";

let rejections: ReturnType<typeof watchRejections>;
beforeEach(() => void (rejections = watchRejections()));
afterEach(async () => expect(await rejections.stop()).toEqual([]));

function message(changes: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    reversePath: "a@example.net",
    recipients: [{ address: "b@example.org" }, { address: "c@example.org" }],
    size: text.length,
    body: "7bit",
    octets: () => [Buffer.from(text)],
    ...changes,
  };
}

/** Opens a session with a peer; `record` resolves when it has ended. */
function open(port: number, changes: Partial<SmtpTarget> = {}) {
  const { promise: record, resolve } = Promise.withResolvers<SessionRecord>();
  const start = { id: 1, hop: "smtp-client", peer: { address: "127.0.0.1", port }, localPort: 0 } as const;
  const log = new SessionLog(start, { opened: () => undefined, ended: resolve }, systemClock);
  const target: SmtpTarget = {
    host: "127.0.0.1",
    port,
    tls: "off",
    verify: true,
    helo: "relay.test",
    timeouts: { connectMs: 300, commandMs: 300, dataMs: 300, finalReplyMs: 300 },
    ...changes,
  };
  return { session: openSession(target, log), record };
}

/** One message to a peer with a script. */
async function send(script: PeerScript, changes: Partial<OutgoingMessage> = {}) {
  const peer = await startFaultyPeer(script);
  try {
    const { session: opening, record } = open(peer.port);
    const session = await opening;
    const result = await sendMessage(session, message(changes));
    if (result.broken) dropSession(session, result.broken);
    else await closeSession(session);
    return { result, peer, record: await record };
  } finally {
    await peer.close();
  }
}

/** What became of each recipient: the code, marked where the reply stands for a failure on this side. */
function outcomes({ recipients, unknown, broken }: TransactionResult): string {
  const each = recipients.map((reply) => `${reply.code}${reply.local ? " local" : ""}`).join(", ");
  return `${each}${unknown ? ", unknown" : ""}${broken ? ", broken" : ""}`;
}

const pipelining = [true, false];

/** What happens | what the peer does | what becomes of the two recipients. */
const faults: readonly (readonly [string, PeerScript, string])[] = [
  ["all is well", {}, "250, 250"],
  ["MAIL is refused for now", { MAIL: "451 4.3.0 later\r\n" }, "451, 451"],
  ["MAIL is refused for good", { MAIL: "550 5.7.1 no\r\n" }, "550, 550"],
  ["the first recipient is refused for good", { RCPT: ["550 5.1.1 who?\r\n", "250 ok\r\n"] }, "550, 250"],
  ["the second recipient is refused for now", { RCPT: ["250 ok\r\n", "452 4.2.2 full\r\n"] }, "250, 452"],
  ["all recipients are refused", { RCPT: ["550 5.1.1 who?\r\n", "450 4.2.0 busy\r\n"] }, "550, 450"],
  ["all are refused and DATA is accepted", { RCPT: "550 5.1.1 who?\r\n", message: "554 nobody\r\n" }, "550, 550"],
  ["DATA is refused for now", { DATA: "421 4.3.2 bye\r\n" }, "421, 421"],
  ["DATA is refused for good", { DATA: "554 5.7.1 no\r\n" }, "554, 554"],
  ["DATA is answered with 250", { DATA: "250 what?\r\n" }, "451, 451"],
  ["the message is refused for now", { message: "452 4.3.1 full\r\n" }, "452, 452"],
  ["the message is refused for good", { message: "554 5.7.1 spam\r\n" }, "554, 554"],
  [
    "the message is refused, one recipient before",
    { RCPT: ["550 no\r\n", "250 ok\r\n"], message: "554 spam\r\n" },
    "550, 554",
  ],
  ["the connection is cut after MAIL", { MAIL: "cut" }, "451 local, 451 local, broken"],
  ["the connection is cut after RCPT", { RCPT: ["550 no\r\n", "cut"] }, "550, 451 local, broken"],
  ["the connection is cut after DATA", { DATA: "cut" }, "451 local, 451 local, broken"],
  ["the final reply is lost", { message: "cut" }, "451 local, 451 local, unknown, broken"],
  [
    "the final reply is lost, one recipient refused",
    { RCPT: ["550 no\r\n", "250 ok\r\n"], message: "cut" },
    "550, 451 local, unknown, broken",
  ],
  ["the final reply never comes", { message: "silent" }, "451 local, 451 local, unknown, broken"],
  ["the final reply is 354 again", { message: "354 go\r\n" }, "451 local, 451 local, unknown, broken"],
  ["the final reply is garbage", { message: "hello?\r\n" }, "451 local, 451 local, unknown, broken"],
  ["MAIL is answered with 354", { MAIL: "354 go\r\n" }, "451 local, 451 local, broken"],
  ["RCPT is answered with garbage", { RCPT: "\x00\xff\r\n" }, "451 local, 451 local, broken"],
  ["RCPT is never answered", { RCPT: "silent" }, "451 local, 451 local, broken"],
  ["replies have many lines", { MAIL: "250-a\r\n250-b\r\n250 c\r\n", RCPT: "250-x\r\n250 y\r\n" }, "250, 250"],
  ["replies end with a bare LF", { MAIL: "250 ok\n", RCPT: "250 ok\n" }, "250, 250"],
  ["a reply never ends", { MAIL: "250-more\r\n".repeat(1000) }, "451 local, 451 local, broken"],
  ["a reply line is too long", { MAIL: `250 ${"x".repeat(20_000)}\r\n` }, "451 local, 451 local, broken"],
  ["a reply has no text", { MAIL: "250\r\n", RCPT: "250 \r\n" }, "250, 250"],
];

for (const pipelined of pipelining) {
  const mode = pipelined ? "with pipelining" : "command by command";
  test.each(faults)(`${mode}: %s`, async (_, script, expected) => {
    const { result, peer, record } = await send(pipelined ? script : { ...script, EHLO: PLAIN_EHLO });
    expect(outcomes(result)).toBe(expected);
    expect(record.outcome).not.toBe(result.broken ? "completed" : "dropped");
    // Whoever is told of success has its message at the peer, whole.
    if (expected.includes("250")) expect(peer.messages).toEqual(["Subject: one\r\n\r\n..Text.\r\n"]);
  });
}

test("a connection that is cut within the message is known to have failed", async () => {
  const block = Buffer.from(`${"x".repeat(998)}\r\n`.repeat(1000));
  const size = 64 * block.length;
  const script = { "within message": "cut", EHLO: PLAIN_EHLO };
  const { result, peer } = await send(script, { size, octets: () => Array.from({ length: 64 }, () => block) });
  expect(outcomes(result)).toBe("451 local, 451 local, broken");
  expect(peer.messages).toEqual([]);
});

test.each<[string, Partial<OutgoingMessage>]>([
  ["ends early", { octets: () => [Buffer.from(text.slice(0, 5))] }],
  ["is longer than its row says", { octets: () => [Buffer.from(text + text)] }],
  ["cannot be read", {
    octets: () => {
      throw new Error("the disk is on fire");
    },
  }],
])("a message that %s is never ended with a dot", async (_, changes) => {
  const { result, peer } = await send({}, changes);
  expect(outcomes(result)).toBe("451 local, 451 local, broken");
  expect(peer.messages).toEqual([]);
});

test.each<[string, PeerScript, Partial<OutgoingMessage>, string]>([
  ["is larger than the server takes", {}, { size: 100_001 }, "552 5.3.4"],
  ["has 8-bit text that the server does not take", { EHLO: PLAIN_EHLO }, { body: "8bitmime" }, "554 5.6.3"],
])("a message that %s is refused here, and nothing is sent", async (_, script, changes, status) => {
  const { result, peer } = await send(script, changes);
  expect(result.broken).toBeNull();
  expect(result.recipients.map((reply) => showReply(reply).slice(0, 9))).toEqual([status, status]);
  expect(peer.commands.map((line) => line.slice(0, 4))).toEqual(["EHLO", "QUIT"]);
});

test("parameters are sent to a server that offers them only", async () => {
  const first = await send({}, { body: "8bitmime", reversePath: "" });
  expect(first.peer.commands).toContain(`MAIL FROM:<> SIZE=${text.length} BODY=8BITMIME`);
  const second = await send({ EHLO: PLAIN_EHLO });
  expect(second.peer.commands).toContain("MAIL FROM:<a@example.net>");
});

test("after a refusal the session serves the next message", async () => {
  const peer = await startFaultyPeer({
    MAIL: ["550 no\r\n", "250 ok\r\n"],
    RCPT: ["503 no\r\n", "503 no\r\n", "250 ok\r\n"],
    DATA: ["503 no\r\n", "354 go\r\n"],
  });
  const session = await open(peer.port).session;
  expect(outcomes(await sendMessage(session, message()))).toBe("550, 550");
  expect(outcomes(await sendMessage(session, message()))).toBe("250, 250");
  await closeSession(session);
  await peer.close();
});

/* Before the first message. */

const login = { username: "office", password: new Secret("correct horse") };
const OFFERS_PLAIN = "250-peer.test\r\n250 AUTH PLAIN LOGIN\r\n";

test.each<[string, PeerScript, Partial<SmtpTarget>, RegExp, string]>([
  [
    "greets with 421",
    { greeting: "421 4.7.0 too many\r\n" },
    {},
    /the connection was refused: 421 4\.7\.0 too many/,
    "refused",
  ],
  ["greets with 554", { greeting: "554 no\r\n" }, {}, /the connection was refused: 554 no/, "refused"],
  ["greets with garbage", { greeting: "SSH-2.0-x\r\n" }, {}, /no SMTP reply: "SSH-2.0-x"/, "dropped"],
  ["says nothing", { greeting: "silent" }, {}, /timed out while waiting for the reply to the greeting/, "timeout"],
  [
    "closes at once",
    { greeting: "cut" },
    {},
    /closed the connection while we waited for the reply to the greeting|broke/,
    "dropped",
  ],
  [
    "knows neither EHLO nor HELO",
    { EHLO: "500 what?\r\n", HELO: "502 what?\r\n" },
    {},
    /HELO was refused: 502/,
    "refused",
  ],
  ["answers EHLO with 421", { EHLO: "421 bye\r\n" }, {}, /EHLO was refused: 421 bye/, "refused"],
  ["closes after EHLO", { EHLO: "cut" }, {}, /reply to EHLO|broke/, "dropped"],
  ["offers no STARTTLS", {}, { tls: "starttls" }, /does not offer STARTTLS, which is required/, "refused"],
  [
    "refuses STARTTLS",
    { EHLO: "250-a\r\n250 STARTTLS\r\n", STARTTLS: "454 4.7.0 later\r\n" },
    { tls: "starttls" },
    /STARTTLS was refused: 454/,
    "refused",
  ],
  [
    "answers the handshake in the clear",
    { EHLO: "250-a\r\n250 STARTTLS\r\n", STARTTLS: "220 go\r\n" },
    { tls: "starttls" },
    /TLS/,
    "failed",
  ],
  ["speaks no TLS on a TLS port", {}, { tls: "implicit" }, /TLS/, "failed"],
  [
    "does not offer what the settings want",
    { EHLO: OFFERS_PLAIN },
    { login: { ...login, auth: "scram-sha-256" } },
    /offers no scram-sha-256, which the settings want: PLAIN LOGIN/,
    "refused",
  ],
  ["offers no AUTH", {}, { login }, /offers no mechanism that we know: no AUTH/, "refused"],
  [
    "offers other mechanisms",
    { EHLO: "250-a\r\n250 AUTH GSSAPI\r\n" },
    { login },
    /no mechanism that we know: GSSAPI/,
    "refused",
  ],
  [
    "refuses the login",
    { EHLO: OFFERS_PLAIN, AUTH: "535 5.7.8 no\r\n" },
    { login },
    /AUTH was refused: 535 5\.7\.8 no/,
    "refused",
  ],
  [
    "asks on and on for the login",
    { EHLO: OFFERS_PLAIN, AUTH: "334 \r\n", "*": "501 cancelled\r\n" },
    { login },
    /AUTH was refused: 454 4\.7\.0 The server asked for more/,
    "refused",
  ],
])("a server that %s gets no message, and the record says why", async (_, script, target, why, outcome) => {
  const peer = await startFaultyPeer(script);
  const { session, record } = open(peer.port, target);
  await expect(session).rejects.toThrow(why);
  const { cause, outcome: ended, transcript } = await record;
  expect(ended).toBe(outcome);
  expect(cause).toMatch(why);
  expect(JSON.stringify(transcript)).not.toContain(Buffer.from("\0office\0correct horse").toString("base64"));
  expect(peer.commands.some((line) => line.startsWith("MAIL"))).toBe(false);
  await peer.close();
});

test("a server from before ESMTP is greeted with HELO", async () => {
  const { result, peer } = await send({ EHLO: "500 what?\r\n" });
  expect(outcomes(result)).toBe("250, 250");
  expect(peer.commands[1]).toBe("HELO relay.test");
});

test("nobody listens: the error names the address", async () => {
  const peer = await startFaultyPeer();
  await peer.close();
  const { session, record } = open(peer.port);
  await expect(session).rejects.toThrow(`cannot connect to 127.0.0.1:${peer.port}`);
  expect((await record).outcome).toBe("dropped");
});
