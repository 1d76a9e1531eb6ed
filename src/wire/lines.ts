/** One line of a dialogue, without its line end. */
export interface Line {
  /** The octets before the line end; when `tooLong` the first few of them. */
  readonly octets: Uint8Array;
  /** How the line ended. RFC 5321 section 2.3.8 and RFC 1939 section 3 know CRLF only; what to make of a bare LF is the protocol's decision. */
  readonly ending: "crlf" | "lf";
  /** The line was longer than allowed: its octets were dropped, the stream stands behind its end. */
  readonly tooLong: boolean;
}

const LF = 10;
const CR = 13;
const NOTHING = new Uint8Array(0);
/** Octets kept of a line that is too long: enough to tell what it begins with. */
const HEAD_OCTETS = 16;

/** Pieces that were taken stay in the array until they are this many: to move the others up for each would be slow. */
const TAKEN_PIECES = 256;

/**
 * Octets that came in and were not taken yet, in the pieces in which they came.
 *
 * Pieces are never joined into one buffer, so that a message of any size passes without being copied; a line that
 * crosses pieces is joined on its own. The outcome does not depend on where the pieces were cut, and the work grows with
 * the octets and pieces, never with their product.
 */
export class OctetQueue {
  #pieces: Uint8Array[] = [];
  /** Where the waiting pieces begin. */
  #first = 0;
  #octets = 0;
  /** Where the search for a LF goes on: a piece, and the octets before it, which hold none. */
  #searchAt = 0;
  #searched = 0;
  /** Within a line that is too long: its octets are dropped as they come, but for the first ones. */
  #head: Uint8Array | null = null;
  /** The last octet that was dropped was a CR. */
  #droppedCr = false;

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
    if (this.#first > 0) this.#pieces[--this.#first] = piece;
    else this.#pieces.unshift(piece);
    this.#octets += piece.length;
    this.#searchFromStart();
  }

  /** Takes the next piece as it came, or undefined when nothing waits. */
  takePiece(): Uint8Array | undefined {
    const piece = this.#pieces[this.#first];
    if (!piece) return undefined;
    this.#octets -= piece.length;
    this.#drop(1);
    return piece;
  }

  /** The first octets that wait, at most `count`; they go on waiting. */
  peek(count: number): Uint8Array {
    const first = this.#pieces[this.#first] ?? NOTHING;
    if (first.length >= count || this.#first >= this.#pieces.length - 1) return first.subarray(0, count);
    const all = new Uint8Array(Math.min(count, this.#octets));
    let filled = 0;
    for (let at = this.#first; filled < all.length; at++) {
      const part = this.#pieces[at]!.subarray(0, all.length - filled);
      all.set(part, filled);
      filled += part.length;
    }
    return all;
  }

  /** Drops the first octets that wait, `count` of them at most. */
  skip(count: number): void {
    if (this.#octets > 0 && count > 0) this.#take(Math.min(count, this.#octets));
  }

  /** Takes all that waits, in one piece. */
  takeAll(): Uint8Array {
    const all = this.peek(Infinity);
    this.clear();
    return all;
  }

  /** Drops all that waits. */
  clear(): void {
    this.#pieces = [];
    this.#first = 0;
    this.#octets = 0;
    this.#head = null;
    this.#searchFromStart();
  }

  /**
   * Takes the next whole line, or undefined when its end has not come yet.
   * @param maxOctets longest line allowed, line end included
   */
  takeLine(maxOctets: number): Line | undefined {
    const end = this.#findLf();
    if (end < 0) {
      if (this.#head || this.#octets > maxOctets) this.#dropLine(maxOctets);
      return undefined;
    }
    const whole = this.#take(end + 1);
    const head = this.#head;
    const tooLong = head !== null || whole.length > maxOctets;
    const crlf = whole.length >= 2 ? whole[whole.length - 2] === CR : head !== null && this.#droppedCr;
    this.#head = null;
    const ending = crlf ? "crlf" : "lf";
    if (tooLong) return { octets: head ?? whole.slice(0, Math.min(HEAD_OCTETS, maxOctets)), ending, tooLong };
    return { octets: whole.subarray(0, whole.length - (crlf ? 2 : 1)), ending, tooLong };
  }

  /** Whether a whole line waits: a server that sees one goes on before it sends its replies (RFC 2920 section 3.1). */
  hasLine(): boolean {
    return this.#findLf() >= 0;
  }

  /** How many octets stand before the next LF, or -1 when none waits. Each piece is searched once. */
  #findLf(): number {
    for (; this.#searchAt < this.#pieces.length; this.#searchAt++) {
      const piece = this.#pieces[this.#searchAt]!;
      const found = piece.indexOf(LF);
      if (found >= 0) return this.#searched + found;
      this.#searched += piece.length;
    }
    return -1;
  }

  #searchFromStart(): void {
    this.#searchAt = this.#first;
    this.#searched = 0;
  }

  /** Drops what has come of a line that is too long; the rest follows. */
  #dropLine(maxOctets: number): void {
    const last = this.#pieces[this.#pieces.length - 1];
    if (last) this.#droppedCr = last[last.length - 1] === CR;
    const head = this.#head ?? this.peek(Math.min(HEAD_OCTETS, maxOctets)).slice();
    this.clear();
    this.#head = head;
  }

  /** Takes so many octets, which wait. */
  #take(count: number): Uint8Array {
    this.#octets -= count;
    const first = this.#pieces[this.#first]!;
    if (first.length > count) {
      this.#pieces[this.#first] = first.subarray(count);
      this.#searchFromStart();
      return first.subarray(0, count);
    }
    if (first.length === count) {
      this.#drop(1);
      return first;
    }
    return this.#join(count);
  }

  #join(count: number): Uint8Array {
    const joined = new Uint8Array(count);
    let used = 0;
    for (let filled = 0; filled < count;) {
      const at = this.#first + used;
      const piece = this.#pieces[at]!;
      const part = piece.subarray(0, count - filled);
      joined.set(part, filled);
      filled += part.length;
      if (part.length < piece.length) this.#pieces[at] = piece.subarray(part.length);
      else used++;
    }
    this.#drop(used);
    return joined;
  }

  /** Lets go of pieces at the front that were taken. */
  #drop(count: number): void {
    // What was taken must not be held in memory until the array is moved up.
    this.#pieces.fill(NOTHING, this.#first, this.#first + count);
    this.#first += count;
    if (this.#first === this.#pieces.length) {
      this.#pieces.length = 0;
      this.#first = 0;
    } else if (this.#first >= TAKEN_PIECES && this.#first * 2 >= this.#pieces.length) {
      this.#pieces.splice(0, this.#first);
      this.#first = 0;
    }
    this.#searchFromStart();
  }
}
