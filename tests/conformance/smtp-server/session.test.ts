import { Buffer } from "node:buffer";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ensureCertificates } from "../../../src/net/certificates.ts";
import type { Connection } from "../../../src/net/connection.ts";
import { connect, listen } from "../../../src/net/listener.ts";
import { secureClient, TlsAcceptor } from "../../../src/net/tls.ts";
import { reply } from "../../../src/smtp/reply.ts";
import { watchRejections } from "../../support/rejections.ts";
import {
  codesOf,
  memorySubmissions,
  PATIENCE_MS,
  sendAll,
  serveConnection,
  serveOnPipe,
  type SessionOptions,
} from "../../support/smtp-session.ts";
import { play } from "./play.ts";

const HELLO = "EHLO client.example\r\n";
const ENVELOPE = `${HELLO}MAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\n`;

let folder: string;
let ca: string;
let acceptor: TlsAcceptor;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waypost-session-"));
  const own = await ensureCertificates(folder, ["relay.test"], Date.now());
  ca = readFileSync(own.caPath, "utf8");
  acceptor = new TlsAcceptor(own);
});
afterAll(() => rmSync(folder, { recursive: true }));

let rejections: ReturnType<typeof watchRejections>;
beforeEach(() => void (rejections = watchRejections()));
afterEach(async () => expect(await rejections.stop()).toEqual([]));

/** Plays a whole session at once; gives the codes of the replies and what was taken. */
async function session(input: string, options: SessionOptions = {}) {
  const submissions = options.submissions ?? memorySubmissions();
  const { client, record } = serveOnPipe({ ...options, submissions });
  const output = await sendAll(client, input);
  client.destroy();
  const taken = (submissions as ReturnType<typeof memorySubmissions>).taken;
  return { output, codes: codesOf(output), taken, record: await record };
}

/** Serves connections on a port of this machine. */
async function overSocket(options: SessionOptions): Promise<{ client: Connection; close: () => Promise<void> }> {
  const listener = await listen({ address: "127.0.0.1", port: 0 }, (server) => void serveConnection(server, options));
  const client = await connect("127.0.0.1", listener.endpoint.port, PATIENCE_MS);
  return {
    client,
    close: () => {
      client.destroy();
      return listener.close();
    },
  };
}

test("a message comes in with its envelope and without its dot-stuffing", async () => {
  const { codes, taken, record } = await session(`${ENVELOPE}DATA\r\n..a\r\nb\r\n.\r\nQUIT\r\n`);
  expect(codes).toEqual([220, 250, 250, 250, 354, 250, 221]);
  expect(taken).toMatchObject([{
    text: ".a\r\nb\r\n",
    reversePath: "a@example.net",
    recipients: [{ address: "b@example.org" }],
    helo: "client.example",
    esmtp: true,
    body: "7bit",
    sender: { account: null },
  }]);
  expect(record).toMatchObject({
    outcome: "completed",
    endedIn: "termination",
    messages: 1,
    peerName: "client.example",
  });
  expect(record.phases.map(({ phase, commands, refusals }) => [phase, commands, refusals])).toEqual([
    ["establishment", 1, 0],
    ["transfer", 3, 0],
    ["termination", 1, 0],
  ]);
});

/* Pipelining. */

test("the replies to a group leave in one write", async () => {
  const { client } = serveOnPipe();
  await client.readLine(1000, PATIENCE_MS, "the greeting");
  client.write(`${ENVELOPE}RCPT TO:<c@example.org>\r\nDATA\r\n`);
  const group = await client.readPiece(PATIENCE_MS, "replies");
  expect(codesOf(Buffer.from(group!).toString())).toEqual([250, 250, 250, 250, 354]);
  client.write("Text.\r\n.\r\nNOOP\r\nQUIT\r\n");
  const rest = await client.readPiece(PATIENCE_MS, "replies");
  expect(codesOf(Buffer.from(rest!).toString())).toEqual([250, 250, 221]);
  expect(await client.readPiece(PATIENCE_MS, "the end")).toBeNull();
});

test("a client that never reads its replies is waited for, not remembered without end", async () => {
  const { client, record } = serveOnPipe({ policy: { maxChatter: 1e9 }, limits: { dataTimeoutMs: 200 } });
  const line = Buffer.from("HELP\r\n".repeat(10_000));
  const flood = (async () => {
    for (let count = 0; count < 200; count++) {
      client.write(line);
      await client.flush(PATIENCE_MS, "the server");
    }
  })();
  expect((await record).outcome).toBe("timeout");
  client.destroy();
  await flood.catch(() => "the server has closed");
});

/* Limits. */

test.each<[string, string, SessionOptions, readonly number[], string]>([
  ["too many errors", "FOO\r\n".repeat(9), { limits: { maxRefusals: 3 } }, [220, 500, 500, 500, 500, 421], "refused"],
  ["too much chatter", "NOOP\r\n".repeat(9), { policy: { maxChatter: 2 } }, [220, 250, 250, 421], "refused"],
  [
    "too many messages",
    `${HELLO}MAIL FROM:<a@example.net>\r\nRSET\r\nMAIL FROM:<a@example.net>\r\n`,
    { policy: { maxMessages: 1 } },
    [220, 250, 250, 250, 421],
    "refused",
  ],
  ["too many connections", "", { turnedAway: { text: "Too many", cause: "many", forNow: true } }, [421], "refused"],
  [
    "a network that may not connect",
    "EHLO a\r\nMAIL FROM:<a@b.example>\r\nQUIT\r\n",
    { turnedAway: { text: "No", cause: "outside", forNow: false } },
    [554, 503, 503, 221],
    "refused",
  ],
  [
    "chunks without octets",
    `${ENVELOPE}${"BDAT 0\r\n".repeat(9)}`,
    { policy: { maxChatter: 3 } },
    [220, 250, 250, 250, 250, 250, 421],
    "refused",
  ],
  [
    "a message that never ends",
    `${ENVELOPE}DATA\r\nx`,
    { policy: { maxMessageMs: 20 } },
    [220, 250, 250, 250, 354, 421],
    "refused",
  ],
  [
    "a chunk that never ends",
    `${HELLO}MAIL FROM:<a@example.net>\r\nBDAT 10\r\nx`,
    { policy: { maxMessageMs: 20 } },
    [220, 250, 250, 421],
    "refused",
  ],
  ["silence", "", { limits: { commandTimeoutMs: 20 } }, [220, 421], "timeout"],
  [
    "silence in data",
    `${ENVELOPE}DATA\r\nx`,
    { policy: { dataTimeoutMs: 20 } },
    [220, 250, 250, 250, 354, 421],
    "timeout",
  ],
])("%s: the client is told why and sent away", async (_, input, options, codes, outcome) => {
  const submissions = memorySubmissions();
  const result = await session(input, { ...options, submissions });
  expect(result.codes).toEqual(codes);
  expect(result.record.outcome).toBe(outcome);
  expect(result.record.cause).not.toBeNull();
  expect(result.taken).toEqual([]);
  expect(submissions.aborted).toBe(/DATA|BDAT 0/.test(input) ? 1 : 0);
});

test.each<[string, string, SessionOptions, number]>([
  ["a line that is too long", `${"x".repeat(300)}\r\nshort\r\n`, { policy: { maxDataLineOctets: 200 } }, 554],
  ["a message that is too large", "0123456789\r\n".repeat(50), { policy: { maxMessageOctets: 500 } }, 552],
  ["a bare LF", "a\nb\r\n", {}, 550],
  ["a bare CR", "a\rb\r\n", {}, 550],
])("%s is read to the end of data and refused, and the session goes on", async (_, data, options, code) => {
  const submissions = memorySubmissions();
  const input = `${ENVELOPE}DATA\r\n${data}.\r\nMAIL FROM:<a@example.net>\r\nQUIT\r\n`;
  const result = await session(input, { ...options, submissions });
  expect(result.codes).toEqual([220, 250, 250, 250, 354, code, 250, 221]);
  expect([result.taken.length, submissions.aborted, result.record.messages]).toEqual([0, 1, 0]);
});

test("a line with a control character is told what a command line holds", async () => {
  const { client } = serveOnPipe();
  const output = await sendAll(client, "NO\0OP\r\nNOOP\rNOOP\r\nQUIT\r\n");
  expect(output.match(/500 5\.5\.2 A command line holds text in UTF-8 without control characters\r\n/g)).toHaveLength(
    2,
  );
});

test("a message that the queue refuses is refused with the queue's reply", async () => {
  const submissions = memorySubmissions({}, () => reply(451, "4.3.0", "Try again", "the disk is on fire"));
  const { output, record } = await session(`${ENVELOPE}DATA\r\nText.\r\n.\r\nQUIT\r\n`, { submissions });
  expect(output).toContain("451 4.3.0 Try again\r\n");
  expect(output).not.toContain("on fire");
  expect(JSON.stringify(record.transcript)).toContain("the disk is on fire");
});

test("an error within a handler ends the session with 421, and the client does not see why", async () => {
  const submissions = memorySubmissions({
    refuseRecipient: () => {
      throw new TypeError("a mistake of ours");
    },
  });
  const { output, record } = await session(`${ENVELOPE}QUIT\r\n`, { submissions });
  expect(codesOf(output)).toEqual([220, 250, 250, 421]);
  expect(output).not.toContain("mistake");
  expect(record).toMatchObject({ outcome: "failed", cause: "a mistake of ours" });
});

test.each([
  ["within a command", "EHLO cli"],
  ["between commands", HELLO],
  ["within a message", `${ENVELOPE}DATA\r\nhalf a message`],
  ["before the final dot's line end", `${ENVELOPE}DATA\r\nText.\r\n.`],
])("a client that leaves %s leaves no message", async (_, input) => {
  const submissions = memorySubmissions();
  const { client, record } = serveOnPipe({ submissions });
  client.write(input);
  await client.end();
  expect(await record).toMatchObject({ outcome: "dropped", messages: 0 });
  expect([submissions.taken.length, submissions.aborted]).toEqual([0, input.includes("DATA") ? 1 : 0]);
});

/* Shutdown. */

test("a server that stops says so to a client that is between commands", async () => {
  const { client, record, stop } = serveOnPipe();
  expect(await play(client, "S: 220\nC: EHLO client.example\nS: 250")).toEqual([]);
  stop.abort();
  expect(await play(client, "S: 421 4.3.2\nS: (closed)")).toEqual([]);
  expect((await record).outcome).toBe("shutdown");
});

test("a server that stops lets a message that is under way end first", async () => {
  const submissions = memorySubmissions();
  const { client, record, stop } = serveOnPipe({ submissions });
  expect(await play(client, `S: 220\nC> ${JSON.stringify(`${ENVELOPE}DATA\r\nText.`)}\nS: 2\nS: 2\nS: 2\nS: 354`))
    .toEqual([]);
  stop.abort();
  expect(await play(client, `C> "\\r\\n.\\r\\n"\nS: 250\nS: 421\nS: (closed)`)).toEqual([]);
  expect(submissions.taken.length).toBe(1);
  expect((await record).outcome).toBe("shutdown");
});

test("a server that was stopped before greets nobody for long", async () => {
  const options = { limits: { commandTimeoutMs: PATIENCE_MS } };
  const { client, stop } = serveOnPipe(options);
  stop.abort();
  expect(await play(client, "S: 220\nS: 421\nS: (closed)")).toEqual([]);
});

/* Secrets. */

const PLAIN = Buffer.from("\0alice@example.net\0correct horse").toString("base64");
const WRONG = Buffer.from("\0alice@example.net\0wrong battery").toString("base64");
const base64 = (text: string) => Buffer.from(text).toString("base64");

test.each<[string, string, SessionOptions?]>([
  ["PLAIN with initial response", `AUTH PLAIN ${PLAIN}\r\n`],
  ["PLAIN without", `AUTH PLAIN\r\n${PLAIN}\r\n`],
  ["PLAIN with a wrong password", `AUTH PLAIN ${WRONG}\r\n`],
  ["PLAIN in lower case", `auth plain ${PLAIN}\r\n`],
  ["PLAIN behind a tab", `AUTH PLAIN\t${PLAIN}\r\n`],
  ["PLAIN without its mechanism", `AUTH ${PLAIN}\r\n`],
  ["PLAIN that is cut", `AUTH PLAIN ${PLAIN} ${PLAIN}\r\n`],
  ["PLAIN before EHLO", `RSET\r\nAUTH PLAIN ${PLAIN}\r\n`],
  ["PLAIN where it is not allowed", `AUTH PLAIN\r\n${PLAIN}\r\n`, { policy: { authWithoutTls: false } }],
  ["LOGIN", `AUTH LOGIN\r\n${base64("alice@example.net")}\r\n${base64("correct horse")}\r\n`],
  ["LOGIN with initial response", `AUTH LOGIN ${base64("alice@example.net")}\r\n${base64("correct horse")}\r\n`],
  ["LOGIN with a wrong password", `AUTH LOGIN\r\n${base64("alice@example.net")}\r\n${base64("wrong battery")}\r\n`],
  ["LOGIN cancelled", `AUTH LOGIN\r\n${base64("correct horse")}\r\n*\r\n`],
  ["LOGIN in the clear", "AUTH LOGIN\r\nalice\r\ncorrect horse\r\n"],
  ["LOGIN where it is not allowed", `AUTH LOGIN\r\n${base64("a")}\r\n${base64("correct horse")}\r\n`, {
    policy: { auth: "off" },
  }],
])("the transcript of AUTH %s holds no password", async (_, input, options = {}) => {
  const { record } = await session(`${HELLO}${input}QUIT\r\n`, options);
  const shown = JSON.stringify(record);
  for (const secret of [PLAIN, WRONG, "correct", "battery", base64("correct horse"), base64("wrong battery")]) {
    expect(shown.toLowerCase()).not.toContain(secret.toLowerCase());
  }
  expect(shown).toMatch(/\(secret\)|\(an unknown command\)/);
});

test("a login is known in the record, and only it may send where it is required", async () => {
  const options = { policy: { auth: "required" as const } };
  const { codes, taken, record } = await session(
    `${HELLO}MAIL FROM:<a@example.net>\r\nAUTH PLAIN ${PLAIN}\r\n${ENVELOPE}DATA\r\nText.\r\n.\r\nQUIT\r\n`,
    options,
  );
  expect(codes).toEqual([220, 250, 530, 235, 250, 250, 250, 354, 250, 221]);
  expect(taken).toMatchObject([{ sender: { account: "alice@example.net" } }]);
  expect(record.account).toBe("alice@example.net");
});

/* TLS. */

test("STARTTLS protects the session, and commands injected before it are never run", async () => {
  const submissions = memorySubmissions();
  const policy = { tls: { mode: "starttls" as const, acceptor }, authWithoutTls: false };
  const { client, close } = await overSocket({ submissions, policy });
  expect(await play(client, "S: 220\nC: EHLO a\nS: 250 ~ ^STARTTLS$\nC: AUTH PLAIN\nS: 538")).toEqual([]);
  expect(await play(client, `C> ${JSON.stringify(`STARTTLS\r\n${ENVELOPE}DATA\r\nhidden\r\n.\r\n`)}\nS: 220`)).toEqual(
    [],
  );
  await secureClient(client, { serverName: "relay.test", ca, timeoutMs: PATIENCE_MS });
  const script = `C: MAIL FROM:<a@example.net>\nS: 503\nC: EHLO a\nS: 250 ~ ^AUTH\nC: STARTTLS\nS: 503
    C: AUTH PLAIN ${PLAIN}\nS: 235\nC: QUIT\nS: 221\nS: (closed)`;
  expect(await play(client, script)).toEqual([]);
  expect(submissions.taken).toEqual([]);
  await close();
});

test("a login in the clear is forgotten with STARTTLS", async () => {
  const policy = { tls: { mode: "starttls" as const, acceptor }, auth: "required" as const };
  const { client, close } = await overSocket({ policy });
  expect(await play(client, `S: 220\nC: EHLO a\nS: 250\nC: AUTH PLAIN ${PLAIN}\nS: 235\nC: STARTTLS\nS: 220`)).toEqual(
    [],
  );
  await secureClient(client, { serverName: "relay.test", ca, timeoutMs: PATIENCE_MS });
  expect(await play(client, "C: EHLO a\nS: 250\nC: MAIL FROM:<a@example.net>\nS: 530")).toEqual([]);
  await close();
});

test("a listener with implicit TLS greets under TLS", async () => {
  const { client, close } = await overSocket({ policy: { tls: { mode: "implicit", acceptor } } });
  await secureClient(client, { serverName: "relay.test", ca, timeoutMs: PATIENCE_MS });
  expect(await play(client, "S: 220\nC: EHLO a\nS: 250\nC: STARTTLS\nS: 503\nC: QUIT\nS: 221\nS: (closed)")).toEqual(
    [],
  );
  await close();
});

test("plaintext to a listener with implicit TLS gets nothing, and the session is recorded", async () => {
  const { promise, resolve } = Promise.withResolvers<ReturnType<typeof serveConnection>>();
  const options = { policy: { tls: { mode: "implicit" as const, acceptor } } };
  const listener = await listen(
    { address: "127.0.0.1", port: 0 },
    (server) => resolve(serveConnection(server, options)),
  );
  const client = await connect("127.0.0.1", listener.endpoint.port, PATIENCE_MS);
  client.write("EHLO a\r\n");
  await client.flush(PATIENCE_MS, "the server");
  expect(await (await promise).record).toMatchObject({ outcome: "failed", endedIn: "establishment" });
  client.destroy();
  await listener.close();
});

test("recipients beyond the limit are put off one by one, and the message goes to those before", async () => {
  const recipients = Array.from({ length: 60 }, (_, index) => `RCPT TO:<r${index}@example.org>\r\n`).join("");
  const { codes, taken } = await session(
    `${HELLO}MAIL FROM:<a@example.net>\r\n${recipients}DATA\r\nText.\r\n.\r\nQUIT\r\n`,
    { policy: { maxRecipients: 10 } },
  );
  expect(codes.filter((code) => code === 452)).toHaveLength(50);
  expect(codes.slice(-3)).toEqual([354, 250, 221]);
  expect(taken[0]?.recipients).toHaveLength(10);
});
