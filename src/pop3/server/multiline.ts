import { Buffer } from "node:buffer";
import { DotEncoder } from "../../wire/dot-stuffing.ts";
import type { MessageOctets } from "./ports.ts";

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

/** A message as the rest of a multi-line response: dot-stuffed, its final dot included. */
export function stuffed(message: MessageOctets): readonly Uint8Array[] | AsyncIterable<Uint8Array> {
  if (!(message instanceof Uint8Array)) return stuffedPieces(message);
  const encoder = new DotEncoder();
  const encoded: Uint8Array[] = [];
  encoder.encode(message, (octets) => encoded.push(octets));
  encoded.push(encoder.end());
  return encoded;
}

async function* stuffedPieces(message: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
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
export function beginning(message: MessageOctets, bodyLines: number): MessageOctets {
  const endIn = createEndFinder(bodyLines);
  return message instanceof Uint8Array ? message.subarray(0, endIn(message)) : beginningPieces(message, endIn);
}

async function* beginningPieces(
  message: AsyncIterable<Uint8Array>,
  endIn: (piece: Uint8Array) => number | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const piece of message) {
    const end = endIn(piece);
    yield piece.subarray(0, end);
    if (end !== undefined) return;
  }
}

/** Gives for one piece after the other where what TOP shows ends in it; undefined: not in this one. */
function createEndFinder(bodyLines: number): (piece: Uint8Array) => number | undefined {
  let inHeader = true;
  let lineIsBlank = true;
  let left = bodyLines;
  return (piece) => {
    for (let at = 0; at < piece.length; at++) {
      const octet = piece[at]!;
      if (octet !== LF) {
        if (octet !== CR) lineIsBlank = false;
        continue;
      }
      if (!inHeader) left--;
      else if (lineIsBlank) inHeader = false;
      lineIsBlank = true;
      if (!inHeader && left <= 0) return at + 1;
    }
    return undefined;
  };
}
