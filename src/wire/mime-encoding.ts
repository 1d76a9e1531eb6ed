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

/**
 * Quoted-printable of text whose lines end in CRLF. RFC 2045 section 6.7. A CR or LF that stands alone is encoded, so
 * that the octets come back as they were.
 */
export function encodeQuotedPrintable(octets: Uint8Array): string {
  const lines: string[] = [];
  let line = "";
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at] ?? 0;
    if (octet === CR && octets[at + 1] === LF) {
      lines.push(line);
      line = "";
      at++;
      continue;
    }
    const endsLine = at + 1 === octets.length || (octets[at + 1] === CR && octets[at + 2] === LF);
    const unit = isPlainOctet(octet, endsLine) ? String.fromCharCode(octet) : quoteOctet(octet);
    if (line.length + unit.length > maxQuotedLine - (endsLine ? 0 : 1)) {
      lines.push(`${line}=`);
      line = "";
    }
    line += unit;
  }
  return [...lines, line].join("\r\n");
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

function quoteOctet(octet: number): string {
  return `=${octet.toString(16).toUpperCase().padStart(2, "0")}`;
}
