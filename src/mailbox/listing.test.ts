import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { Listing } from "./listing.ts";

function listingOf(text: string): Listing {
  const octets = new Uint8Array(new SharedArrayBuffer(text.length));
  octets.set(Buffer.from(text, "latin1"));
  return new Listing(octets);
}

test("a listing of no messages is empty", () => {
  expect(listingOf("").length).toBe(0);
});

test("each line is a message: its id, its octets, its UIDL", () => {
  const listing = listingOf("117640000000000 0 a\n117640000000001 52428800 !~-1");
  expect([0, 1].map((index) => [listing.idOf(index), listing.octetsOf(index), listing.uidlOf(index)])).toEqual([
    [117640000000000, 0, "a"],
    [117640000000001, 52428800, "!~-1"],
  ]);
  expect(listing.length).toBe(2);
});

test("a listing that was freed knows its length alone", () => {
  const listing = listingOf("117640000000000 0 a\n117640000000001 52428800 !~-1");
  listing.free();
  expect([listing.length, listing.octetsOf(0)]).toEqual([2, undefined]);
});
