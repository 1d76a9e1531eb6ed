import { Buffer } from "node:buffer";
import { SessionLog, type SessionRecord } from "../../src/dialogue/session.ts";
import type { DialogueLimits } from "../../src/dialogue/server.ts";
import type { TurnedAway } from "../../src/net/admission.ts";
import type { Connection } from "../../src/net/connection.ts";
import { pipe } from "../../src/net/pipe.ts";
import { reply, type SmtpReply } from "../../src/smtp/reply.ts";
import type { Submissions, SubmissionStart } from "../../src/smtp/server/ports.ts";
import { serveSmtp } from "../../src/smtp/server/session.ts";
import type { SmtpServerPolicy } from "../../src/smtp/server/state.ts";
import { systemClock } from "../../src/wire/clock.ts";

/** How long a test waits for a side that should answer at once. */
export const PATIENCE_MS = 10_000;

/** A message that was taken. */
export interface TakenMessage extends SubmissionStart {
  readonly text: string;
}

/** Takes messages into memory. */
export interface MemorySubmissions extends Submissions {
  readonly taken: readonly TakenMessage[];
  /** Messages that were begun and given up. */
  aborted: number;
}

/** Lets everybody send; knows the login "alice@example.net" with the password "correct horse". */
export function memorySubmissions(
  changes: Partial<Submissions> = {},
  commit: () => SmtpReply | null = () => null,
): MemorySubmissions {
  const taken: TakenMessage[] = [];
  const submissions: MemorySubmissions = {
    taken,
    aborted: 0,
    senderWithoutLogin: (peer) => ({ account: null, name: peer.address }),
    authenticate: ({ login, password }) =>
      Promise.resolve(
        login === "alice@example.net" && password.reveal() === "correct horse"
          ? { sender: { account: login, name: login } }
          : { reply: reply(535, "5.7.8", "Login or password is wrong") },
      ),
    refuseReversePath: () => null,
    refuseRecipient: (_, recipient) =>
      recipient.startsWith("nobody@") ? reply(550, "5.1.1", "There is no such mailbox") : null,
    refuseForNow: () => null,
    begin(start) {
      let text = "";
      return {
        write: (octets) => void (text += Buffer.from(octets).toString("latin1")),
        commit() {
          const refusal = commit();
          if (!refusal) taken.push({ ...start, recipients: [...start.recipients], text });
          return Promise.resolve(refusal ?? reply(250, "2.0.0", "Queued"));
        },
        abort() {
          submissions.aborted++;
          return Promise.resolve();
        },
      };
    },
    ...changes,
  };
  return submissions;
}

/** A listener without TLS whose limits are small enough for a test. */
export const testPolicy: SmtpServerPolicy = {
  hostname: "relay.test",
  tls: { mode: "off" },
  auth: "optional",
  mode: "queue",
  authWithoutTls: true,
  maxMessageOctets: 100_000,
  maxDataLineOctets: 2000,
  maxRecipients: 100,
  maxMessages: 0,
  maxChatter: 200,
  dataTimeoutMs: PATIENCE_MS,
  maxMessageMs: 60_000,
  minOctetsPerSecond: 0,
  tlsTimeoutMs: PATIENCE_MS,
};

/** What a test may set of a session. */
export interface SessionOptions {
  readonly submissions?: Submissions;
  readonly policy?: Partial<SmtpServerPolicy>;
  readonly limits?: Partial<DialogueLimits>;
  readonly turnedAway?: TurnedAway | null;
  /** Cuts what the client sends. */
  readonly cut?: (octets: Uint8Array) => Uint8Array[];
}

/** A session under test. */
export interface TestSession {
  readonly client: Connection;
  /** Resolves when the session has ended. */
  readonly record: Promise<SessionRecord>;
  /** Resolves when all is put away that the session held: a message of which chunks have come. */
  readonly over: Promise<void>;
  /** Stops the server. */
  readonly stop: AbortController;
}

/** Serves one connection of an in-memory pipe. */
export function serveOnPipe(options: SessionOptions = {}): TestSession {
  const [client, server] = pipe(options.cut);
  return { client, ...serveConnection(server, options) };
}

/** Serves a connection. */
export function serveConnection(server: Connection, options: SessionOptions = {}): Omit<TestSession, "client"> {
  const { promise: record, resolve } = Promise.withResolvers<SessionRecord>();
  const stop = new AbortController();
  const start = { id: 1, hop: "smtp-server", peer: server.peer, localPort: server.local.port } as const;
  const over = serveSmtp({
    connection: server,
    log: new SessionLog(start, { opened: () => undefined, ended: resolve }, systemClock),
    submissions: options.submissions ?? memorySubmissions(),
    policy: { ...testPolicy, ...options.policy },
    limits: {
      ...{ lineOctets: 12_288, commandTimeoutMs: PATIENCE_MS, dataTimeoutMs: PATIENCE_MS, maxRefusals: 20 },
      ...options.limits,
    },
    turnedAway: options.turnedAway ?? null,
    signal: stop.signal,
  });
  return { record, over, stop };
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

/** The codes of the replies in a server's output, one for each reply. */
export function codesOf(output: string): number[] {
  return output.split("\r\n").filter((line) => /^\d{3}( |$)/.test(line)).map((line) => Number(line.slice(0, 3)));
}
