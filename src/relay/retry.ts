/** When attempts are repeated; `RetrySettings` of the settings. */
export interface RetrySchedule {
  /** Delay after the first attempt, milliseconds. */
  readonly firstMs: number;
  /** How much longer each delay is than the one before. */
  readonly factor: number;
  /** The longest delay. */
  readonly maxMs: number;
  /** The share of a delay by which chance shortens or lengthens it, 0 to 1. */
  readonly jitter: number;
}

/**
 * The delay after an attempt, in whole milliseconds.
 * @param attempts attempts that were begun, at least 1
 * @param random from 0 up to 1
 */
export function retryDelayMs(schedule: RetrySchedule, attempts: number, random: number): number {
  const grown = schedule.firstMs * schedule.factor ** Math.max(0, attempts - 1);
  const base = Math.min(schedule.maxMs, grown);
  return Math.round(base * (1 + schedule.jitter * (2 * random - 1)));
}
