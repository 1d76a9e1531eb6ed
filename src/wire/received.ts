import { isIPv6 } from "node:net";
import { parseAddress } from "./address.ts";

/** What a Received field says of one hop. */
export interface ReceivedTrace {
  /** The client; absent: it is not told, for the sake of those who send from a LAN. */
  readonly from?: {
    /** The name it gave in EHLO or HELO, unchecked. */
    readonly helo: string;
    /** Its network address. */
    readonly address: string;
    /** The name that the address resolves to, where it was looked up. */
    readonly reverse?: string | undefined;
  } | undefined;
  /** Our own name. */
  readonly by: string;
  /** RFC 3848; SMTP and ESMTP are those of RFC 5321, those with UTF8 of RFC 6531 section 4.3. */
  readonly protocol: "SMTP" | `${"ESMTP" | "UTF8SMTP"}${"" | "S"}${"" | "A"}`;
  /** Version and cipher of the connection, such as `TLSv1.3 TLS_AES_128_GCM_SHA256`. */
  readonly tls?: string | undefined;
  /** The message's id, as it is shown. */
  readonly id: string;
  /** The recipient, only where there is one alone: others must not learn of each other (RFC 5321 section 7.2). */
  readonly for?: string | undefined;
  /** When the message came, in milliseconds since the epoch. */
  readonly date: number;
}

/** Lines of a header are best no longer, CRLF not counted. RFC 5322 section 2.1.1. */
export const maxFoldedLine = 78;

/**
 * The Received field of RFC 5321 section 4.4, folded, each line ended with CRLF, in ASCII. What came from the client
 * cannot break out of its place: characters that do not belong in a name become question marks.
 */
export function formatReceived(trace: ReceivedTrace): string {
  const units = [
    ...fromUnits(trace.from),
    `by ${safeName(trace.by)}`,
    "(Waypost)",
    `with ${trace.protocol}`,
  ];
  if (trace.tls) units.push(`(${safeComment(trace.tls)})`);
  units.push(`id ${safeName(trace.id)}`);
  const recipient = formatFor(trace.for);
  if (recipient) units.push(recipient);
  return `${foldUnits("Received:", units)};\r\n\t${formatMailDate(trace.date)}\r\n`;
}

function fromUnits(from: ReceivedTrace["from"]): string[] {
  if (from === undefined) return [];
  const tcpInfo = [from.reverse ? safeName(from.reverse) : "", `[${safeName(formatIpLiteral(from.address))}]`];
  return [`from ${safeName(from.helo) || "unknown"}`, `(${tcpInfo.join(" ").trim()})`];
}

/**
 * A date of RFC 5322 section 3.3, in UTC: `Tue, 24 Nov 2026 06:05:00 +0000`.
 * @param date milliseconds since the epoch
 */
export function formatMailDate(date: number): string {
  return new Date(date).toUTCString().replace(/GMT$/, "+0000");
}

/**
 * Joins units with spaces, going to a new line, begun with a tab, before a unit that would not fit in 78 characters.
 * A unit is never cut.
 */
export function foldUnits(name: string, units: readonly string[]): string {
  const lines: string[] = [];
  let line = name;
  for (const unit of units) {
    // One character is left free, for a semicolon or comma behind the unit.
    if (line !== name && line.length + 1 + unit.length >= maxFoldedLine) {
      lines.push(line);
      line = `\t${unit}`;
    } else line += ` ${unit}`;
  }
  return [...lines, line].join("\r\n");
}

/** The form of an address within square brackets, RFC 5321 section 4.1.3, without an IPv6 zone. */
export function formatIpLiteral(address: string): string {
  const bare = address.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
  return isIPv6(bare) ? `IPv6:${bare}` : bare;
}

/** A value for a place where a domain, an address literal or an id stands. */
function safeName(value: string): string {
  return value.trim().slice(0, 255).replace(/[^A-Za-z0-9._:[\]/+=~-]/gu, "?");
}

/** A value for within parentheses: printable ASCII without anything that opens, closes or quotes. */
function safeComment(value: string): string {
  return value.slice(0, 255).replace(/[^\x20-\x7e]|[()\\"]/gu, "?");
}

/** Left out where it cannot be written in ASCII: a header with UTF-8 would need SMTPUTF8 all the way (RFC 6531). */
function formatFor(recipient: string | undefined): string | undefined {
  const read = recipient === undefined ? undefined : parseAddress(recipient);
  return read?.ok && !read.address.needsSmtpUtf8 ? `for <${read.address.text}>` : undefined;
}
