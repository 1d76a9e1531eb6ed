import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  mailboxOf,
  openPolicy,
  play,
  recorded,
  sendAll,
  serveOnPipe,
} from "../../tests/conformance/pop3-server/support.ts";
import { noRecorder, SessionLog, type SessionRecord } from "../dialogue/session.ts";
import { type CertificatePair, issueCa, issueServer } from "../net/certificate-issue.ts";
import type { Connection } from "../net/connection.ts";
import { connect, listen, type Listener } from "../net/listener.ts";
import { secureClient, TlsAcceptor } from "../net/tls.ts";
import { systemClock } from "../wire/clock.ts";
import { Secret } from "../wire/secret.ts";
import { capabilities, logIn, openSession, type Pop3Target } from "./client/login.ts";
import { deleteAll, listSizes, listUidls, quit, retrieveAll, top } from "./client/mailbox.ts";
import { memoryMailboxes } from "./server/memory.ts";
import { servePop3 } from "./server/session.ts";

const password = new Secret("secret");
const target: Pop3Target = { host: "localhost", port: 0, tls: "off", connectTimeoutMs: 5_000 };

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
    const { client } = serveOnPipe(mailboxes);
    const dialogue = await openSession(target, newLog(), () => Promise.resolve(client));
    const offered = await capabilities(dialogue);
    expect(offered.has("PIPELINING")).toBe(true);
    await logIn(dialogue, offered, "mrose", password);
    const numbers = (await listUidls(dialogue)).map(({ number }) => number);
    expect((await listSizes(dialogue)).map(({ octets }) => octets)).toEqual(texts.map((text) => text.length));
    const messages: string[] = [];
    await retrieveAll(dialogue, numbers, window, {
      begin: () => void messages.push(""),
      take: (octets) => void (messages[messages.length - 1] += Buffer.from(octets).toString("latin1")),
      end: () => undefined,
      refused: () => expect.unreachable(),
    });
    expect(messages).toEqual(texts);
    let head = "";
    await top(dialogue, 3, 0, (octets) => void (head += Buffer.from(octets).toString("latin1")));
    expect(head).toBe("..a\r\n.\r\n\r\n");
    if (window === 100) expect(await deleteAll(dialogue, [1, 4], window)).toEqual([1, 4]);
    await quit(dialogue);
  }
  expect(mailbox.messages.map(({ uidl }) => uidl)).toEqual(["uid-2", "uid-3", "uid-5"]);
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
  const dialogue = await openSession({ ...target, port, tls, ca: ca.cert }, newLog());
  const offered = await capabilities(dialogue);
  expect([offered.has("USER"), offered.has("STLS")]).toEqual([true, false]);
  await logIn(dialogue, offered, "mrose", password);
  expect(await listUidls(dialogue)).toEqual([{ number: 1, uidl: "uid-1" }]);
  await quit(dialogue);
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
