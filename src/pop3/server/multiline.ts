import { Buffer } from "node:buffer";
import { DotEncoder } from "../../wire/dot-stuffing.ts";

/** Characters of a listing that are joined into one piece. */
const LISTING_PIECE = 64 * 1024;
const LF = 10;
const CR = 13;

/**
 * The rest of a multi-line response made of short lines, RFC 1939 section 3, its final dot included, in few large pieces.
 * @param lines ASCII without line ends; none begins with a dot
 */
export async function* listing(lines: Iterable<string>): AsyncGenerator<Uint8Array> {
  let text = "";
  for (const line of lines) {
    text += `${line}\r\n`;
    if (text.length >= LISTING_PIECE) {
      yield Buffer.from(text, "latin1");
      text = "";
    }
  }
  yield Buffer.from(`${text}.\r\n`, "latin1");
}

/** A message as the rest of a multi-line response: dot-stuffed, its final dot included, as it is read. */
export async function* stuffed(message: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const encoder = new DotEncoder();
  const encoded: Uint8Array[] = [];
  for await (const piece of message) {
    encoder.encode(piece, (octets) => encoded.push(octets));
    yield* encoded;
    encoded.length = 0;
  }
  yield encoder.end();
}

/**
 * The header of a message, the blank line, and the first lines of the body (RFC 1939 section 7, TOP). Reads no more of
 * the message than that. A bare LF ends a line here, so that a message that knows no other is not sent whole.
 */
export async function* beginning(message: AsyncIterable<Uint8Array>, bodyLines: number): AsyncGenerator<Uint8Array> {
  let inHeader = true;
  let lineIsBlank = true;
  let left = bodyLines;
  for await (const piece of message) {
    for (let at = 0; at < piece.length; at++) {
      const octet = piece[at]!;
      if (octet !== LF) {
        if (octet !== CR) lineIsBlank = false;
        continue;
      }
      if (!inHeader) left--;
      else if (lineIsBlank) inHeader = false;
      lineIsBlank = true;
      if (!inHeader && left <= 0) return yield piece.subarray(0, at + 1);
    }
    yield piece;
  }
}
