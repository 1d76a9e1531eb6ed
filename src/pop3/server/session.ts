import { type DialogueLimits, serve, type ServerProtocol } from "../../dialogue/server.ts";
import type { Verb } from "../../dialogue/verb.ts";
import type { SessionLog } from "../../dialogue/session.ts";
import type { TurnedAway } from "../../net/admission.ts";
import type { ForeignSpeech } from "../../wire/foreign.ts";
import type { Connection } from "../../net/connection.ts";
import { formatReply, negative, type Pop3Reply, positive } from "../reply.ts";
import { authorizationVerbs } from "./authorization.ts";
import type { Mailboxes } from "./ports.ts";
import type { Pop3Context, Pop3ServerPolicy, Pop3State } from "./state.ts";
import { transactionVerbs } from "./transaction.ts";

/** The limits of a POP3 session. */
export interface Pop3ServerLimits extends DialogueLimits {
  /** How long a client may be silent before it has logged in. */
  readonly loginTimeoutMs: number;
  /** Commands before a login. */
  readonly maxCommandsBeforeLogin: number;
}

/**
 * A client that has logged in may be silent for 10 minutes (RFC 1939 section 3). Command lines may have 255 octets (RFC
 * 2449 section 4); more is taken for the initial responses of AUTH.
 */
export const pop3ServerLimits: Pop3ServerLimits = {
  lineOctets: 8_192,
  commandTimeoutMs: 600_000,
  loginTimeoutMs: 180_000,
  maxCommandsBeforeLogin: 100,
  dataTimeoutMs: 300_000,
  maxRefusals: 50,
};

/** What one session needs. */
export interface Pop3ServerSession {
  readonly connection: Connection;
  readonly log: SessionLog;
  readonly mailboxes: Mailboxes;
  readonly policy: Pop3ServerPolicy;
  readonly limits?: Pop3ServerLimits;
  /** Why the client is sent away instead of greeted (too many connections, a network that may not connect), or null. */
  readonly turnedAway?: TurnedAway | null;
  /** Aborted when the server stops: the session ends at its next wait for a command. */
  readonly signal: AbortSignal;
}

/** Serves one POP3 connection to its end, RFC 1939. Never throws; gives the mailbox back however the session ends. */
export async function servePop3(session: Pop3ServerSession): Promise<void> {
  const { connection, log, mailboxes, policy, limits = pop3ServerLimits, turnedAway = null, signal } = session;
  let shared: Pop3Context | null = null;
  try {
    await serve<Pop3State, Pop3Context, Pop3Reply>({
      protocol,
      connection,
      log,
      limits,
      silenceIn({ at }) {
        if (shared) shared.activeAt = performance.now();
        return at === "transaction" ? limits.commandTimeoutMs : limits.loginTimeoutMs;
      },
      // What a client has marked is deleted once it says QUIT, for which a server that stops waits a little.
      isBusy: (state) => state.at === "transaction" && state.maildrop.count < state.maildrop.mailbox.messages.length,
      maxCommandsIn: ({ at }) => at === "transaction" ? Infinity : limits.maxCommandsBeforeLogin,
      signal,
      context: (
        dialogue,
      ) => (shared = { dialogue, mailboxes, policy, held: null, utf8: false, activeAt: performance.now() }),
      greeting: async () => {
        // First of all: before the handshake a client of such a port can read nothing, not even that it is turned away.
        if (policy.tls.mode === "implicit") await policy.tls.acceptor.acceptAtOnce(connection, policy.tlsTimeoutMs);
        if (turnedAway) {
          const { text, cause, forNow } = turnedAway;
          log.turnAway(cause);
          const reply = negative(text, forNow ? "SYS/TEMP" : "SYS/PERM", cause);
          return { reply, state: { at: "authorization" }, end: "refused" };
        }
        return { reply: positive("Waypost POP3 server ready"), state: { at: "authorization" } };
      },
    });
  } finally {
    (shared as Pop3Context | null)?.held?.close();
  }
}

const protocol: ServerProtocol<Pop3State, Pop3Context, Pop3Reply> = {
  verbs: new Map([...authorizationVerbs, ...transactionVerbs].map((verb) => [verb.name, verb])),
  format: formatReply,
  isRefusal: (reply) => !reply.ok,
  causeOf: (reply) => reply.cause ?? null,
  replies: {
    unknownVerb: () => negative("unknown command"),
    badSequence: (verb, state) => negative(outOfPlace(verb, state)),
    lineTooLong: negative("the line is too long"),
    bareLf: negative("a command line ends with CR LF"),
    notText: negative("a command line holds text in UTF-8 without control characters"),
    tooManyErrors: negative("too many errors, goodbye"),
    tooManyCommands: negative("too many commands without a login, goodbye", "SYS/TEMP"),
    foreign: (speech) => negative(FOREIGN_TEXTS[speech]),
    // A server that has waited long enough says nothing: it would be taken for the next reply (RFC 1939 section 3).
    timedOut: null,
    shuttingDown: negative("the server is shutting down", "SYS/TEMP"),
    internalError: negative("internal error", "SYS/TEMP"),
  },
};

const FOREIGN_TEXTS: Readonly<Record<ForeignSpeech, string>> = {
  tls: "this port begins in the clear: use STLS, or a port that begins with TLS",
  clear: "this port begins with TLS",
  http: "this is a mail server, it speaks POP3",
  proxy: "you may not send a PROXY header",
};

function outOfPlace(verb: Verb<Pop3State, Pop3Context, Pop3Reply>, state: Pop3State): string {
  if (state.at === "transaction") return `${verb.name} is not allowed after the login`;
  return verb.name === "PASS" ? "send USER first" : `${verb.name} is allowed after the login only`;
}
