import { Buffer } from "node:buffer";
import { linesOf } from "./lines.ts";
import { endLine, Gatherer, type MessageSink } from "./sink.ts";

const LF = 10;
const CR = 13;
const CRLF = new Uint8Array([CR, LF]);

/** Whether a file begins with the name of a header field and a colon (RFC 5322 section 2.2). */
export function looksLikeMessage(beginning: Uint8Array): boolean {
  return /^[!-9;-~]+[ \t]*:/.test(Buffer.from(beginning).toString("latin1"));
}

/**
 * Reads a file that holds one message: .eml, or one of a Maildir. Its first line end tells how it was written: with CRLF,
 * and it is taken octet for octet; with LF, and each bare LF becomes CRLF.
 * @param gatherer one that gives to the sink, for many files in turn
 * @throws what the sink throws
 */
export async function readMessageFile(
  pieces: AsyncIterable<Uint8Array>,
  where: string,
  sink: MessageSink,
  gatherer: Gatherer = new Gatherer((octets) => sink.take(octets)),
): Promise<void> {
  sink.begin(where);
  gatherer.last = -1;
  let asItIs: boolean | null = null;
  for await (const parts of linesOf(pieces)) {
    for (const { octets, from, to, ends } of parts) {
      const isEnded = ends && octets[to - 1] === LF;
      const hasCr = isEnded && to - 2 >= from && octets[to - 2] === CR;
      if (isEnded) asItIs ??= hasCr;
      const isBare = isEnded && !hasCr && asItIs === false;
      await gatherer.put(octets.subarray(from, isBare ? to - 1 : to));
      if (isBare) await gatherer.put(CRLF);
    }
  }
  await endLine(gatherer);
  await gatherer.flush();
  await sink.end();
}
