import { X509Certificate } from "node:crypto";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tls from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { watchRejections } from "../../tests/support/rejections.ts";
import { ensureCertificates } from "./certificates.ts";
import type { Connection } from "./connection.ts";
import { ConnectionError, DeadlineError, TlsError } from "./errors.ts";
import { connect, listen } from "./listener.ts";
import { keyFingerprint, secureClient, TlsAcceptor } from "./tls.ts";

const LONG_MS = 10_000;
const text = (octets: Uint8Array | null | undefined) => octets && Buffer.from(octets).toString("latin1");

let folder: string;
let credentials: { cert: string; key: string };
let ca: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waypost-tls-"));
  const own = await ensureCertificates(folder, ["mail.test", "127.0.0.1"], Date.now());
  credentials = own;
  ca = readFileSync(own.caPath, "utf8");
});
afterAll(() => rmSync(folder, { recursive: true }));

const ends: (() => unknown)[] = [];
let rejections: ReturnType<typeof watchRejections>;
beforeEach(() => void (rejections = watchRejections()));
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  expect(await rejections.stop()).toEqual([]);
});

/** Listens, and gives the port and every connection that comes. */
async function listening(): Promise<{ port: number; accepted: () => Promise<Connection> }> {
  const waiting: Connection[] = [];
  const takers: ((connection: Connection) => void)[] = [];
  const listener = await listen({ address: "127.0.0.1", port: 0 }, (connection) => {
    ends.push(() => connection.destroy());
    const taker = takers.shift();
    if (taker) taker(connection);
    else waiting.push(connection);
  });
  ends.push(() => listener.close());
  return {
    port: listener.endpoint.port,
    accepted: () => new Promise((resolve) => waiting.length > 0 ? resolve(waiting.shift()!) : takers.push(resolve)),
  };
}

/** Both ends, in the clear. */
async function pair(): Promise<[client: Connection, server: Connection]> {
  const { port, accepted } = await listening();
  const client = await connect("127.0.0.1", port, LONG_MS);
  ends.push(() => client.destroy());
  return [client, await accepted()];
}

const clientTls = (changes: Partial<Parameters<typeof secureClient>[1]> = {}) => ({
  serverName: "mail.test",
  ca,
  timeoutMs: LONG_MS,
  ...changes,
});

test("both sides agree on TLS, and what is said passes through it", async () => {
  const [client, server] = await pair();
  await Promise.all([new TlsAcceptor(credentials).accept(server, LONG_MS), secureClient(client, clientTls())]);
  expect(client.tls).toMatchObject(server.tls!);
  expect(client.tls?.protocol).toMatch(/^TLSv1\.[23]$/);
  client.write("NOOP\r\n");
  await client.flush(LONG_MS, "the server");
  expect(text((await server.readLine(100, LONG_MS, "a command"))?.octets)).toBe("NOOP");
  server.write("250 fine\r\n");
  await server.end();
  expect(text((await client.readLine(100, LONG_MS, "a reply"))?.octets)).toBe("250 fine");
  expect(await client.readLine(100, LONG_MS, "the end")).toBeNull();
});

test("what a client sends before its handshake is dropped, not taken for what it says under TLS", async () => {
  const [client, server] = await pair();
  const acceptor = new TlsAcceptor(credentials);
  client.write("STARTTLS\r\nMAIL FROM:<injected@example.net>\r\nRSET\r\n");
  await client.flush(LONG_MS, "the server");
  expect(text((await server.readLine(100, LONG_MS, "a command"))?.octets)).toBe("STARTTLS");
  server.write("220 go\r\n");
  const accepted = acceptor.accept(server, LONG_MS);
  expect(text((await client.readLine(100, LONG_MS, "a reply"))?.octets)).toBe("220 go");
  await Promise.all([accepted, secureClient(client, clientTls())]);
  client.write("EHLO after\r\n");
  await client.flush(LONG_MS, "the server");
  expect(text((await server.readLine(100, LONG_MS, "a command"))?.octets)).toBe("EHLO after");
});

test("what a server sends before its handshake is dropped by the client", async () => {
  const [client, server] = await pair();
  server.write("220 go\r\n250 injected\r\n");
  await server.flush(LONG_MS, "the client");
  expect(text((await client.readLine(100, LONG_MS, "a reply"))?.octets)).toBe("220 go");
  await Promise.all([new TlsAcceptor(credentials).accept(server, LONG_MS), secureClient(client, clientTls())]);
  server.write("250 real\r\n");
  await server.flush(LONG_MS, "the client");
  expect(text((await client.readLine(100, LONG_MS, "a reply"))?.octets)).toBe("250 real");
});

test("plaintext that comes in place of the handshake fails it, and is never read", async () => {
  const { port, accepted } = await listening();
  const raw = net.connect(port, "127.0.0.1");
  raw.on("error", () => undefined);
  ends.push(() => raw.destroy());
  const server = await accepted();
  const accepting = new TlsAcceptor(credentials).accept(server, LONG_MS);
  raw.write("EHLO injected\r\nQUIT\r\n");
  await expect(accepting).rejects.toThrow(TlsError);
  await expect(server.readLine(100, LONG_MS, "a command")).rejects.toThrow(ConnectionError);
  await server.end();
});

test.each([
  ["closes", (raw: net.Socket) => void raw.end()],
  ["resets", (raw: net.Socket) => void raw.resetAndDestroy()],
])("a client that %s within the handshake is a TlsError, and nothing is left over", async (_, leave) => {
  const { port, accepted } = await listening();
  const raw = net.connect(port, "127.0.0.1");
  raw.on("error", () => undefined);
  ends.push(() => raw.destroy());
  const server = await accepted();
  const accepting = new TlsAcceptor(credentials).accept(server, LONG_MS);
  raw.write(Buffer.from([0x16, 3, 1, 2, 0, 1]), () => leave(raw));
  await expect(accepting).rejects.toThrow(TlsError);
  server.write("421 nobody hears it\r\n");
  await server.end();
});

test("a client that says nothing is left after the timeout", async () => {
  const [, server] = await pair();
  await expect(new TlsAcceptor(credentials).accept(server, 30)).rejects.toThrow(DeadlineError);
});

test("a client that resets under TLS is a ConnectionError", async () => {
  const { port, accepted } = await listening();
  const raw = net.connect(port, "127.0.0.1");
  raw.on("error", () => undefined);
  const secured = tls.connect({ socket: raw, ca, host: "127.0.0.1" });
  secured.on("error", () => undefined);
  ends.push(() => secured.destroy());
  const server = await accepted();
  await Promise.all([new TlsAcceptor(credentials).accept(server, LONG_MS), once(secured, "secureConnect")]);
  const waiting = server.readLine(100, LONG_MS, "a command");
  raw.resetAndDestroy();
  const outcome = await waiting.catch((error: unknown) => error);
  expect(outcome === null || outcome instanceof ConnectionError).toBe(true);
  await server.end();
});

test.each([
  ["another name", { serverName: "other.test" }],
  ["an authority that is not trusted", { ca: undefined }],
])("a certificate with %s is refused", async (_, changes) => {
  const [client, server] = await pair();
  const accepting = new TlsAcceptor(credentials).accept(server, LONG_MS).catch((error: unknown) => error);
  await expect(secureClient(client, clientTls(changes))).rejects.toThrow(TlsError);
  client.destroy();
  await accepting;
});

test("any certificate is taken where the check is switched off", async () => {
  const [client, server] = await pair();
  const options = clientTls({ serverName: "other.test", ca: undefined, verify: false });
  await Promise.all([new TlsAcceptor(credentials).accept(server, LONG_MS), secureClient(client, options)]);
  expect(client.tls).not.toBeNull();
});

test.each(
  [
    ["answers in the clear", (raw: Connection) => raw.write("502 what?\r\n"), TlsError],
    ["closes", (raw: Connection) => raw.destroy(), TlsError],
    ["says nothing", () => undefined, DeadlineError],
  ] as const,
)("a server that %s in place of the handshake fails it", async (_, act, kind) => {
  const [client, server] = await pair();
  act(server);
  void server.flush(LONG_MS, "the client").catch(() => "destroyed above");
  await expect(secureClient(client, clientTls({ timeoutMs: 200 }))).rejects.toThrow(kind);
  client.destroy();
});

test("many handshakes at once do not mix", async () => {
  const { port, accepted } = await listening();
  const acceptor = new TlsAcceptor(credentials);
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const client = await connect("127.0.0.1", port, LONG_MS);
      ends.push(() => client.destroy());
      await secureClient(client, clientTls());
      client.write(`${client.local.port}\r\n`);
      await client.flush(LONG_MS, "the server");
    }).concat(Array.from({ length: 20 }, async () => {
      const server = await accepted();
      await acceptor.accept(server, LONG_MS);
      const line = await server.readLine(100, LONG_MS, "a command");
      expect(text(line?.octets)).toBe(String(server.peer.port));
    })),
  );
});

const pinned = () => keyFingerprint(new X509Certificate(credentials.cert).raw);

test("a pinned key is enough, whatever name and authority the certificate has", async () => {
  const [client, server] = await pair();
  const options = clientTls({ serverName: "other.test", ca: undefined, fingerprint: pinned() });
  await Promise.all([new TlsAcceptor(credentials).accept(server, LONG_MS), secureClient(client, options)]);
  expect(client.tls?.peerFingerprint).toBe(pinned());
});

test("another key than the pinned one is refused, and named", async () => {
  const [client, server] = await pair();
  const accepting = new TlsAcceptor(credentials).accept(server, LONG_MS).catch((error: unknown) => error);
  const options = clientTls({ fingerprint: `sha256:${"0".repeat(64)}` });
  await expect(secureClient(client, options)).rejects.toThrow(`is not the pinned one: it has ${pinned()}`);
  client.destroy();
  await accepting;
});
