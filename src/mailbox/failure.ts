import { ConnectionError, DeadlineError, InterruptedError, TlsError } from "../net/errors.ts";
import { Pop3Error, type Pop3Reply, showReply } from "../pop3/reply.ts";

/** What ended a poll. Each kind is repeated, and told to the owner, in a way of its own. */
export type FailureKind =
  /** No connection, or it broke, or nothing came over it. */
  | "line"
  /** The certificate, the handshake, or no TLS at all where it must be. */
  | "tls"
  /** [IN-USE], RFC 2449 section 8.1.2. */
  | "in-use"
  /** [LOGIN-DELAY], RFC 2449 section 8.1.1. */
  | "login-delay"
  /** [AUTH], RFC 3206 section 5: the user name or the password is wrong. */
  | "auth"
  /** The login was refused, nobody says why. */
  | "login"
  /** [SYS/TEMP], RFC 3206 section 4. */
  | "temporary"
  /** [SYS/PERM], RFC 3206 section 4. */
  | "permanent"
  /** Another refusal, or a breach of the protocol. */
  | "server"
  /** Something failed on this side. */
  | "here"
  /** Waypost was stopping. */
  | "stopped";

/** How a kind of failure is treated. */
export interface Treatment {
  /** The delay before the first repetition; each further one doubles it. */
  readonly firstMs: number;
  /** The longest delay. */
  readonly longestMs: number;
  /**
   * How the source's interval counts. `usual`: the first delay is no longer, the longest no shorter. `patient`: no delay is
   * shorter, since the server wants to be left alone. `eager`: no delay is longer than `longestMs`, whatever it is.
   */
  readonly pace: "usual" | "patient" | "eager";
  /** Whether only its owner or the server's operator can mend it. */
  readonly needsPerson: boolean;
  /** Begins the sentence that the owner reads; "" where what was said or found says it all. */
  readonly words: string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SOON = { firstMs: MINUTE_MS, longestMs: 15 * MINUTE_MS, pace: "usual", needsPerson: false } as const;

/** The table of failures. */
export const TREATMENTS: Readonly<Record<FailureKind, Treatment>> = {
  // A try costs nobody anything, and the first that succeeds wakes the other sources.
  "line": { ...SOON, firstMs: MINUTE_MS / 2, longestMs: 5 * MINUTE_MS, pace: "eager", words: "" },
  "tls": { ...SOON, needsPerson: true, words: "" },
  "in-use": { ...SOON, longestMs: 5 * MINUTE_MS, words: "another program has the mailbox open there" },
  // Where the server does not say in CAPA how long: the most common minimum.
  "login-delay": {
    ...SOON,
    firstMs: 15 * MINUTE_MS,
    pace: "patient",
    words: "the server wants fewer logins; the next poll waits as long as it asks for",
  },
  // Providers lock out those who insist.
  "auth": {
    firstMs: 15 * MINUTE_MS,
    longestMs: 6 * HOUR_MS,
    pace: "patient",
    needsPerson: true,
    words: "the server says that the user name or the password is wrong",
  },
  "login": {
    firstMs: 5 * MINUTE_MS,
    longestMs: 2 * HOUR_MS,
    pace: "patient",
    needsPerson: true,
    words: "the login was refused; the user name or the password may be wrong",
  },
  "temporary": { ...SOON, words: "the server has a fault that it expects to pass" },
  "permanent": {
    firstMs: HOUR_MS,
    longestMs: 6 * HOUR_MS,
    pace: "patient",
    needsPerson: true,
    words: "the server has a fault that will not pass by itself: tell whoever runs it",
  },
  "server": { ...SOON, words: "" },
  "here": { ...SOON, words: "" },
  "stopped": { ...SOON, words: "" },
};

const KIND_OF_CODE: Readonly<Record<string, FailureKind>> = {
  "IN-USE": "in-use",
  "LOGIN-DELAY": "login-delay",
  "AUTH": "auth",
  "SYS/TEMP": "temporary",
  "SYS/PERM": "permanent",
};

/** What kind of failure an error of a poll is. */
export function kindOfFailure(error: unknown): FailureKind {
  if (error instanceof InterruptedError) return "stopped";
  if (error instanceof TlsError) return "tls";
  if (error instanceof DeadlineError || error instanceof ConnectionError) return "line";
  if (!(error instanceof Pop3Error)) return "here";
  const { step, reply } = error;
  const known = reply.code === undefined ? undefined : KIND_OF_CODE[reply.code];
  if (known !== undefined) return known;
  if (step === "STLS") return "tls";
  return /^(USER|PASS|AUTH|login)\b/.test(step) ? "login" : "server";
}

/** What went wrong, in a sentence for the owner, with the server's own words. */
export function describeFailure(kind: FailureKind, reply: Pop3Reply): string {
  const said = reply.cause ?? showReply(reply);
  const { words } = TREATMENTS[kind];
  return words === "" ? said : `${words} (${said})`;
}
