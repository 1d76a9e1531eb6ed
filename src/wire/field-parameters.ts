import { Buffer } from "node:buffer";
import { decodeWords } from "postal-mime";
import { decodeText } from "./charset.ts";

/** A field such as Content-Type: its value in lower case, and its parameters by their names in lower case. */
export interface ParameterizedField {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Longest value of a parameter that is kept, in characters. */
const MAX_LENGTH = 1000;
/** Parts of a parameter that are put together. RFC 2231 section 3. */
const MAX_PARTS = 100;

/**
 * Reads a field with parameters (RFC 2045 section 5.1), those in several parts or other character sets too (RFC 2231).
 * Of a parameter that comes twice the first counts. What cannot be read is left out.
 */
export function readParameters(text: string): ParameterizedField {
  const [value = "", ...rest] = splitOutsideQuotes(text);
  const plain = new Map<string, string>();
  const parts = new Map<string, { readonly text: string; readonly isEncoded: boolean }[]>();
  for (const piece of rest) {
    const equals = piece.indexOf("=");
    if (equals < 0) continue;
    const name = piece.slice(0, equals).trim().toLowerCase();
    const raw = unquote(piece.slice(equals + 1).trim());
    const [, base = "", number, star] = /^([^*]+)(?:\*(\d{1,3}))?(\*)?$/.exec(name) ?? [];
    if (base === "") continue;
    if (number === undefined && star === undefined) {
      if (!plain.has(base)) plain.set(base, raw);
      continue;
    }
    const list = parts.get(base) ?? [];
    parts.set(base, list);
    const place = Number(number ?? 0);
    if (place < MAX_PARTS) list[place] ??= { text: raw, isEncoded: star !== undefined };
  }
  const parameters = new Map<string, string>();
  for (const [name, raw] of plain) parameters.set(name, shorten(decodeWords(raw)));
  for (const [name, list] of parts) parameters.set(name, shorten(joined(list)));
  return { value: value.trim().toLowerCase(), parameters };
}

/** The parts up to the first that is missing; the first of them names the character set. */
function joined(parts: readonly ({ readonly text: string; readonly isEncoded: boolean } | undefined)[]): string {
  let charset = "utf-8";
  const pieces: Buffer[] = [];
  for (let place = 0; place < parts.length; place++) {
    const part = parts[place];
    if (part === undefined) break;
    let { text } = part;
    if (place === 0 && part.isEncoded) {
      const [, named, encoded] = /^([^']*)'[^']*'(.*)$/s.exec(text) ?? [];
      charset = named || charset;
      text = encoded ?? text;
    }
    pieces.push(part.isEncoded ? percentDecoded(text) : Buffer.from(text));
  }
  return decodeText(Buffer.concat(pieces), charset);
}

function percentDecoded(text: string): Buffer {
  const latin1 = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  // A character beyond an octet was no encoding.
  return /^[\0-\xff]*$/.test(latin1) ? Buffer.from(latin1, "latin1") : Buffer.from(text);
}

function unquote(text: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"?/s.exec(text);
  return quoted ? quoted[1]!.replace(/\\(.)/gs, "$1") : text.replace(/\s.*$/s, "");
}

function splitOutsideQuotes(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '"') isQuoted = !isQuoted;
    else if (sign === "\\" && isQuoted) at++;
    else if (sign === ";" && !isQuoted) {
      pieces.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...pieces, text.slice(start)];
}

function shorten(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").slice(0, MAX_LENGTH);
}
