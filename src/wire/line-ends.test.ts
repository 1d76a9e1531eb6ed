import fc from "fast-check";
import { expect, test } from "vitest";
import { LineEnds } from "./line-ends.ts";

/** Pieces that lie anywhere in memory, with many of the octets that are searched for and their neighbours. */
const pieces = fc.tuple(
  fc.array(fc.oneof(fc.constantFrom(9, 10, 13, 14, 138, 141, 255), fc.nat(255)), { maxLength: 90 }),
  fc.nat(7),
).map(([octets, skew]) => Uint8Array.from([...Array(skew).fill(13), ...octets, 10]).subarray(skew, -1));

test("the next line end is that of a search octet by octet", () => {
  fc.assert(fc.property(pieces, fc.nat(95), (piece, from) => {
    const found = piece.findIndex((octet, index) => index >= from && (octet === 13 || octet === 10));
    expect(new LineEnds(piece).next(from)).toBe(found < 0 ? piece.length : found);
  }));
});
