import { Buffer } from "node:buffer";
import { connect, listen } from "../../../src/net/listener.ts";
import { secureClient, TlsAcceptor } from "../../../src/net/tls.ts";
import type { Connection } from "../../../src/net/connection.ts";
import type { SessionRecord } from "../../../src/dialogue/session.ts";
import type { ScramLogins } from "../../../src/smtp/server/ports.ts";
import { deriveScramKeys } from "../../../src/wire/scram.ts";
import {
  memorySubmissions,
  PATIENCE_MS,
  serveConnection,
  serveOnPipe,
  type SessionOptions,
} from "../../support/smtp-session.ts";
import { play } from "./play.ts";
import type { ConformanceScript, SetUp } from "./script.ts";

/** What the engine under test protects connections with. */
export interface Protection {
  readonly acceptor: TlsAcceptor;
  /** The CA of the server's certificate, PEM; the certificate is for "relay.test". */
  readonly ca: string;
}

/** How the engine is set up for scripts. */
async function optionsOf(needs: SetUp | undefined, { acceptor }: Protection): Promise<SessionOptions> {
  if (needs === "small limits") return { policy: { maxRecipients: 3, maxMessages: 3, maxMessageOctets: 1000 } };
  if (needs === "starttls") return { policy: { tls: { mode: "starttls", acceptor } } };
  if (needs === "auth required") return { policy: { auth: "required" } };
  if (needs === "auth under TLS") return { policy: { tls: { mode: "starttls", acceptor }, authWithoutTls: false } };
  return needs === "scram" ? { submissions: memorySubmissions({ scram: await scramLogins() }) } : {};
}

async function scramLogins(): Promise<ScramLogins> {
  const keys = await deriveScramKeys("correct horse", Buffer.from("saltsaltsaltsalt"), 4096);
  const sender = { account: "alice@example.net", name: "alice@example.net" };
  const refusal = { code: 535, enhanced: "5.7.8", lines: ["Login or password is wrong"] };
  return {
    offered: () => true,
    challenge: () => Promise.resolve({ keys, nonce: "3rfcNHYJY1ZVvWVs7j" }),
    settle: ({ proven }) => Promise.resolve(proven ? { sender } : { reply: refusal }),
  };
}

/** Plays a script against the engine: over a pipe, and over sockets where it speaks TLS. */
export async function playOnEngine(
  { script, needs }: ConformanceScript,
  protection: Protection,
): Promise<{ differences: string[]; record: SessionRecord }> {
  const options = await optionsOf(needs, protection);
  if (!/^TLS$/m.test(script)) {
    const { client, record } = serveOnPipe(options);
    const differences = await play(client, script);
    client.destroy();
    return { differences, record: await record };
  }
  const served = Promise.withResolvers<SessionRecord>();
  const listener = await listen(
    { address: "127.0.0.1", port: 0 },
    (server) => served.resolve(serveConnection(server, options).record),
  );
  const client = await connect("127.0.0.1", listener.endpoint.port, PATIENCE_MS);
  const differences = await play(client, script, (plain) => secure(plain, "relay.test", protection.ca));
  client.destroy();
  const record = await served.promise;
  await listener.close();
  return { differences, record };
}

/** The client's handshake. */
export function secure(client: Connection, serverName: string, ca: string): Promise<void> {
  return secureClient(client, { serverName, ca, timeoutMs: PATIENCE_MS });
}
