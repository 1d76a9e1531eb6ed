/** One line of a dialogue, without its line end. */
export interface Line {
  /** The octets before the line end; empty when `tooLong`. */
  readonly octets: Uint8Array;
  /** How the line ended. RFC 5321 section 2.3.8 and RFC 1939 section 3 know CRLF only; what to make of a bare LF is the protocol's decision. */
  readonly ending: "crlf" | "lf";
  /** The line was longer than allowed: its octets were dropped, the stream stands behind its end. */
  readonly tooLong: boolean;
}

const LF = 10;
const CR = 13;
const NOTHING = new Uint8Array(0);

/**
 * Octets that came in and were not taken yet, in the pieces in which they came.
 *
 * Pieces are never joined into one buffer, so that a message of any size passes without being copied; a line that
 * crosses pieces is joined on its own. The outcome does not depend on where the pieces were cut.
 */
export class OctetQueue {
  #pieces: Uint8Array[] = [];
  #octets = 0;
  /** Octets at the front that are known to hold no LF: a line that arrives octet by octet is searched once. */
  #searched = 0;
  /** Within a line that is too long: its octets are dropped as they come. */
  #dropping = false;

  /** Octets waiting. */
  get octets(): number {
    return this.#octets;
  }

  /** Adds a piece at the end. The queue keeps the array itself: the caller no longer writes to it. */
  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#octets += piece.length;
  }

  /** Puts a piece back in front, to be taken next. */
  unshift(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.unshift(piece);
    this.#octets += piece.length;
    this.#searched = 0;
  }

  /** Takes the next piece as it came, or undefined when nothing waits. */
  takePiece(): Uint8Array | undefined {
    const piece = this.#pieces.shift();
    if (piece) this.#octets -= piece.length;
    this.#searched = 0;
    return piece;
  }

  /** Drops all that waits. */
  clear(): void {
    this.#pieces = [];
    this.#octets = 0;
    this.#searched = 0;
    this.#dropping = false;
  }

  /**
   * Takes the next whole line, or undefined when its end has not come yet.
   * @param maxOctets longest line allowed, line end included
   */
  takeLine(maxOctets: number): Line | undefined {
    const end = this.#findLf();
    if (end < 0) {
      if (this.#dropping || this.#octets > maxOctets) {
        this.clear();
        this.#dropping = true;
      }
      return undefined;
    }
    const whole = this.#take(end + 1);
    const tooLong = this.#dropping || whole.length > maxOctets;
    this.#dropping = false;
    const crlf = whole.length >= 2 && whole[whole.length - 2] === CR;
    const ending = crlf ? "crlf" : "lf";
    if (tooLong) return { octets: NOTHING, ending, tooLong };
    return { octets: whole.subarray(0, whole.length - (crlf ? 2 : 1)), ending, tooLong };
  }

  /** Whether a whole line waits: a server that sees one goes on before it sends its replies (RFC 2920 section 3.1). */
  hasLine(): boolean {
    return this.#findLf() >= 0;
  }

  #findLf(): number {
    let base = 0;
    for (const piece of this.#pieces) {
      const next = base + piece.length;
      if (next > this.#searched) {
        const found = piece.indexOf(LF, Math.max(0, this.#searched - base));
        if (found >= 0) return base + found;
      }
      base = next;
    }
    this.#searched = this.#octets;
    return -1;
  }

  #take(count: number): Uint8Array {
    this.#searched = 0;
    this.#octets -= count;
    const first = this.#pieces[0] ?? NOTHING;
    if (first.length >= count) {
      if (first.length === count) this.#pieces.shift();
      else this.#pieces[0] = first.subarray(count);
      return first.subarray(0, count);
    }
    const joined = new Uint8Array(count);
    let filled = 0;
    let used = 0;
    for (const piece of this.#pieces) {
      const part = piece.subarray(0, count - filled);
      joined.set(part, filled);
      filled += part.length;
      if (part.length < piece.length) {
        this.#pieces[used] = piece.subarray(part.length);
        break;
      }
      used++;
      if (filled === count) break;
    }
    this.#pieces.splice(0, used);
    return joined;
  }
}
