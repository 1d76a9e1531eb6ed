/** Octets of a word. */
export const WORD = 4;
const NO_WORDS = new Int32Array(0);

/**
 * The octets of a piece as numbers of four octets, to look at four of them at once, and where in the piece the first number
 * begins: words are aligned in memory, pieces are not. What stands before the first word and behind the last is in none.
 * A view of the same memory. Nothing may depend on which octet is the high one: that differs from machine to machine.
 */
export function wordsOf({ buffer, byteOffset, length }: Uint8Array): { words: Int32Array; firstWord: number } {
  const firstWord = -byteOffset & (WORD - 1);
  const count = Math.max(0, length - firstWord) >> 2;
  return { words: count === 0 ? NO_WORDS : new Int32Array(buffer, byteOffset + firstWord, count), firstWord };
}

/** Whether an octet of the four is below 14: a control character, CR and LF among them. */
export const hasControl = (word: number) => ((word - 0x0e0e0e0e) & ~word & 0x80808080) !== 0;

/**
 * A number with bits in 0x80808080 when an octet of the four is a dot, and maybe when one is above 0x80: what can be said
 * with few steps, to be looked at more closely. A dot's octet becomes 0, and is the only one of ASCII to borrow.
 */
export const maybeDots = (word: number) => (word ^ 0x2e2e2e2e) - 0x01010101;
