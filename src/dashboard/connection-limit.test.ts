import { expect, test } from "vitest";
import { createConnectionLimit } from "./connection-limit.ts";

test("an address has so many connections, and others have theirs", () => {
  const limit = createConnectionLimit(2);
  expect(["192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"].map(limit.enter)).toEqual([
    true,
    true,
    false,
    true,
  ]);
  limit.leave("192.0.2.1");
  expect(limit.enter("192.0.2.1")).toBe(true);
});

test("a network of IPv6 is one address", () => {
  const limit = createConnectionLimit(1);
  expect(["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"].map(limit.enter)).toEqual([true, false, true]);
});
