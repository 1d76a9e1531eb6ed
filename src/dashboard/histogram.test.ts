import { expect, test } from "vitest";
import { bucketOf, DURATION_BUCKETS_MS } from "../dialogue/phases.ts";
import { addHistograms, emptyHistogram } from "../dialogue/sums.ts";
import { quantileOf } from "./histogram.ts";

function histogramOf(...durations: number[]): number[] {
  const counts = emptyHistogram();
  for (const duration of durations) counts[bucketOf(duration)]!++;
  return counts;
}

test("nothing has no median", () => {
  expect(quantileOf(emptyHistogram(), 0.5)).toBeNull();
});

test("a quantile lies within the bucket of the value it estimates", () => {
  const counts = histogramOf(...Array.from({ length: 90 }, () => 15), ...Array.from({ length: 10 }, () => 1_500));
  expect(quantileOf(counts, 0.5)).toBeGreaterThan(10);
  expect(quantileOf(counts, 0.5)).toBeLessThanOrEqual(20);
  expect(quantileOf(counts, 0.95)).toBeGreaterThan(1_000);
  expect(quantileOf(counts, 0.95)).toBeLessThanOrEqual(2_000);
});

test("quantiles never fall as the share grows", () => {
  const counts = histogramOf(0, 1, 3, 3, 80, 400, 401, 9_000, 1_000_000);
  const values = Array.from({ length: 21 }, (_, step) => quantileOf(counts, step / 20)!);
  expect(values).toEqual([...values].sort((a, b) => a - b));
});

test("what took longer than the last bound counts as that bound", () => {
  expect(quantileOf(histogramOf(900_000), 0.5)).toBe(DURATION_BUCKETS_MS.at(-1));
});

test("histograms add up bucket by bucket", () => {
  const sum = emptyHistogram();
  addHistograms(sum, histogramOf(1, 1, 30));
  addHistograms(sum, histogramOf(1));
  expect(sum).toEqual(histogramOf(1, 1, 1, 30));
});
