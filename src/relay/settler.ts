import type { Directory } from "../identity/directory.ts";
import type { Store } from "../store/store.ts";
import type { Job } from "./job.ts";
import { type ReportPorts, writeReport } from "./report.ts";
import { retryDelayMs, type RetrySchedule } from "./retry.ts";
import { type Attempt, settleAttempt } from "./settlement.ts";

/** What writing down the ends of attempts needs. */
export interface SettlerPorts extends ReportPorts {
  readonly store: Store;
  readonly directory: () => Directory;
  readonly policy: () => {
    readonly retry: RetrySchedule;
    readonly lifetimeMs: number;
    readonly warnAfterMs?: number;
    /** How long the octets of what is done are kept; 0 or absent: they go at once. */
    readonly keepDeliveredMs?: number;
  };
  readonly random: () => number;
  readonly warn: (text: string, error: unknown) => void;
}

/** What came of writing one down. */
export interface Settled {
  /** When the first of its recipients is due again; Infinity: none is. */
  readonly dueAt: number;
  /** A report was queued. */
  readonly reported: boolean;
}

/** Writes down what became of attempts. */
export interface Settler {
  /** Resolves when it is durable; false where the relay stopped before it could be. */
  settle(job: Job, attempt: Attempt): Promise<Settled | null>;
  /** Tries no longer to write what the store does not take; resolves when what is under way has ended. */
  stop(): Promise<void>;
}

/** Delay before a settlement is written again that the store could not take. */
const SETTLE_AGAIN_MS = 2_000;

/** Makes it. */
export function createSettler(ports: SettlerPorts): Settler {
  const underWay = new Set<Promise<unknown>>();
  let isStopped = false;

  async function writeDown(job: Job, attempt: Attempt): Promise<Settled | null> {
    const { store, clock, policy, random, directory } = ports;
    const { retry, lifetimeMs, warnAfterMs = 0, keepDeliveredMs = 0 } = policy();
    // The same for all of them: those who are put off together go together at the next attempt, in one transaction.
    const chance = random();
    const { settlement, ...outcome } = settleAttempt(job, attempt, {
      now: clock.now(),
      lifetimeMs,
      warnAfterMs,
      peerTimeoutMs: directory().upstream(attempt.upstream)?.finalReplyTimeoutMs ?? 0,
      delayMs: (attempts) => retryDelayMs(retry, attempts, chance),
    });
    const due = settlement.changes.filter((change) => change.state === "waiting");
    // The attempt has happened: it is written down however long the store cannot take it, or it would happen again.
    for (;;) {
      try {
        const report = await writeReport(ports, job, attempt, {
          ...outcome,
          retryUntilAt: job.message.receivedAt + lifetimeMs,
        });
        await store.write("settle", {
          ...settlement,
          bounce: report?.envelope ?? null,
          octets: report?.octets ?? null,
          keptUntil: keepDeliveredMs > 0 ? clock.now() + keepDeliveredMs : null,
        });
        return { dueAt: Math.min(...due.map((change) => change.nextAttemptAt)), reported: report !== null };
      } catch (error) {
        ports.warn("the end of an attempt could not be written", error);
        if (isStopped) return null;
        await new Promise((resolve) => setTimeout(resolve, SETTLE_AGAIN_MS));
      }
    }
  }

  return {
    settle(job, attempt) {
      const settled = writeDown(job, attempt);
      const tracked = settled.finally(() => underWay.delete(tracked));
      underWay.add(tracked);
      return settled;
    },
    async stop() {
      isStopped = true;
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
