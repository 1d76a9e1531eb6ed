import { ConnectionError, DeadlineError, describeError, InterruptedError, TlsError } from "../net/errors.ts";

/**
 * An SMTP reply, RFC 5321 section 4.2. Used for what servers say to us, for what we say to clients, and for failures that
 * happen on this side before a server could answer, so that the policy of retries has one input.
 */
export interface SmtpReply {
  /** 200 to 599. */
  readonly code: number;
  /** Enhanced status code, RFC 3463, or null where there is none (greetings, EHLO, 3xx). */
  readonly enhanced: string | null;
  /** What the other side may read; each element is a line. */
  readonly lines: readonly string[];
  /** What the owner may read and the client may not. */
  readonly cause?: string | undefined;
  /** It answered RCPT: it may be about this recipient alone. */
  readonly toRecipient?: true;
  /** It was not said by a server but stands for a failure on this side. */
  readonly local?: true | undefined;
}

/** Makes a reply of one line. */
export function reply(code: number, enhanced: string | null, text: string, cause?: string): SmtpReply {
  return { code, enhanced, lines: [text], cause };
}

/** Makes a reply of several lines. */
export function replyLines(code: number, lines: readonly string[]): SmtpReply {
  return { code, enhanced: null, lines };
}

/** Whether it refuses, for now or for good. */
export function isRefusal({ code }: SmtpReply): boolean {
  return code >= 400;
}

/** Whether the same command may succeed later: 4xx (RFC 5321 section 4.2.1). */
export function isTransient({ code }: SmtpReply): boolean {
  return code >= 400 && code < 500;
}

/** The octets of a reply, line ends included. */
export function formatReply({ code, enhanced, lines }: SmtpReply): string {
  const status = enhanced === null ? "" : `${enhanced} `;
  return lines.map((line, index) => `${code}${index === lines.length - 1 ? " " : "-"}${status}${line}\r\n`).join("");
}

/** A reply in one line, for a log, a transcript or a person: "450 4.2.0 mailbox busy". */
export function showReply({ code, enhanced, lines }: SmtpReply): string {
  return [String(code), enhanced, lines.join(" ")].filter((part) => part !== null && part !== "").join(" ");
}

/**
 * What is written down of a reply, in one line: a server's as it was said; of a failure on this side its words without a
 * code, since no server has given one. `isSaidByServer` tells them apart.
 */
export function noteReply(given: SmtpReply): string {
  return given.local ? given.lines.join(" ") : showReply(given);
}

/** Whether what was written down was said by a server: every reply begins with its code (RFC 5321 section 4.2). */
export function isSaidByServer(noted: string): boolean {
  return /^[2-5]\d\d(?: |$)/.test(noted);
}

const REPLY_LINE = /^([2-5]\d\d)(?:([ -])(.*))?$/s;
const ENHANCED = /^([245]\.\d{1,3}\.\d{1,3})(?:[ \t]+|$)/;

/** Longest reply taken, in lines: enough for any EHLO, bounded for a server that never ends. */
const MAX_REPLY_LINES = 200;

/**
 * Takes the next line of a server's reply, without its line end.
 * @param texts what the lines before it said; it is added
 * @returns the reply with its last line, null before
 * @throws ConnectionError when what comes is no reply
 */
export function takeReplyLine(line: string, texts: string[]): SmtpReply | null {
  const match = REPLY_LINE.exec(line);
  if (!match || texts.length >= MAX_REPLY_LINES) {
    throw new ConnectionError(`the server sent what is no SMTP reply: ${JSON.stringify(line.slice(0, 80))}`);
  }
  texts.push(match[3] ?? "");
  return match[2] === "-" ? null : withEnhanced(Number(match[1]), texts);
}

function withEnhanced(code: number, lines: readonly string[]): SmtpReply {
  const status = ENHANCED.exec(lines[0] ?? "")?.[1] ?? null;
  // The class must fit the code (RFC 2034 section 4); "250 2.1.5" in an EHLO line or a domain name is not meant.
  if (status === null || status[0] !== String(code)[0]) return { code, enhanced: null, lines };
  return { code, enhanced: status, lines: lines.map((line) => line.replace(ENHANCED, "")) };
}

/** A failure on this side, as the reply that a server might have given: transient, so that it is tried again. */
export function localFailure(error: unknown): SmtpReply {
  const cause = describeError(error);
  const [enhanced, text] = kindOf(error);
  return { code: 451, enhanced, lines: [`${text}: ${cause}`], cause, local: true };
}

function kindOf(error: unknown): [enhanced: string, text: string] {
  // RFC 3463 section 3.5: 4.4.1 no answer from host, 4.4.2 bad connection, 4.7.5 cryptographic failure.
  if (error instanceof TlsError) return ["4.7.5", "TLS failed"];
  if (error instanceof DeadlineError) return ["4.4.2", "timed out"];
  if (error instanceof InterruptedError) return ["4.3.2", "stopped"];
  if (error instanceof ConnectionError) return ["4.4.1", "no connection"];
  return ["4.3.0", "internal error"];
}
