import type { Clock } from "../wire/clock.ts";
import type { Closed } from "./closed.ts";
import type { Pace } from "./pace.ts";

/** A pace that changes, or an upstream that closes, is noticed this often. */
const LOOK_EVERY_MS = 1_000;

/** What waiting for a turn needs. */
export interface TurnPorts {
  readonly clock: Clock;
  readonly pace: Pace;
  /** Why nothing is to be sent at the moment; null: it is. */
  readonly closed: (now: number) => Closed | null;
  readonly isStopped: () => boolean;
}

/** The messages that have a connection and wait for the pace. */
export interface Turns {
  readonly waiting: Iterable<number>;
  /** Waits for a message's turn and counts it; gives why there is none. Once stopped nothing is counted. */
  wait(messageId: number): Promise<Closed | null>;
}

/** Makes those of one upstream. */
export function createTurns({ clock, pace, closed, isStopped }: TurnPorts): Turns {
  const waiting = new Set<number>();
  const wait = async (messageId: number): Promise<Closed | null> => {
    for (;;) {
      const now = clock.now();
      const why = closed(now);
      if (why || isStopped()) return why;
      const waitMs = pace.take(now);
      if (waitMs === 0) return null;
      waiting.add(messageId);
      await new Promise((resolve) => setTimeout(resolve, Math.min(waitMs, LOOK_EVERY_MS)));
    }
  };
  return { waiting, wait: (messageId) => wait(messageId).finally(() => waiting.delete(messageId)) };
}
