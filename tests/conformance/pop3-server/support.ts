import type { SessionRecord } from "../../../src/dialogue/session.ts";
import { SessionLog } from "../../../src/dialogue/session.ts";
import type { Connection } from "../../../src/net/connection.ts";
import { pipe } from "../../../src/net/pipe.ts";
import { type MemoryMailbox, memoryMailboxes } from "../../../src/pop3/server/memory.ts";
import type { Mailboxes } from "../../../src/pop3/server/ports.ts";
import { type Pop3ServerLimits, pop3ServerLimits, servePop3 } from "../../../src/pop3/server/session.ts";
import type { Pop3ServerPolicy } from "../../../src/pop3/server/state.ts";
import { systemClock } from "../../../src/wire/clock.ts";

/** How long a test waits for a server that should answer at once. */
const PATIENCE_MS = 10_000;

/** A listener without TLS that lets everybody log in. */
export const openPolicy: Pop3ServerPolicy = { tls: { mode: "off" }, loginWithoutTls: true, tlsTimeoutMs: PATIENCE_MS };

/** One mailbox, login "mrose", password "secret"; message n has the UIDL "uid-n". */
export function mailboxOf(messages: readonly string[]): MemoryMailbox {
  const stored = messages.map((text, index) => ({ uidl: `uid-${index + 1}`, octets: Buffer.from(text, "latin1") }));
  return { password: "secret", messages: stored };
}

/** Serves one connection of an in-memory pipe; `record` resolves when the session has ended. */
export function serveOnPipe(
  mailboxes: Mailboxes,
  { policy = openPolicy, cut, limits }: {
    readonly policy?: Pop3ServerPolicy;
    readonly cut?: (octets: Uint8Array) => Uint8Array[];
    readonly limits?: Partial<Pop3ServerLimits>;
  } = {},
): { client: Connection; record: Promise<SessionRecord>; stop: AbortController } {
  const [client, server] = pipe(cut);
  const { record, log } = recorded(server);
  const stop = new AbortController();
  const session = { connection: server, log, mailboxes, policy, signal: stop.signal };
  void servePop3({ ...session, limits: { ...pop3ServerLimits, ...limits } });
  return { client, record, stop };
}

/** A session's log, and the record that it becomes. */
export function recorded(connection: Connection): { log: SessionLog; record: Promise<SessionRecord> } {
  const { promise, resolve } = Promise.withResolvers<SessionRecord>();
  const start = { id: 1, hop: "pop3-server", peer: connection.peer, localPort: connection.local.port } as const;
  return { log: new SessionLog(start, { opened: () => undefined, ended: resolve }, systemClock), record: promise };
}

/** Waypost's own server over a pipe: a connection to a mailbox with these messages. */
export function waypost(messages: readonly string[]): Promise<Connection> {
  return Promise.resolve(serveOnPipe(memoryMailboxes(new Map([["mrose", mailboxOf(messages)]]))).client);
}

/** Sends all at once and gives all that comes until the server closes: what a pipelining client sees. */
export async function sendAll(client: Connection, input: string): Promise<string> {
  client.write(Buffer.from(input, "latin1"));
  let output = "";
  for (;;) {
    const piece = await client.readPiece(PATIENCE_MS, "the end of the session");
    if (piece === null) return output;
    output += Buffer.from(piece).toString("latin1");
  }
}
