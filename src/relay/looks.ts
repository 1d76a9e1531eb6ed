import type { Clock } from "../wire/clock.ts";

/** The queue is looked at this often although nothing asked for it: other nodes and commands write to it too. */
const LOOK_EVERY_MS = 30_000;
/** Two planned looks are at least this far apart. */
const LEAST_PAUSE_MS = 100;

/** What looking at the queue needs. */
export interface LooksPorts {
  readonly clock: Clock;
  /** One look. */
  readonly look: () => Promise<void>;
  /** A look failed; the next one comes all the same. */
  readonly failed: (error: unknown) => void;
}

/** When the queue is looked at: one look after the other, never two at a time. */
export interface Looks {
  /** Looks at once; once more after the look that is under way, for what that one has not seen. */
  now(): void;
  /** Looks when something will be due, or earlier where that is planned already; in any case after a while. */
  at(dueAt: number): void;
  /** Looks no more. */
  stop(): void;
}

/** Makes it. */
export function createLooks({ clock, look, failed }: LooksPorts): Looks {
  let isLooking = false;
  let isWantedAgain = false;
  let isStopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let timerAt = 0;

  const now = (): void => {
    if (isStopped) return;
    if (isLooking) {
      isWantedAgain = true;
      return;
    }
    isLooking = true;
    clearTimeout(timer);
    timer = undefined;
    look().catch((error) => {
      if (!isStopped) failed(error);
    }).finally(() => {
      isLooking = false;
      at(Infinity);
      if (isWantedAgain) {
        isWantedAgain = false;
        now();
      }
    });
  };
  const at = (dueAt: number): void => {
    if (isStopped) return;
    const present = clock.now();
    const lookAt = Math.min(present + LOOK_EVERY_MS, Math.max(present + LEAST_PAUSE_MS, dueAt));
    if (timer !== undefined && timerAt <= lookAt) return;
    clearTimeout(timer);
    timerAt = lookAt;
    timer = setTimeout(now, lookAt - present);
  };
  return {
    now,
    at,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
