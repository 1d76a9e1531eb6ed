/** How many messages an upstream takes in a minute. */
export interface Pace {
  /** Milliseconds until the next message may go; 0: now, and it is counted. `now` in milliseconds since the epoch. */
  take(now: number): number;
}

const MINUTE_MS = 60_000;

/**
 * Lets so many messages pass in each minute, evenly once a small burst is used up.
 * @param perMinute 0: any number
 */
export function createPace(perMinute: number): Pace {
  if (perMinute <= 0) return { take: () => 0 };
  const spacingMs = MINUTE_MS / perMinute;
  const burst = Math.max(1, Math.floor(perMinute / 10));
  let nextAt = -Infinity;
  return {
    take(now) {
      const earliest = Math.max(nextAt, now - (burst - 1) * spacingMs);
      if (earliest > now) return Math.ceil(earliest - now);
      nextAt = earliest + spacingMs;
      return 0;
    },
  };
}
