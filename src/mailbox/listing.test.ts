import { expect, test } from "vitest";
import { readListing } from "./listing.ts";

test("a listing of no messages is empty", () => {
  expect(readListing("")).toEqual([]);
});

test("each line is a message: its id, its octets, its UIDL", () => {
  expect(readListing("117640000000000 0 a\n117640000000001 52428800 !~-1")).toEqual([
    { id: 117640000000000, octets: 0, uidl: "a" },
    { id: 117640000000001, octets: 52428800, uidl: "!~-1" },
  ]);
});
