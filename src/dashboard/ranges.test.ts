import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bucketStarts, RANGE_NAMES, RANGES, spanOf } from "./ranges.ts";

const MINUTE_MS = 60_000;
const name = fc.constantFrom(...RANGE_NAMES);
const now = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2095, 0, 1) });

test("a range ends with the bucket that is under way", () => {
  fc.assert(fc.property(name, now, (range, at) => {
    const { fromMinute, toMinute, bucketMinutes } = spanOf(range, at);
    expect(toMinute * MINUTE_MS).toBeGreaterThan(at);
    expect((toMinute - bucketMinutes) * MINUTE_MS).toBeLessThanOrEqual(at);
    expect((toMinute - fromMinute) / bucketMinutes).toBe(RANGES[range].count);
  }));
});

test("buckets begin at multiples of their length, so that time going on does not move what is in them", () => {
  fc.assert(fc.property(name, now, fc.nat(100_000_000), (range, at, laterMs) => {
    const earlier = bucketStarts(spanOf(range, at));
    const later = bucketStarts(spanOf(range, at + laterMs));
    expect(earlier).toHaveLength(RANGES[range].count);
    expect(earlier.every((minute) => minute % RANGES[range].bucketMinutes === 0)).toBe(true);
    const shared = later.filter((minute) => minute <= earlier.at(-1)!);
    expect(earlier.slice(earlier.length - shared.length)).toEqual(shared);
  }));
});

test("ranges are as long as their names say", () => {
  const days = (range: "hour" | "day" | "week" | "month") => RANGES[range].bucketMinutes * RANGES[range].count / 1440;
  expect(RANGE_NAMES.map((range) => days(range))).toEqual([1 / 24, 1, 7, 30]);
});
