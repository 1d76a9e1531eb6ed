import fc from "fast-check";
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { play } from "../../tests/conformance/pop3-server/play.ts";
import { mailboxOf, openPolicy, recorded, sendAll, serveOnPipe } from "../../tests/conformance/pop3-server/support.ts";
import { noRecorder, SessionLog, type SessionRecord } from "../dialogue/session.ts";
import { type CertificatePair, issueCa, issueServer } from "../net/certificate-issue.ts";
import type { Connection } from "../net/connection.ts";
import { describeError } from "../net/errors.ts";
import { connect, listen, type Listener } from "../net/listener.ts";
import { pipe } from "../net/pipe.ts";
import { secureClient, TlsAcceptor } from "../net/tls.ts";
import { systemClock } from "../wire/clock.ts";
import { Secret } from "../wire/secret.ts";
import { capabilities, logIn, openSession, type Pop3Target } from "./client/login.ts";
import { deleteAll, listSizes, listUidls, quit, retrieveAll, top } from "./client/mailbox.ts";
import { memoryMailboxes } from "./server/memory.ts";
import { servePop3 } from "./server/session.ts";

const password = new Secret("secret");
const timeouts = { commandTimeoutMs: 10_000, dataTimeoutMs: 10_000 };
const target: Pop3Target = { host: "localhost", port: 0, tls: "off", connectTimeoutMs: 5_000, ...timeouts };

function newLog(): SessionLog {
  return new SessionLog(
    { id: 1, hop: "pop3-client", peer: { address: "", port: 0 }, localPort: 0 },
    noRecorder,
    systemClock,
  );
}

test("the own client reads and deletes from the own server", async () => {
  const texts = ["", ".\r\n", "..a\r\n.\r\n\r\n", `${randomBytes(300_000).toString("latin1")}\r\n`, "\0\r\n"];
  const mailbox = mailboxOf(texts);
  const mailboxes = memoryMailboxes(new Map([["mrose", mailbox]]));
  for (const window of [1, 3, 100]) {
    const served = serveOnPipe(mailboxes);
    const client = await openSession(target, newLog(), () => Promise.resolve(served.client));
    const offered = await capabilities(client);
    expect(offered.has("PIPELINING")).toBe(true);
    await logIn(client, offered, "mrose", password);
    const numbers = (await listUidls(client)).map(({ number }) => number);
    expect((await listSizes(client)).map(({ octets }) => octets)).toEqual(texts.map((text) => text.length));
    const messages: string[] = [];
    await retrieveAll(client, numbers, window, {
      begin: () => void messages.push(""),
      take: (octets) => void (messages[messages.length - 1] += Buffer.from(octets).toString("latin1")),
      end: () => undefined,
      refused: () => expect.unreachable(),
    });
    expect(messages).toEqual(texts);
    let head = "";
    await top(client, 3, 0, (octets) => void (head += Buffer.from(octets).toString("latin1")));
    expect(head).toBe("..a\r\n.\r\n\r\n");
    if (window === 100) expect(await deleteAll(client, [1, 4], window)).toEqual([1, 4]);
    await quit(client);
  }
  expect(mailbox.messages.map(({ uidl }) => uidl)).toEqual(["uid-2", "uid-3", "uid-5"]);
});

/** Reads everything in one pipelined session; `messages` holds those that are whole, also when it throws. */
async function readAll(client: Connection, messages: Map<number, string>): Promise<void> {
  const session = await openSession(target, newLog(), () => Promise.resolve(client));
  await logIn(session, await capabilities(session), "mrose", password);
  const numbers = (await listUidls(session)).map(({ number }) => number);
  let begun: [number: number, text: string] = [0, ""];
  await retrieveAll(session, numbers, 10, {
    begin: (number) => void (begun = [number, ""]),
    take: (octets) => void (begun[1] += Buffer.from(octets).toString("latin1")),
    end: () => void messages.set(...begun),
    refused: () => expect.unreachable(),
  });
  await quit(session);
}

const odd = ["", ".\r\n", "..a\r\n.\r\n\r\n", "a\n.\r\n.\rb\r\n", "one\r\ntwo\r\n"];
const numbered = odd.map((text, index) => [index + 1, text]);

test("split invariance: wherever both directions are cut, the messages are the same", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 }), async (sizes) => {
      const cut = (octets: Uint8Array) => {
        const pieces: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < octets.length; at += sizes[turn++ % sizes.length]!) {
          pieces.push(octets.subarray(at, at + sizes[turn % sizes.length]!));
        }
        return pieces;
      };
      const messages = new Map<number, string>();
      await readAll(serveOnPipe(memoryMailboxes(new Map([["mrose", mailboxOf(odd)]])), { cut }).client, messages);
      expect([...messages]).toEqual(numbered);
    }),
    { numRuns: 50 },
  );
});

test("a line that is cut after any octet of a session gives whole messages or none, and an error", async () => {
  const commands = "CAPA\r\nUSER mrose\r\nPASS secret\r\nUIDL\r\n";
  const input = `${commands}${odd.map((_, index) => `RETR ${index + 1}\r\n`).join("")}QUIT\r\n`;
  const mailboxes = memoryMailboxes(new Map([["mrose", mailboxOf(odd)]]));
  const said = Buffer.from(await sendAll(serveOnPipe(mailboxes).client, input), "latin1");
  let most = 0;
  for (let length = 0; length <= said.length; length++) {
    const [client, server] = pipe();
    server.write(said.subarray(0, length));
    void server.end();
    const messages = new Map<number, string>();
    const reading = readAll(client, messages);
    if (length === said.length) await reading;
    else await expect(reading, `cut after ${length}`).rejects.toThrow(/closed the connection|connection closed/);
    expect([...messages]).toEqual(numbered.slice(0, messages.size));
    expect(messages.size).toBeGreaterThanOrEqual(most);
    most = messages.size;
  }
  expect(most).toBe(odd.length);
});

let ca: CertificatePair;
let acceptor: TlsAcceptor;
const listeners: Listener[] = [];

beforeAll(async () => {
  ca = await issueCa("test", Date.now());
  acceptor = new TlsAcceptor(await issueServer(ca, ["localhost", "127.0.0.1"], Date.now()));
});

afterAll(async () => {
  for (const listener of listeners) await listener.close();
});

/** A real listener with TLS, one mailbox behind it. */
async function serveOnPort(mode: "starttls" | "implicit") {
  const records: Promise<SessionRecord>[] = [];
  const policy = { ...openPolicy, tls: { mode, acceptor }, loginWithoutTls: false };
  const mailboxes = memoryMailboxes(new Map([["mrose", mailboxOf(["one\r\n"])]]));
  const listener = await listen({ address: "127.0.0.1", port: 0 }, (connection: Connection) => {
    const { log, record } = recorded(connection);
    records.push(record);
    void servePop3({ connection, log, mailboxes, policy, signal: new AbortController().signal });
  });
  listeners.push(listener);
  return { port: listener.endpoint.port, records };
}

test.each(["starttls", "implicit"] as const)("a session under TLS (%s), with the certificate checked", async (tls) => {
  const { port, records } = await serveOnPort(tls);
  const client = await openSession({ ...target, port, tls, ca: ca.cert }, newLog());
  const offered = await capabilities(client);
  expect([offered.has("USER"), offered.has("STLS")]).toEqual([true, false]);
  await logIn(client, offered, "mrose", password);
  expect(await listUidls(client)).toEqual([{ number: 1, uidl: "uid-1" }]);
  await quit(client);
  const { tls: agreed, outcome } = await records[0]!;
  expect(agreed).toMatch(/^TLSv1\.[23] /);
  expect(outcome).toBe("completed");
});

test("a certificate that is not trusted, or names another host, ends the session before the login", async () => {
  const { port } = await serveOnPort("starttls");
  const open = (host: string, trusted: string | undefined) =>
    openSession(
      { ...target, host, port, tls: "starttls", ca: trusted },
      newLog(),
      () => connect("127.0.0.1", port, 5_000),
    );
  await expect(open("localhost", undefined)).rejects.toThrow("TLS with localhost failed");
  const refused = await open("localhost", undefined).catch((error: unknown) => describeError(error));
  expect(refused).not.toContain("Node.js");
  await expect(open("pop.example.net", ca.cert)).rejects.toThrow("TLS with pop.example.net failed");
});

test("before STLS no login is taken, and what was sent with STLS in the clear is dropped", async () => {
  const { port, records } = await serveOnPort("starttls");
  const connection = await connect("127.0.0.1", port, 5_000);
  const refusal = "-ERR [AUTH] login is allowed under TLS only: send STLS first";
  const transcript = `S: +OK …
    C: CAPA
    S: +OK …
    S: STLS
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
    S: ${refusal}`;
  expect(await play(connection, transcript)).toEqual([]);
  connection.write("STLS\r\nCAPA\r\nQUIT\r\n");
  expect(await play(connection, "S: +OK begin the TLS handshake")).toEqual([]);
  await secureClient(connection, { serverName: "localhost", ca: ca.cert, timeoutMs: 5_000 });
  // The commands that were sent along would be answered first if they had been kept.
  expect(await sendAll(connection, "NOOP\r\nQUIT\r\n")).toBe(
    "-ERR NOOP is allowed after the login only\r\n+OK goodbye\r\n",
  );
  expect((await records[0]!).outcome).toBe("completed");
});
