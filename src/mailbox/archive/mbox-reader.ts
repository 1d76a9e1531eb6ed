import { type LinePart, linesOf } from "./lines.ts";
import { endLine, Gatherer, type MessageSink } from "./sink.ts";

/**
 * How lines of a message that begin with "From " were kept apart from those between messages.
 *
 * - mboxrd: ">" before each line that begins with "From ", ">From ", ">>From " …: all can be told apart again.
 * - mboxo: ">" before lines that begin with "From " alone.
 */
export type MboxQuoting = "mboxrd" | "mboxo";

/** What was noticed while an mbox was read. */
export interface MboxNotes {
  messages: number;
  /** Lines ">>From …", on which mboxrd and mboxo do not agree. */
  doubleQuoted: number;
  /** Lines "From …" behind a blank one that look like text, and were taken as text. */
  unquoted: number;
}

const LF = 10;
const CR = 13;
const GT = 62;
const FROM = [70, 114, 111, 109, 32];
const CRLF = new Uint8Array([CR, LF]);
/** "From alice@example.net Tue Nov 24 09:00:00 2026", and Thunderbird's "From - …", "From ". */
const SEPARATOR = /^From (?:-? *$|- |.*\d\d?:\d\d.*\d{4})/;
const LONGEST_SEPARATOR = 1024;

/** Whether a file begins as an mbox does. */
export function looksLikeMbox(beginning: Uint8Array): boolean {
  return beginning.length === 0 || startsWith(beginning, 0, beginning.length, FROM);
}

/**
 * Reads an mbox. Line ends become CRLF; the blank line before each separator, and at the end, is the mbox's own.
 * @throws what the sink throws
 */
export async function readMbox(
  pieces: AsyncIterable<Uint8Array>,
  quoting: MboxQuoting,
  sink: MessageSink,
): Promise<MboxNotes> {
  const notes: MboxNotes = { messages: 0, doubleQuoted: 0, unquoted: 0 };
  const reader = new MboxReader(quoting, sink, notes);
  for await (const parts of linesOf(pieces)) {
    for (const part of parts) {
      const taking = reader.take(part);
      if (taking) await taking;
    }
  }
  await reader.finish();
  return notes;
}

class MboxReader {
  readonly #quoting: MboxQuoting;
  readonly #sink: MessageSink;
  readonly #notes: MboxNotes;
  readonly #gatherer: Gatherer;
  #inMessage = false;
  /** A blank line that is the message's own, unless a separator follows. */
  #blank = false;
  #atStart = true;

  constructor(quoting: MboxQuoting, sink: MessageSink, notes: MboxNotes) {
    this.#quoting = quoting;
    this.#sink = sink;
    this.#notes = notes;
    this.#gatherer = new Gatherer((octets) => sink.take(octets));
  }

  take(part: LinePart): Promise<void> | void {
    if (part.begins && (this.#blank || this.#atStart) && startsWith(part.octets, part.from, part.to, FROM)) {
      if (isSeparator(part)) return this.#begin();
      this.#notes.unquoted++;
    }
    const gatherer = this.#gatherer;
    if (!this.#inMessage) return;
    if (part.begins && part.ends && textEnd(part) === part.from) {
      const before = this.#blank;
      this.#blank = true;
      return before ? this.#put(gatherer, CRLF, 0, 2, false) : undefined;
    }
    const blank = this.#blank;
    this.#blank = false;
    const from = part.begins ? this.#unquote(part) : part.from;
    const end = part.ends ? textEnd(part) : part.to;
    const needed = end - from + 4;
    if (!gatherer.hasRoomFor(needed)) return this.#putSlowly(gatherer, part.octets.subarray(from, end), blank, part);
    if (blank) gatherer.putNow(CRLF, 0, 2);
    gatherer.putNow(part.octets, from, end);
    if (hasLineEnd(part)) gatherer.putNow(CRLF, 0, 2);
  }

  async finish(): Promise<void> {
    this.#blank = false;
    if (!this.#inMessage) return;
    this.#inMessage = false;
    await endLine(this.#gatherer);
    await this.#gatherer.flush();
    this.#gatherer.last = -1;
    await this.#sink.end();
  }

  async #begin(): Promise<void> {
    await this.finish();
    this.#atStart = false;
    this.#notes.messages++;
    this.#sink.begin(`message ${this.#notes.messages}`);
    this.#inMessage = true;
  }

  #put(gatherer: Gatherer, octets: Uint8Array, from: number, to: number, end: boolean): Promise<void> | void {
    if (!gatherer.hasRoomFor(to - from + 2)) return gatherer.put(octets.subarray(from, to));
    gatherer.putNow(octets, from, to);
    if (end) gatherer.putNow(CRLF, 0, 2);
  }

  async #putSlowly(gatherer: Gatherer, text: Uint8Array, blank: boolean, part: LinePart): Promise<void> {
    if (blank) await gatherer.put(CRLF);
    await gatherer.put(text);
    if (hasLineEnd(part)) await gatherer.put(CRLF);
  }

  /** Where a line's own text begins. */
  #unquote({ octets, from, to }: LinePart): number {
    if (octets[from] !== GT) return from;
    let at = from;
    while (at < to && octets[at] === GT) at++;
    if (!startsWith(octets, at, to, FROM)) return from;
    const isDouble = at - from > 1;
    if (isDouble) this.#notes.doubleQuoted++;
    return isDouble && this.#quoting === "mboxo" ? from : from + 1;
  }
}

function isSeparator({ octets, from, to }: LinePart): boolean {
  const line = String.fromCharCode(...octets.subarray(from, Math.min(to, from + LONGEST_SEPARATOR)));
  return SEPARATOR.test(line.trimEnd() + (line.startsWith("From ") && line.trim() === "From" ? " " : ""));
}

function hasLineEnd({ octets, to, ends }: LinePart): boolean {
  return ends && octets[to - 1] === LF;
}

/** Where the text of a line ends, before its CR LF or LF. */
function textEnd(part: LinePart): number {
  const { octets, from, to } = part;
  if (!hasLineEnd(part)) return to;
  return to - 2 >= from && octets[to - 2] === CR ? to - 2 : to - 1;
}

function startsWith(octets: Uint8Array, from: number, to: number, beginning: readonly number[]): boolean {
  if (to - from < beginning.length) return false;
  for (let at = 0; at < beginning.length; at++) if (octets[from + at] !== beginning[at]) return false;
  return true;
}
