import { expect, test } from "vitest";
import { isAscii, isBeyondAscii } from "./ascii.ts";

test("octets and texts beyond ASCII are known by any one of them", () => {
  expect([isAscii(""), isAscii("a\x7f\r\n"), isAscii("ü")]).toEqual([true, true, false]);
  expect([[], [0, 127], [65, 128], [255]].map((octets) => isBeyondAscii(Uint8Array.from(octets)))).toEqual([
    false,
    false,
    true,
    true,
  ]);
});
