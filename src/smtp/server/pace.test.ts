import { expect, test } from "vitest";
import { MessagePace } from "./pace.ts";

const policy = { maxMessageMs: 600_000, minOctetsPerSecond: 100 };

test("a client may begin slowly, but not trickle", () => {
  const pace = new MessagePace(policy, 1_000);
  expect(pace.leftMs(1_000)).toBe(60_000);
  pace.came(1, 50_000);
  expect(pace.leftMs(51_000)).toBe(10_010);
  pace.came(1, 10_020);
  expect(pace.leftMs(61_020)).toBeLessThanOrEqual(0);
});

test("time in which the client was not waited for is not its own", () => {
  const pace = new MessagePace(policy, 0);
  pace.came(1_000, 1_000);
  expect(pace.leftMs(300_000)).toBe(60_000 + 10_000 - 1_000);
});

test("the whole of a message is bounded, however fast it comes", () => {
  const pace = new MessagePace(policy, 0);
  pace.came(1_000_000_000, 100_000);
  expect(pace.leftMs(599_000)).toBe(1_000);
  expect(pace.leftMs(600_000)).toBe(0);
});

test("without a rate only the whole counts", () => {
  const pace = new MessagePace({ ...policy, minOctetsPerSecond: 0 }, 0);
  pace.came(1, 400_000);
  expect(pace.leftMs(400_000)).toBe(200_000);
});
