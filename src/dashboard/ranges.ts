import type { RangeName } from "../../web/models.ts";
import type { TrafficSpan } from "../store/queries/dashboard-phases.ts";

const MINUTE_MS = 60_000;

interface Range {
  readonly bucketMinutes: number;
  /** How many buckets. */
  readonly count: number;
}

/** The lengths of time that traffic is looked at in; where a bucket is an hour or longer, it is whole hours. */
export const RANGES: Readonly<Record<RangeName, Range>> = {
  hour: { bucketMinutes: 1, count: 60 },
  day: { bucketMinutes: 15, count: 96 },
  week: { bucketMinutes: 120, count: 84 },
  month: { bucketMinutes: 360, count: 120 },
};

/** All of them, the shortest first. */
export const RANGE_NAMES = Object.keys(RANGES) as RangeName[];

/**
 * The span of a range that ends now. Its buckets begin at multiples of their length since the epoch, so that each keeps
 * its figures while time goes on; the last is the one that is under way. Pure.
 */
export function spanOf(name: RangeName, nowMs: number): TrafficSpan {
  const { bucketMinutes, count } = RANGES[name];
  const last = Math.floor(nowMs / MINUTE_MS / bucketMinutes);
  return {
    fromMinute: (last - count + 1) * bucketMinutes,
    toMinute: (last + 1) * bucketMinutes,
    bucketMinutes,
  };
}

/** The minutes at which the buckets of a span begin. Pure. */
export function bucketStarts({ fromMinute, toMinute, bucketMinutes }: TrafficSpan): number[] {
  return Array.from(
    { length: (toMinute - fromMinute) / bucketMinutes },
    (_, bucket) => fromMinute + bucket * bucketMinutes,
  );
}
