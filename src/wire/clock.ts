/** Where time comes from: passed in, so that tests choose it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };

/** Waits so many milliseconds, or until the signal is aborted. Never throws; whoever waits looks at the clock again. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** The longest time that a timer takes, 24.8 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's sleep. */
export const systemSleep: Sleep = (ms, signal) =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, Math.min(Math.max(0, ms), MAX_TIMER_MS));
    signal.addEventListener("abort", wake);
  });
