import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryMailboxes } from "../../../src/pop3/server/memory.ts";
import type { Mailboxes, OpenMailbox } from "../../../src/pop3/server/ports.ts";
import { play } from "./play.ts";
import { messageOf } from "./script.ts";
import { mailboxOf, openPolicy, sendAll, serveOnPipe, waypost } from "./support.ts";

const plain = (text: string) => Buffer.from(text).toString("base64");

test("CAPA lists what the server can do, in both states", async () => {
  const list = [
    "USER",
    "SASL PLAIN LOGIN",
    "TOP",
    "UIDL",
    "RESP-CODES",
    "AUTH-RESP-CODE",
    "PIPELINING",
    "UTF8 USER",
    "EXPIRE NEVER",
  ];
  const capa = `C: CAPA\nS: +OK …\n${[...list, "IMPLEMENTATION Waypost", "."].map((line) => `S: ${line}`).join("\n")}`;
  const transcript = `S: +OK …\n${capa}\nC: USER mrose\nS: +OK …\nC: PASS secret\nS: +OK …\n${capa}`;
  expect(await play(await waypost([]), transcript)).toEqual([]);
});

test("a listener that wants TLS takes no login in the clear and does not list one", async () => {
  const policy = { ...openPolicy, loginWithoutTls: false };
  const { client, record } = serveOnPipe(memoryMailboxes(new Map([["mrose", mailboxOf([])]])), { policy });
  const refusal = "-ERR [AUTH] login is allowed under TLS only: use a port with TLS";
  const transcript = `S: +OK …
    C: CAPA
    S: +OK …
    S: TOP
    S: UIDL
    S: RESP-CODES
    S: AUTH-RESP-CODE
    S: PIPELINING
    S: UTF8 USER
    S: EXPIRE NEVER
    S: IMPLEMENTATION Waypost
    S: .
    C: USER mrose
    S: ${refusal}
    C: AUTH PLAIN ${plain("\0mrose\0secret")}
    S: ${refusal}
    C: STLS
    S: -ERR STLS is not offered here
    C: QUIT
    S: +OK goodbye`;
  expect(await play(client, transcript)).toEqual([]);
  expect((await record).phases.map(({ phase }) => phase)).toEqual(["authorization"]);
});

test("AUTH PLAIN logs in with and without an initial response, and can be cancelled", async () => {
  const response = plain("\0mrose\0secret");
  expect(await play(await waypost([]), `S: +OK …\nC: AUTH PLAIN ${response}\nS: +OK …\nC: STAT\nS: +OK 0 0`)).toEqual(
    [],
  );
  const transcript = `S: +OK …
    C: AUTH
    S: +OK …
    S: PLAIN
    S: LOGIN
    S: .
    C: AUTH CRAM-MD5
    S: -ERR …
    C: AUTH PLAIN
    S: +${" "}
    C: *
    S: -ERR …
    C: auth plain
    S: +${" "}
    C: ${plain("\0mrose\0wrong")}
    S: -ERR [AUTH] …
    C: AUTH PLAIN ${plain("other\0mrose\0secret")}
    S: -ERR [AUTH] …
    C: AUTH PLAIN
    S: +${" "}
    C: ${response}
    S: +OK …
    C: STAT
    S: +OK 0 0`;
  expect(await play(await waypost([]), transcript)).toEqual([]);
});

test("passwords are taken whole, with the spaces in and around them", async () => {
  const mailbox = { password: "  two  words ", messages: [] };
  const { client } = serveOnPipe(memoryMailboxes(new Map([["alice", mailbox]])));
  const transcript = "S: +OK …\nC: USER alice\nS: +OK …\nC: PASS   two  words \nS: +OK …";
  expect(await play(client, transcript)).toEqual([]);
});

test("no transcript holds a password, however it was sent", async () => {
  const { client, record } = serveOnPipe(memoryMailboxes(new Map([["mrose", mailboxOf([])]])));
  const response = plain("\0mrose\0hunter2");
  const lines = [
    "PASS hunter2",
    "USER mrose hunter2",
    "USER mrose",
    "PASS hunter2",
    "pass hunter2",
    `AUTH PLAIN ${response}`,
    "AUTH PLAIN",
  ];
  await sendAll(client, [...lines, response, `AUTH LOGIN`, response, "QUIT", ""].join("\r\n"));
  const shown = JSON.stringify((await record).transcript);
  expect(shown).toContain("PASS (secret)");
  expect(shown).not.toMatch(/hunter2/i);
  expect(shown.toUpperCase()).not.toContain(response.toUpperCase());
});

test("a second session on a mailbox gets [IN-USE] until the first has ended, however it ends", async () => {
  const mailboxes = memoryMailboxes(new Map([["mrose", mailboxOf([])]]));
  const login = "S: +OK …\nC: USER mrose\nS: +OK …\nC: PASS secret\n";
  const first = serveOnPipe(mailboxes);
  expect(await play(first.client, `${login}S: +OK …`)).toEqual([]);
  expect(await play(serveOnPipe(mailboxes).client, `${login}S: -ERR [IN-USE] …`)).toEqual([]);
  first.client.destroy();
  expect((await first.record).outcome).toBe("dropped");
  expect(await play(serveOnPipe(mailboxes).client, `${login}S: +OK …\nC: QUIT\nS: +OK …`)).toEqual([]);
  expect(await play(serveOnPipe(mailboxes).client, `${login}S: +OK …`)).toEqual([]);
});

test("what was deleted is removed by QUIT alone", async () => {
  const mailbox = mailboxOf([messageOf(100), messageOf(100), messageOf(100)]);
  const mailboxes = memoryMailboxes(new Map([["mrose", mailbox]]));
  const dropped = serveOnPipe(mailboxes);
  await play(dropped.client, "S: +OK …\nC: USER mrose\nS: +OK …\nC: PASS secret\nS: +OK …\nC: DELE 1\nS: +OK …");
  dropped.client.destroy();
  await dropped.record;
  expect(mailbox.messages.length).toBe(3);
  const left = serveOnPipe(mailboxes);
  await sendAll(left.client, "USER mrose\r\nPASS secret\r\nDELE 1\r\nDELE 3\r\nQUIT\r\n");
  expect(mailbox.messages.map(({ uidl }) => uidl)).toEqual(["uid-2"]);
  const { phases, outcome } = await left.record;
  expect([phases.map(({ phase }) => phase), outcome]).toEqual([
    ["authorization", "transaction", "update"],
    "completed",
  ]);
});

test("QUIT says -ERR when the messages could not be removed, and the cause is for the owner alone", async () => {
  const failing = changed(memoryMailboxes(new Map([["mrose", mailboxOf([messageOf(100)])]])), {
    remove: () => Promise.reject(new Error("disk full")),
  });
  const { client, record } = serveOnPipe(failing);
  const output = await sendAll(client, "USER mrose\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n");
  expect(output).toMatch(/-ERR \[SYS\/TEMP\] the deleted messages were not removed\r\n$/);
  const { outcome, cause, endedIn } = await record;
  expect({ outcome, endedIn }).toEqual({ outcome: "failed", endedIn: "update" });
  expect(cause).toContain("disk full");
});

test("a message that cannot be read to its end breaks off without a final dot", async () => {
  const failing = changed(memoryMailboxes(new Map([["mrose", mailboxOf([messageOf(100)])]])), {
    async *open() {
      yield Buffer.from("Subject: half\r\n");
      throw new Error("chunk 2 is missing");
    },
  });
  const { client, record } = serveOnPipe(failing);
  const output = await sendAll(client, "USER mrose\r\nPASS secret\r\nRETR 1\r\nQUIT\r\n");
  expect(output).toMatch(/octets\r\nSubject: half\r\n$/);
  expect((await record).cause).toContain("chunk 2 is missing");
});

test("odd messages pass octet by octet", async () => {
  const all = Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet)).join("");
  const messages = [
    "",
    ".\r\n",
    "..\r\n.\r\n",
    "\r\n",
    `${all}\r\n.\n.\r.\r\n`,
    `${"long".repeat(30_000)}\r\n`,
    "\n.\n\r\n",
  ];
  const commands = messages.map((_, index) => `RETR ${index + 1}\r\n`).join("");
  const output = await sendAll(await waypost(messages), `USER mrose\r\nPASS secret\r\n${commands}QUIT\r\n`);
  const expected = messages.map((message) =>
    `+OK ${message.length} octets\r\n${message.replace(/(^|\r\n)\./g, "$1..")}.\r\n`
  ).join("");
  expect(output).toContain(`${expected}+OK goodbye`);
});

test("a message without a final line end gets one", async () => {
  const output = await sendAll(await waypost(["abc"]), "USER mrose\r\nPASS secret\r\nRETR 1\r\nQUIT\r\n");
  expect(output).toContain("octets\r\nabc\r\n.\r\n+OK");
});

test("TOP ends the header at the first blank line, even where lines end with a bare LF", async () => {
  const output = await sendAll(
    await waypost(["a: b\nc: d\n\none\ntwo\n"]),
    "USER mrose\r\nPASS secret\r\nTOP 1 1\r\nQUIT\r\n",
  );
  expect(output).toContain("follows\r\na: b\nc: d\n\none\n\r\n.\r\n+OK goodbye");
});

test("a line that is too long, not text or ended by a bare LF is refused, and the session goes on", async () => {
  const input = `${"x".repeat(9_000)}\r\nNOOP\nUSER \xff\r\nUSER mrose\r\nPASS secret\r\nQUIT\r\n`;
  const replies = (await sendAll(await waypost([]), input)).split("\r\n").map((line) => line.slice(0, 4));
  expect(replies).toEqual(["+OK ", "-ERR", "-ERR", "-ERR", "+OK ", "+OK ", "+OK ", ""]);
});

test("a line with a control character is told what a command line holds", async () => {
  const output = await sendAll(await waypost([]), "NO\0OP\r\nNOOP\rNOOP\r\nQUIT\r\n");
  expect(output.match(/-ERR a command line holds text in UTF-8 without control characters\r\n/g)).toHaveLength(2);
});

test("a client that goes on making errors is sent away", async () => {
  const output = await sendAll(await waypost([]), "FOO\r\n".repeat(1_000));
  expect(output).toMatch(/-ERR too many errors, goodbye\r\n$/);
  expect(output.split("\r\n").length).toBeLessThan(100);
});

test("an idle session ends without a word at shutdown's end of patience, a waiting one with [SYS/TEMP]", async () => {
  const { client, stop, record } = serveOnPipe(memoryMailboxes(new Map()));
  expect(await play(client, "S: +OK …\nC: CAPA\nS: +OK …")).toEqual([]);
  stop.abort();
  expect(await sendAll(client, "")).toMatch(/-ERR \[SYS\/TEMP\] the server is shutting down\r\n$/);
  expect((await record).outcome).toBe("shutdown");
});

test("a list of many messages leaves in few pieces", async () => {
  const mailbox = mailboxOf(Array.from({ length: 20_000 }, () => ""));
  let pieces = 0;
  const cut = (octets: Uint8Array) => (pieces++, [octets]);
  const { client } = serveOnPipe(memoryMailboxes(new Map([["mrose", mailbox]])), { cut });
  const output = await sendAll(client, "USER mrose\r\nPASS secret\r\nUIDL\r\nQUIT\r\n");
  expect(output.split("\r\n").length).toBe(20_000 + 7);
  expect(pieces).toBeLessThan(20);
});

test("split invariance: wherever the input is cut, the output is the same", async () => {
  const messages = [messageOf(120), ".\r\n..\r\nx\n.\r\n", messageOf(200), "\r\n"];
  const lines = [
    "CAPA",
    "AUTH PLAIN",
    plain("\0mrose\0nope"),
    "USER mrose",
    "PASS secret",
    "STAT",
    "LIST",
    "UIDL",
    "FOO",
  ];
  const more = [
    "RETR 1",
    "RETR 2",
    "TOP 3 1",
    "DELE 2",
    "RETR 2",
    "LIST",
    "RSET",
    "DELE 1",
    "x".repeat(9_000),
    "QUIT",
    "",
  ];
  const input = [...lines, ...more].join("\r\n");
  const whole = await sendAll(await waypost(messages), input);
  expect(whole).toContain("+OK goodbye (3 messages left)\r\n");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 60 }), async (sizes) => {
      const mailboxes = memoryMailboxes(new Map([["mrose", mailboxOf(messages)]]));
      const { client } = serveOnPipe(mailboxes, { cut: (octets) => cutInto(octets, sizes) });
      expect(await sendAll(client, input)).toBe(whole);
    }),
    { numRuns: 60 },
  );
});

function cutInto(octets: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < octets.length; turn++) {
    const end = at + sizes[turn % sizes.length]!;
    pieces.push(octets.subarray(at, end));
    at = end;
  }
  return pieces;
}

/** Mailboxes in which every open mailbox behaves otherwise in some way. */
function changed(mailboxes: Mailboxes, changes: Partial<OpenMailbox>): Mailboxes {
  return {
    async authenticate(attempt) {
      const outcome = await mailboxes.authenticate(attempt);
      return "mailbox" in outcome ? { mailbox: { ...outcome.mailbox, ...changes } } : outcome;
    },
  };
}

test("a client that asks on and on without logging in is sent away; one that has logged in may", async () => {
  const output = await sendAll(await waypost([]), "CAPA\r\n".repeat(1_000));
  expect(output).toMatch(/-ERR \[SYS\/TEMP\] too many commands without a login, goodbye\r\n$/);
  expect(output.match(/^\+OK capabilities/gm)).toHaveLength(100);
  const served = await sendAll(await waypost([]), `USER mrose\r\nPASS secret\r\n${"NOOP\r\n".repeat(300)}QUIT\r\n`);
  expect(served).toMatch(/\+OK goodbye \(maildrop empty\)\r\n$/);
});
