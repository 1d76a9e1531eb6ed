const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

/** How many there were, by hours since the epoch. */
export type ByHour = ReadonlyMap<number, number>;

/** Counts over the last 24 hours, in steps of one hour. `now` in milliseconds since the epoch. */
export interface DayCount {
  /** @param count negative: that many of what was counted at that time do not count after all */
  add(count: number, at: number): void;
  sum(now: number): number;
  /** How many more may come; Infinity without a limit. */
  left(now: number): number;
  /** When the next may come; null: now. */
  fullUntil(now: number): number | null;
}

/**
 * @param limit as it is at the moment of each question; 0: none
 * @param earlier what was counted before
 */
export function createDayCount(limit: () => number, earlier: ByHour): DayCount {
  const hours = new Map(earlier);
  const sum = (now: number) => {
    const oldest = Math.floor(now / HOUR_MS) - DAY_HOURS;
    for (const hour of hours.keys()) if (hour < oldest) hours.delete(hour);
    return [...hours.values()].reduce((total, count) => total + count, 0);
  };
  const left = (now: number) => limit() === 0 ? Infinity : Math.max(0, limit() - sum(now));
  return {
    add(count, at) {
      const hour = Math.floor(at / HOUR_MS);
      const total = Math.max(0, (hours.get(hour) ?? 0) + count);
      if (total === 0) hours.delete(hour);
      else hours.set(hour, total);
    },
    sum,
    left,
    fullUntil: (now) => left(now) > 0 ? null : (Math.min(...hours.keys()) + DAY_HOURS + 1) * HOUR_MS,
  };
}
