import fc from "fast-check";
import { expect, test } from "vitest";
import { LineDots } from "./line-dots.ts";

const isLineEnd = (octet: number | undefined) => octet === 13 || octet === 10;

/** The same, octet by octet. */
function searchObviously(piece: Uint8Array, from: number): number {
  const found = piece.findIndex((octet, at) => at >= from && octet === 46 && (at === 0 || isLineEnd(piece[at - 1])));
  return found < 0 ? piece.length : found;
}

/** All that a walk through the piece finds. */
function* walk(piece: Uint8Array, next: (from: number) => number): Generator<number> {
  for (let at = next(0); at < piece.length; at = next(at + 1)) yield at;
}

/**
 * Pieces that lie anywhere in memory between octets that would be found, with many of the octets that are searched for,
 * their neighbours, and those that differ from them in the highest bit, within text or other octets.
 */
const octet = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(10, 13, 46) },
  { weight: 2, arbitrary: fc.constantFrom(0, 9, 11, 14, 45, 47, 127, 128, 138, 141, 174, 175, 255) },
  { weight: 2, arbitrary: fc.nat(255) },
  { weight: 6, arbitrary: fc.constant(97) },
);
const pieces = fc.tuple(fc.array(octet, { maxLength: 90 }), fc.nat(7))
  .map(([octets, skew]) => Uint8Array.from([...Array(skew).fill(13), ...octets, 46, 46]).subarray(skew, -2));

test("the next dot behind a line end is that of a search octet by octet", () => {
  fc.assert(
    fc.property(pieces, fc.nat(95), (piece, from) => {
      expect(new LineDots(piece).next(from)).toBe(searchObviously(piece, from));
    }),
    { numRuns: 5000 },
  );
});

test("a walk finds the same dots as one octet by octet", () => {
  fc.assert(
    fc.property(pieces, (piece) => {
      const dots = new LineDots(piece);
      expect([...walk(piece, (from) => dots.next(from))]).toEqual([
        ...walk(piece, (from) => searchObviously(piece, from)),
      ]);
    }),
    { numRuns: 5000 },
  );
});

test.each([10, 13])("a dot behind octet %i is found at every place, wherever the piece lies in memory", (lineEnd) => {
  for (let skew = 0; skew < 8; skew++) {
    for (let length = 2; length < 40; length++) {
      for (let dot = 1; dot < length; dot++) {
        const piece = new Uint8Array(skew + length).fill(97).subarray(skew);
        piece.set([lineEnd, 46], dot - 1);
        const found = [...walk(piece, (from) => new LineDots(piece).next(from))];
        if (found.length !== 1 || found[0] !== dot) expect(found, `${skew}, ${length}`).toEqual([dot]);
      }
    }
  }
});
