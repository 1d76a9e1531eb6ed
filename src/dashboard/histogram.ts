import { DURATION_BUCKETS_MS } from "../dialogue/phases.ts";

/**
 * Estimates a quantile from counts per bucket of DURATION_BUCKETS_MS: linear within the bucket.
 * @param quantile 0 to 1
 * @returns milliseconds; null when nothing was counted. What took longer than the last bound counts as that bound.
 */
export function quantileOf(counts: readonly number[], quantile: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = quantile * total;
  let below = 0;
  for (const [bucket, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const lower = bucket === 0 ? 0 : DURATION_BUCKETS_MS[bucket - 1]!;
      const upper = DURATION_BUCKETS_MS[bucket] ?? lower;
      return lower + (upper - lower) * Math.max(0, rank - below) / count;
    }
    below += count;
  }
  return DURATION_BUCKETS_MS.at(-1)!;
}
