import { Buffer } from "node:buffer";
import { decodeWords } from "postal-mime";
import { SpareArrays } from "./spare.ts";

/** How much of a message's beginning is looked at, in octets. A header section is rarely over 20 KB. */
export const maxHeaderOctets = 65_536;

/** Longest value kept of a field, in characters: RFC 5322 section 2.1.1 allows a line that much. */
const maxValueLength = 998;
/** Longest undecoded value looked at: encoded words take several octets for a character. */
const maxRawLength = 8 * maxValueLength;

/** The header section of a message, as far as it was looked at. RFC 5322 section 2.2. */
export interface HeaderSection {
  /** Its lines as they came, without the empty line; whole lines only. */
  readonly octets: Uint8Array;
  /** Its end was seen. False: it is longer than the limit. */
  readonly complete: boolean;
}

/** Finds the header section in the octets of a message as they pass. Memory is bounded by the limit. */
export interface HeaderReader {
  /** Takes the next octets, undotted. True: the section is known, no more octets are needed (they are ignored). */
  push(piece: Uint8Array): boolean;
  /** The section found, once `push` returned true or the message has ended. */
  finish(): HeaderSection;
}

/** The fields read for display. */
export const displayFields = ["message-id", "subject", "from", "to", "date"] as const;

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
const COLON = 58;
const firstBufferOctets = 4096;
/** Every message that passes needs one. */
const firstBuffers = new SpareArrays(firstBufferOctets, 32);
/** Fields in which encoded words are never decoded: their values are compared, not read. */
const literalFields = new Set(["message-id", "date", "in-reply-to", "references"]);
const mboxLine = "From ";
const asciiDecoder = new TextDecoder("windows-1252");

/**
 * Makes a header reader. The outcome does not depend on where the octets were cut. The section ends at the first empty
 * line, or before the first line that can be no field: a message without a header has an empty one. A bare LF ends a
 * line as CRLF does.
 */
export function createHeaderReader(limit: number = maxHeaderOctets): HeaderReader {
  let buffer = firstBuffers.take();
  let filled = 0;
  let lineStart = 0;
  let searched = 0;
  let ended = false;
  let complete = false;
  let section: HeaderSection | undefined;

  function append(piece: Uint8Array): void {
    const part = piece.subarray(0, limit - filled);
    if (filled + part.length > buffer.length) {
      const wider = new Uint8Array(Math.min(limit, Math.max(buffer.length * 2, filled + part.length)));
      wider.set(buffer.subarray(0, filled));
      firstBuffers.give(buffer);
      buffer = wider;
    }
    buffer.set(part, filled);
    filled += part.length;
  }

  function takeLines(): void {
    const view = buffer.subarray(0, filled);
    for (let lf = view.indexOf(LF, searched); lf >= 0; lf = view.indexOf(LF, lineStart)) {
      if (!belongsToHeader(view, lineStart, lf)) {
        ended = complete = true;
        return;
      }
      lineStart = lf + 1;
    }
    searched = filled;
  }

  return {
    push(piece) {
      if (ended) return true;
      append(piece);
      takeLines();
      if (!ended && filled === limit) ended = true;
      return ended;
    },
    finish() {
      if (section) return section;
      if (!ended) {
        ended = complete = true;
        if (lineStart < filled && belongsToHeader(buffer, lineStart, filled)) lineStart = filled;
      }
      section = { octets: buffer.slice(0, lineStart), complete };
      firstBuffers.give(buffer);
      return section;
    },
  };
}

/** How many Received fields a header section has that a machine of this name has written ("by"): visits of the message. */
export function countReceivedBy(octets: Uint8Array, hostname: string): number {
  let count = 0;
  for (const field of splitFields(octets)) {
    if (field.name === "received" && receiverOf(decodeAscii(field.value)) === hostname.toLowerCase()) count++;
  }
  return count;
}

/** The name behind "by", RFC 5321 section 4.4, in lower case; comments may hold anything. */
function receiverOf(value: string): string | undefined {
  return /(?:^|\s)by\s+([^\s;]+)/i.exec(withoutComments(value))?.[1]?.replace(/\.$/, "").toLowerCase();
}

/** RFC 5322 section 3.2.2: comments may stand in comments. */
function withoutComments(value: string): string {
  let depth = 0;
  return value.replace(/\\.|[()]|[^()\\]+|\\/gs, (part) => {
    if (part === "(") depth++;
    if (part === ")" && depth > 0) return --depth === 0 ? " " : "";
    return depth === 0 ? part : "";
  });
}

/**
 * Reads fields for display: unfolded, encoded words decoded (RFC 2047), control characters replaced by spaces, at most
 * 998 characters. Of a field that comes twice the first counts. Octets that are not UTF-8 are taken as Windows-1252.
 * @param names in lower case
 */
export function readFields(
  octets: Uint8Array,
  names: readonly string[] = displayFields,
): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const { name, value } of splitFields(octets)) {
    if (!names.includes(name) || fields.has(name)) continue;
    const raw = decodeOctets(value).slice(0, maxRawLength).replace(/\r?\n(?=[ \t])/g, "");
    const text = literalFields.has(name) ? raw : decodeWords(raw);
    fields.set(name, truncate(text.replace(/\p{Cc}+/gu, " ").trim()));
  }
  return fields;
}

/** The fields of a header section: name in lower case, and the whole field as Latin-1 text without its last line end. */
export function splitHeader(octets: Uint8Array): { readonly name: string; readonly text: string }[] {
  const latin1 = (part: Uint8Array) => Buffer.from(part.buffer, part.byteOffset, part.length).toString("latin1");
  const fields: { name: string; text: string }[] = [];
  for (const { name, field } of splitFields(octets)) fields.push({ name, text: latin1(field).replace(/\r?\n$/, "") });
  return fields;
}

/** The values of every field of a name, unfolded, in their order; each at most 8 KB long. `name` in lower case. */
export function valuesOfField(octets: Uint8Array, name: string): string[] {
  const values: string[] = [];
  for (const field of splitFields(octets)) {
    if (field.name === name) values.push(decodeOctets(field.value).replace(/\r?\n(?=[ \t])/g, "").trim());
  }
  return values;
}

/** Whether the line between the two places can stand in a header section: a field, or more of the one before. */
function belongsToHeader(octets: Uint8Array, start: number, end: number): boolean {
  const last = end > start && octets[end - 1] === CR ? end - 1 : end;
  if (last === start) return false;
  const first = octets[start];
  if (first === SPACE || first === TAB) return start > 0;
  return findNameEnd(octets, start, last) > start || (start === 0 && isMboxLine(octets, last));
}

/** Where the field name ends that begins at `start`, or -1 when none stands there. RFC 5322 sections 2.2 and 4.5.8. */
function findNameEnd(octets: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (octets[at] ?? 0) > SPACE && (octets[at] ?? 0) < 127 && octets[at] !== COLON) at++;
  const nameEnd = at;
  while (at < end && (octets[at] === SPACE || octets[at] === TAB)) at++;
  return nameEnd > start && octets[at] === COLON && at < end ? nameEnd : -1;
}

/** Programs that read mailbox files sometimes leave their separator in front. */
function isMboxLine(octets: Uint8Array, end: number): boolean {
  return decodeAscii(octets.subarray(0, Math.min(end, mboxLine.length))) === mboxLine;
}

function* splitFields(octets: Uint8Array): Generator<{ name: string; value: Uint8Array; field: Uint8Array }> {
  let start = 0;
  while (start < octets.length) {
    const end = findFieldEnd(octets, start);
    const nameEnd = findNameEnd(octets, start, end);
    if (nameEnd > 0) {
      const value = octets.subarray(octets.indexOf(COLON, nameEnd) + 1, end);
      yield {
        name: decodeAscii(octets.subarray(start, nameEnd)).toLowerCase(),
        value,
        field: octets.subarray(start, end),
      };
    }
    start = end;
  }
}

/** The place behind the field that begins at `start`, with its folded lines and its line end. */
function findFieldEnd(octets: Uint8Array, start: number): number {
  let at = start;
  do {
    const lf = octets.indexOf(LF, at);
    if (lf < 0) return octets.length;
    at = lf + 1;
  } while (octets[at] === SPACE || octets[at] === TAB);
  return at;
}

function decodeAscii(octets: Uint8Array): string {
  return asciiDecoder.decode(octets);
}

function decodeOctets(octets: Uint8Array): string {
  const part = octets.subarray(0, maxRawLength);
  try {
    // A character cut at the end is no error in a stream, so that a long value is not taken for another charset.
    return new TextDecoder("utf-8", { fatal: true }).decode(part, { stream: true });
  } catch (error) {
    if (error instanceof TypeError) return new TextDecoder("windows-1252").decode(part);
    throw error;
  }
}

/** Cuts to the longest value kept, between characters. */
function truncate(text: string): string {
  if (text.length <= maxValueLength) return text;
  return text.slice(0, maxValueLength - 1).replace(/[\ud800-\udbff]$/, "") + "…";
}
