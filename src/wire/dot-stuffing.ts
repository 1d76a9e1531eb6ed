/**
 * Transparency of message data, RFC 5321 section 4.5.2 and RFC 1939 section 3: within the data a line that begins with a
 * dot is sent with a second one in front, and a line of one dot ends the data.
 *
 * Only CRLF "." CRLF ends the data. A dot beside a bare CR or LF is part of the message, in either direction, so that no
 * two servers can disagree about where a message ends ("SMTP smuggling").
 */

import { LineDots } from "./line-dots.ts";
import { LineEnds } from "./line-ends.ts";

const CR = 13;
const LF = 10;
const DOT = 46;

/** Where a decoder stands: what the last octets were, counted from the last CRLF. */
type Place = "line start" | "in line" | "after CR" | "after dot" | "after dot CR";

/** Takes off dot-stuffing from data that comes in pieces of any size. */
export class DotDecoder {
  #place: Place = "line start";
  #bareLf = false;
  #bareCr = false;

  /** A LF without CR before it was seen in the data. */
  get sawBareLf(): boolean {
    return this.#bareLf;
  }

  /** A CR without LF behind it was seen in the data. */
  get sawBareCr(): boolean {
    return this.#bareCr;
  }

  /**
   * Decodes one piece.
   * @param emit gets the message's octets, as views of `piece` where possible
   * @returns how many octets of `piece` were taken, when the end of data stood in it (what follows is not data any
   * more), or -1 when the data goes on
   */
  decode(piece: Uint8Array, emit: (octets: Uint8Array) => void): number {
    const lineEnds = new LineEnds(piece);
    // What stands from `from` to `at` is content that was not given out yet.
    let from = 0;
    let at = 0;
    while (at < piece.length) {
      const place = this.#place;
      if (place === "in line") at = this.#passLines(piece, at, lineEnds);
      else if (place === "line start" && piece[at] === DOT) {
        // The dot itself is dropped, RFC 5321 section 4.5.2.
        if (at > from) emit(piece.subarray(from, at));
        from = ++at;
        this.#place = "after dot";
      } else if (place === "after dot" && piece[at] === CR) {
        // The CR is held back: with a LF behind it, it belongs to the end of data.
        from = ++at;
        this.#place = "after dot CR";
      } else if (place === "after dot CR") {
        if (piece[at] === LF) {
          this.#place = "line start";
          return at + 1;
        }
        // It is content after all; it may have stood in an earlier piece.
        emit(LONE_CR);
        this.#place = "after CR";
      } else this.#pass(piece[at++]!);
    }
    if (at > from) emit(piece.subarray(from, at));
    return -1;
  }

  /** Passes the rest of a line, in which only its end matters, and the lines behind it that begin with no dot. */
  #passLines(piece: Uint8Array, from: number, lineEnds: LineEnds): number {
    for (let at = from;;) {
      const end = lineEnds.next(at);
      if (end === piece.length) return end;
      at = end + 1;
      if (piece[end] === LF) this.#bareLf = true;
      else if (at === piece.length) {
        this.#place = "after CR";
        return at;
      } else if (piece[at] !== LF) this.#bareCr = true;
      else if (++at === piece.length || piece[at] === DOT) {
        this.#place = "line start";
        return at;
      }
    }
  }

  /** Passes one octet of content at a line's start, behind its dot, or behind a CR. */
  #pass(octet: number): void {
    const afterCr = this.#place === "after CR";
    if (afterCr && octet === LF) {
      this.#place = "line start";
      return;
    }
    if (afterCr) this.#bareCr = true;
    else if (octet === LF) this.#bareLf = true;
    this.#place = octet === CR ? "after CR" : "in line";
  }
}

const LONE_CR = new Uint8Array([CR]);
const ONE_DOT = new Uint8Array([DOT]);
const END_AFTER_CRLF = new Uint8Array([DOT, CR, LF]);
const END_WITHOUT_CRLF = new Uint8Array([CR, LF, DOT, CR, LF]);

/**
 * A dot stands behind a bare LF or CR. A server that takes one of these for a line end could see the end of the data
 * there, and what follows as commands (RFC 5321 section 4.1.1.4).
 */
export class BareLineEndError extends Error {
  override readonly name = "BareLineEndError";
  constructor() {
    super("a dot stands behind a bare CR or LF: another server could take it for the end of the message");
  }
}

/** Adds dot-stuffing to a message that comes in pieces of any size. */
export class DotEncoder {
  /** The last two octets given out, to know a line's start: it follows CRLF, or stands at the very beginning. */
  #last = LF;
  #beforeLast = CR;
  readonly #strict: boolean;

  /** @param strict whether a dot behind a bare CR or LF is refused instead of passed on */
  constructor(strict = false) {
    this.#strict = strict;
  }

  /**
   * Encodes one piece.
   * @param emit gets the octets to send, as views of `piece` where possible
   * @throws BareLineEndError when strict, before anything is given out that could end the data early
   */
  encode(piece: Uint8Array, emit: (octets: Uint8Array) => void): void {
    const length = piece.length;
    if (length === 0) return;
    const dots = new LineDots(piece);
    let from = 0;
    for (let dot = dots.next(0); dot < length; dot = dots.next(dot + 1)) {
      const before = dot > 0 ? piece[dot - 1] : this.#last;
      const beforeThat = dot > 1 ? piece[dot - 2] : dot === 1 ? this.#last : this.#beforeLast;
      if (before === LF && beforeThat === CR) {
        if (dot > from) emit(piece.subarray(from, dot));
        emit(ONE_DOT);
        from = dot;
      } else if (this.#strict && (before === LF || before === CR)) throw new BareLineEndError();
    }
    emit(from === 0 ? piece : piece.subarray(from));
    this.#beforeLast = length > 1 ? piece[length - 2]! : this.#last;
    this.#last = piece[length - 1]!;
  }

  /** What ends the data: the final dot, after a CRLF when the message did not end with one (RFC 5321 section 4.1.1.4). */
  end(): Uint8Array {
    return this.#last === LF && this.#beforeLast === CR ? END_AFTER_CRLF : END_WITHOUT_CRLF;
  }
}
