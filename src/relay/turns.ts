import type { Clock } from "../wire/clock.ts";
import type { Closed } from "./closed.ts";
import type { Job } from "./job.ts";
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
  /** Takes a job back that has no turn, with why nothing is sent; null: all is being stopped, it stays as it is. */
  readonly giveBack: (job: Job, closed: Closed | null) => void;
}

/** The jobs that have a connection and wait for the pace. */
export interface Turns {
  readonly waiting: Iterable<Job>;
  /**
   * Waits for a job's turn and counts it. False: there is none, and the job is where it belongs: given back, or with who
   * has recalled it.
   */
  hasCome(job: Job): Promise<boolean>;
  /** Takes the jobs back that wait of these messages. */
  recall(ids: ReadonlySet<number>): readonly Job[];
}

/** Makes those of one upstream. */
export function createTurns({ clock, pace, closed, isStopped, giveBack }: TurnPorts): Turns {
  const waiting = new Set<Job>();
  const wait = async (job: Job): Promise<Closed | "recalled" | null> => {
    for (;;) {
      const now = clock.now();
      const why = closed(now);
      if (why || isStopped()) return why;
      const waitMs = pace.take(now);
      if (waitMs === 0) return null;
      waiting.add(job);
      await new Promise((resolve) => setTimeout(resolve, Math.min(waitMs, LOOK_EVERY_MS)));
      if (!waiting.has(job)) return "recalled";
    }
  };
  return {
    waiting,
    async hasCome(job) {
      const why = await wait(job).finally(() => waiting.delete(job));
      if (why === "recalled") return false;
      if (why === null && !isStopped()) return true;
      giveBack(job, isStopped() ? null : why);
      return false;
    },
    recall: (ids) => [...waiting].filter((job) => ids.has(job.message.id) && waiting.delete(job)),
  };
}
