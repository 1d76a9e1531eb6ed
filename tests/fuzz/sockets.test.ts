import { Buffer } from "node:buffer";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SessionRecord } from "../../src/dialogue/session.ts";
import { ensureCertificates } from "../../src/net/certificates.ts";
import { listen, type Listener } from "../../src/net/listener.ts";
import { TlsAcceptor } from "../../src/net/tls.ts";
import type { ListenerTls } from "../../src/smtp/server/state.ts";
import { createRandom } from "../support/random.ts";
import { RawSmtp } from "../support/raw-smtp.ts";
import { watchRejections } from "../support/rejections.ts";
import { memorySubmissions, serveConnection } from "../support/smtp-session.ts";
import { smtpDictionary } from "./dictionaries.ts";
import { cutSession, makeSession } from "./sessions.ts";

/** Sessions over real sockets, side by side. */
const inputs = Number(process.env["WAYPOST_FUZZ_SOCKETS"] ?? 200);
const seed = Number(process.env["WAYPOST_FUZZ_SEED"] ?? 1);
const SIDE_BY_SIDE = 8;
const MS_EACH = 50;

let folder: string;
let ca: string;
let acceptor: TlsAcceptor;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waypost-fuzz-"));
  const own = await ensureCertificates(folder, ["127.0.0.1"], Date.now());
  ca = readFileSync(own.caPath, "utf8");
  acceptor = new TlsAcceptor(own);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A server on a port, with the records of its sessions. */
async function startServer(tls: ListenerTls): Promise<{ listener: Listener; records: Promise<SessionRecord>[] }> {
  const records: Promise<SessionRecord>[] = [];
  const submissions = memorySubmissions();
  const policy = { tls, tlsTimeoutMs: 2_000, maxMessageOctets: 2_000 };
  const listener = await listen({ address: "127.0.0.1", port: 0 }, (server) => {
    records.push(serveConnection(server, { submissions, policy, limits: { commandTimeoutMs: 2_000 } }).record);
  });
  return { listener, records };
}

/** Says what a client of the number says, piece by piece; leaves in order, by half, or by a reset. */
function attack(port: number, index: number): Promise<void> {
  const random = createRandom(seed * 1_000_003 + index);
  const pieces = cutSession(random, Buffer.from(makeSession(random, smtpDictionary), "latin1")).slice(0, 40);
  const leaves = random();
  return new Promise((resolve) => {
    const socket = net.connect({ host: "127.0.0.1", port });
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.on("data", () => undefined);
    socket.on("connect", async () => {
      for (const piece of pieces) {
        if (socket.destroyed) return;
        socket.write(piece);
        if (random() < 0.5) await new Promise((next) => setImmediate(next));
      }
      if (leaves < 0.3) socket.destroy();
      else socket.end();
    });
  });
}

test.each<[string, () => ListenerTls]>([
  ["in the clear", () => ({ mode: "off" })],
  ["with STARTTLS", () => ({ mode: "starttls", acceptor })],
  ["with TLS from the first octet", () => ({ mode: "implicit", acceptor })],
])(`${inputs} wild clients of a port %s leave it as it was`, async (_, tlsOf) => {
  const rejections = watchRejections();
  const tls = tlsOf();
  const { listener, records } = await startServer(tls);
  const { port } = listener.endpoint;
  for (let index = 0; index < inputs; index += SIDE_BY_SIDE) {
    const group = Math.min(SIDE_BY_SIDE, inputs - index);
    await Promise.all(Array.from({ length: group }, (_each, offset) => attack(port, index + offset)));
  }
  const ended = await Promise.all(records);
  expect(ended.length).toBeGreaterThan(inputs / 2);
  // A handshake that is none fails; nothing else may.
  const isHandshake = ({ cause }: SessionRecord) => /handshake|TLS/.test(cause ?? "");
  expect(ended.filter((record) => record.outcome === "failed" && !isHandshake(record))).toEqual([]);
  if (tls.mode === "off") expect(ended.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  if (tls.mode === "starttls") {
    const smtp = await RawSmtp.logIn({ port }, ca, "alice@example.net", "correct horse");
    await smtp.send("a@example.net", ["b@example.org"], Buffer.from("Text.\r\n"));
    await smtp.quit();
  }
  await listener.close();
  expect(await rejections.stop()).toEqual([]);
}, 60_000 + inputs * MS_EACH);
