import { hasControl, maybeDots, WORD, wordsOf } from "./octet-words.ts";

const CR = 13;
const LF = 10;
const DOT = 46;

/**
 * Finds the dots behind line ends in a piece of a message, eight octets at a time. All mail that goes out passes here: most
 * of it has few dots, and few of these stand near a line end. Leaves no garbage, as a search in a text of the piece would;
 * and lines that begin with dots cost no native call each.
 */
export class LineDots {
  readonly #octets: Uint8Array;
  readonly #words: Int32Array;
  readonly #firstWord: number;

  constructor(octets: Uint8Array) {
    const { words, firstWord } = wordsOf(octets);
    this.#octets = octets;
    this.#words = words;
    this.#firstWord = firstWord;
  }

  /**
   * Where the next dot from `from` on stands that is the piece's first octet or has a CR or a LF before it, be they bare or
   * not; the piece's length when there is none.
   */
  next(from: number): number {
    const octets = this.#octets;
    if (from === 0 && octets[0] === DOT) return 0;
    for (let at = Math.max(from, 1); at < octets.length; at++) {
      const beyond = at - this.#firstWord;
      if (beyond >= 0 && (beyond & (WORD - 1)) === 0) at = this.#passWords(beyond / WORD);
      if (octets[at] === DOT && endsLine(octets[at - 1]!)) return at;
    }
    return octets.length;
  }

  /** From a word on that is not the piece's first octet: where the search goes on octet by octet. */
  #passWords(from: number): number {
    const octets = this.#octets;
    const words = this.#words;
    const firstWord = this.#firstWord;
    const last = words.length - 1;
    let word = from;
    for (; word < last; word += 2) {
      const one = words[word]!;
      const two = words[word + 1]!;
      const hasDot = ((maybeDots(one) | maybeDots(two)) & 0x80808080) !== 0;
      if (hasDot && (hasControl(one) || hasControl(two) || endsLine(octets[firstWord + word * WORD - 1]!))) break;
    }
    return firstWord + word * WORD;
  }
}

const endsLine = (octet: number) => octet === LF || octet === CR;
