const CR = 13;
const LF = 10;

/** Longest line of text, line end included. RFC 5321 section 4.5.3.1.6. */
const maxTextLine = 1000;

/** Watches whether octets, in pieces of any size, are lines of text as DATA can carry them. RFC 5321 section 2.3.8. */
export class LineForm {
  /** A LF without a CR before it was seen. */
  bareLf = false;
  #bareCr = false;
  #nul = false;
  #longLine = false;
  #last = -1;
  #lineOctets = 0;

  /** Looks at the next octets. */
  push(octets: Uint8Array): void {
    let last = this.#last;
    for (let at = 0; at < octets.length; at++) {
      const octet = octets[at]!;
      if (octet === LF) {
        if (last !== CR) this.bareLf = true;
      } else if (last === CR) this.#bareCr = true;
      if (octet === 0) this.#nul = true;
      if (++this.#lineOctets > maxTextLine) this.#longLine = true;
      if (octet === LF) this.#lineOctets = 0;
      last = octet;
    }
    this.#last = last;
  }

  /** A CR without a LF behind it was seen, or stands at the end. */
  get bareCr(): boolean {
    return this.#bareCr || this.#last === CR;
  }

  /** All are whole lines of text, each ended by CR LF: DATA carries them and BDAT is not needed. */
  get isText(): boolean {
    const ended = this.#last === LF || this.#last === -1;
    return ended && !(this.bareLf || this.bareCr || this.#nul || this.#longLine);
  }
}
