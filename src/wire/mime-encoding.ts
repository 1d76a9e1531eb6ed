import { Buffer } from "node:buffer";
import { encodeBase64 } from "./base64.ts";

const encoder = new TextEncoder();
const CR = 13;
const LF = 10;
const EQUALS = 61;
/** Longest line of quoted-printable, CRLF not counted. RFC 2045 section 6.7. */
const maxQuotedLine = 76;
/** Octets of text in one encoded word: 75 characters in all, RFC 2047 section 2. */
const maxWordOctets = 42;
const maxPlainLine = 998;
/** What makes 76 characters of base64. */
const octetsOfBase64Line = 57;
const HEX = Buffer.from("0123456789ABCDEF");

/**
 * Quoted-printable of text whose lines end in CRLF. RFC 2045 section 6.7. A CR or LF that stands alone is encoded, so
 * that the octets come back as they were.
 */
export function encodeQuotedPrintable(octets: Uint8Array): string {
  const encoder = new QuotedPrintableEncoder();
  return Buffer.concat([encoder.push(octets), encoder.end()]).toString("latin1");
}

/** Quoted-printable as `encodeQuotedPrintable` makes it, of text that comes in pieces of any size. */
export class QuotedPrintableEncoder {
  /** Octets whose form depends on what follows: at most two. */
  #rest: Uint8Array = new Uint8Array(0);
  /** Characters of the line so far. */
  #column = 0;

  /** Takes the next octets; gives what is encoded of all so far. */
  push(octets: Uint8Array): Uint8Array {
    const text = this.#rest.length > 0 ? Buffer.concat([this.#rest, octets]) : octets;
    const until = Math.max(0, text.length - 2);
    const [encoded, taken] = this.#encode(text, until);
    this.#rest = Uint8Array.from(text.subarray(taken));
    return encoded;
  }

  /** The text has ended; gives the rest. */
  end(): Uint8Array {
    return this.#encode(this.#rest, this.#rest.length)[0];
  }

  /** @returns what octets before `until` have become, and how many were taken: one more where a CRLF lies across it */
  #encode(text: Uint8Array, until: number): [encoded: Uint8Array, taken: number] {
    // A quoted octet takes three, behind a soft line break of three.
    const encoded = Buffer.allocUnsafe(6 * until);
    let length = 0;
    let at = 0;
    for (; at < until; at++) {
      const octet = text[at]!;
      if (octet === CR && text[at + 1] === LF) {
        encoded[length++] = CR;
        encoded[length++] = LF;
        this.#column = 0;
        at++;
        continue;
      }
      const endsLine = at + 1 === text.length || (text[at + 1] === CR && text[at + 2] === LF);
      const width = isPlainOctet(octet, endsLine) ? 1 : 3;
      if (this.#column + width > maxQuotedLine - (endsLine ? 0 : 1)) {
        encoded[length++] = EQUALS;
        encoded[length++] = CR;
        encoded[length++] = LF;
        this.#column = 0;
      }
      this.#column += width;
      if (width === 3) {
        encoded[length++] = EQUALS;
        encoded[length++] = HEX[octet >> 4]!;
        encoded[length++] = HEX[octet & 15]!;
      } else encoded[length++] = octet;
    }
    return [encoded.subarray(0, length), at];
  }
}

/** Base64 in lines of 76 characters with CRLF between them, of octets that come in pieces of any size. RFC 2045 section 6.8. */
export class Base64Encoder {
  /** Less than a line, or a whole one when nothing is known to follow. */
  #rest: Uint8Array = new Uint8Array(0);

  /** Takes the next octets; gives what is encoded of all so far. */
  push(octets: Uint8Array): Uint8Array {
    const data = Buffer.concat([this.#rest, octets]);
    const lines: string[] = [];
    let at = 0;
    // A line is given out with its end only when another one follows.
    for (; data.length - at > octetsOfBase64Line; at += octetsOfBase64Line) {
      lines.push(`${encodeBase64(data.subarray(at, at + octetsOfBase64Line))}\r\n`);
    }
    this.#rest = data.subarray(at);
    return Buffer.from(lines.join(""), "latin1");
  }

  /** The octets have ended; gives the last line, without a CRLF. */
  end(): Uint8Array {
    return Buffer.from(encodeBase64(this.#rest), "latin1");
  }
}

/** Whether text may stand in a message without an encoding: ASCII without controls, CRLF lines of at most 998 octets. */
export function isPlainText(octets: Uint8Array): boolean {
  let lineStart = 0;
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at] ?? 0;
    if (octet === CR && octets[at + 1] === LF) {
      if (at - lineStart > maxPlainLine) return false;
      lineStart = ++at + 1;
    } else if ((octet < 32 && octet !== 9) || octet > 126) return false;
  }
  return octets.length - lineStart <= maxPlainLine;
}

/**
 * The words of a header value: as they are in plain ASCII, else as encoded words in UTF-8 (RFC 2047 section 4.1), none of
 * which cuts a character. To be joined by spaces, or folded between.
 */
export function encodeHeaderWords(text: string): string[] {
  // Runs of spaces and over-long words are encoded too: folding would make lines of them that RFC 5322 does not allow.
  if (/^(?:[\x21-\x7e]{1,76}(?: (?=[^ ])|$))*$/.test(text) && !text.includes("=?")) return text.split(" ");
  const words: string[] = [];
  let part = "";
  let octets = 0;
  for (const character of text) {
    const width = encoder.encode(character).length;
    if (octets + width > maxWordOctets) {
      words.push(part);
      part = "";
      octets = 0;
    }
    part += character;
    octets += width;
  }
  return [...words, part].map((word) => `=?utf-8?B?${encodeBase64(word)}?=`);
}

/** A space or tab must not end a line; a leading dot and "From " are left to the layers that mind them. */
function isPlainOctet(octet: number, endsLine: boolean): boolean {
  if (octet === 32 || octet === 9) return !endsLine;
  return octet > 32 && octet < 127 && octet !== EQUALS;
}
