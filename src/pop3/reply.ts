import { ConnectionError, DeadlineError, describeError, TlsError } from "../net/errors.ts";

/**
 * A POP3 reply, RFC 1939 section 3: the first line of a response. Used for what servers say to us, for what we say to
 * clients, and for failures that happen on this side before a server could answer.
 */
export interface Pop3Reply {
  readonly ok: boolean;
  /** Extended response code without brackets, upper case: "IN-USE", "SYS/TEMP", "AUTH" (RFC 2449 section 8, RFC 3206). */
  readonly code?: string | undefined;
  /** The sentence that the other side may read. */
  readonly text: string;
  /** What the owner may read and the client may not. */
  readonly cause?: string | undefined;
  /** Asks for more within a command: a SASL challenge (RFC 5034 section 4). */
  readonly continues?: true | undefined;
}

/** A reply that grants. */
export function positive(text: string): Pop3Reply {
  return { ok: true, text };
}

/** A reply that refuses. `code` is an extended response code, `cause` is for the owner alone. */
export function negative(text: string, code?: string, cause?: string): Pop3Reply {
  return { ok: false, text, code, cause };
}

/** A reply that asks the client for the next line of its exchange. */
export function challenge(line: string): Pop3Reply {
  return { ok: true, text: line, continues: true };
}

/** The line of a reply, line end included. */
export function formatReply(reply: Pop3Reply): string {
  return `${showReply(reply)}\r\n`;
}

/** The line of a reply without its line end, for a transcript. */
export function showReply({ ok, code, text, continues }: Pop3Reply): string {
  if (continues) return `+ ${text}`;
  const words = code === undefined ? text : `[${code}] ${text}`;
  return words === "" ? (ok ? "+OK" : "-ERR") : `${ok ? "+OK" : "-ERR"} ${words}`;
}

const STATUS = /^(\+OK|-ERR)(?:[ \t]+(.*))?$/is;
const CODE = /^\[([A-Za-z0-9][A-Za-z0-9/_.=-]*)\][ \t]*/;

/** Reads a reply's line, given without its line end; null when it is none. */
export function parseReply(line: string): Pop3Reply | null {
  if (line === "+" || line.startsWith("+ ")) return challenge(line.slice(2));
  const match = STATUS.exec(line);
  if (!match) return null;
  const rest = match[2] ?? "";
  const code = CODE.exec(rest);
  return {
    ok: match[1]!.toUpperCase() === "+OK",
    text: code ? rest.slice(code[0].length) : rest,
    code: code?.[1]?.toUpperCase(),
  };
}

/** A step of a client that did not succeed. `reply` is what the server said, or stands for what happened here. */
export class Pop3Error extends Error {
  override readonly name = "Pop3Error";
  /** The step's name: "RETR 3". */
  readonly step: string;
  readonly reply: Pop3Reply;

  constructor(step: string, reply: Pop3Reply, options?: ErrorOptions) {
    super(reply.cause ?? `${step}: ${showReply(reply)}`, options);
    this.step = step;
    this.reply = reply;
  }
}

/** A server that breaks the protocol: `what` says what it sent and what was expected instead. */
export function breach(step: string, what: string): Pop3Error {
  return new Pop3Error(step, negative("the server broke the protocol", undefined, `${step}: ${what}`));
}

/**
 * Whatever stopped a session, as a reply: the server's own words, or a refusal that stands for a local failure, so that
 * the policy of retries has one input. Local failures that pass by themselves carry SYS/TEMP (RFC 3206 section 4).
 */
export function replyOf(error: unknown): Pop3Reply {
  if (error instanceof Pop3Error) return error.reply;
  const cause = describeError(error);
  if (error instanceof DeadlineError) return negative("timed out", "SYS/TEMP", cause);
  if (error instanceof TlsError) return negative("TLS failed", undefined, cause);
  if (error instanceof ConnectionError) return negative("the connection failed", "SYS/TEMP", cause);
  return negative("internal error", "SYS/TEMP", cause);
}
