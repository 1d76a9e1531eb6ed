import type { Clock, Sleep } from "../wire/clock.ts";
import { firstIdAt, timeOfId } from "./ids.ts";
import type { Store } from "./store.ts";

/** What the settings say of the full-text index. Pure data. */
export interface IndexPolicy {
  readonly enabled: boolean;
  /** Characters of text of each message, about; 0: what stands beside the message is all. */
  readonly maxText: number;
  /** What is delivered is kept for a while. */
  readonly keepsDelivered: boolean;
}

/** What the indexer works with. */
export interface IndexerPorts {
  readonly store: Pick<Store, "read" | "write" | "waitingWrites">;
  readonly clock: Clock;
  readonly sleep: Sleep;
  /** This node's name among those that share the store. */
  readonly owner: string;
  /** What the settings of this moment want. */
  readonly policy: () => IndexPolicy;
  readonly warn: (text: string, error: unknown) => void;
}

/** Keeps the full-text index up to date, beside the mail. */
export interface Indexer {
  /** Messages may have been stored: they are looked for soon. */
  wake(): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

/** How soon after a message: what comes with it comes along. */
const SOON_MS = 1_500;
/** How often it looks by itself: for what other nodes and commands store, and for sessions that do not end. */
const EVERY_MS = 10_000;
/** Messages of one batch: a write of a few milliseconds. */
const BATCH_MESSAGES = 16;
/** Messages that are looked at in one read. */
const SCAN_MESSAGES = 2_000;
/** Between two batches at least, and by how much of the time that a batch took: mail has the rest. */
const PAUSE_MS = 20;
const PAUSE_FACTOR = 3;
/** While writes wait it looks again in this time, and goes on in spite of them after the other. */
const BUSY_LOOK_MS = 250;
const BUSY_PATIENCE_MS = 5_000;
/** Pages of the index that are put in order with each batch. */
const MERGE_PAGES = 64;
/**
 * An id is given when a message begins to arrive: one may be stored behind others that began later, and a node's clock may
 * be behind. So much is looked over again each time, and everything now and then.
 */
const LOOK_BACK_MS = 3 * 3_600_000;
const WHOLE_EVERY_MS = 6 * 3_600_000;
/** For how long one node has the work for itself. */
const CLAIM_MS = 3 * 60_000;

/** How far it is. What is indexed stands in the index itself: a crash costs a batch. */
interface Progress {
  /** Everything up to that id is indexed, but for what is stored late; 0: not known. */
  reached: number;
  /** When everything was last looked over. */
  wholeAt: number;
}

/** Makes it and lets it begin. */
export function createIndexer(ports: IndexerPorts): Indexer {
  const stopping = new AbortController();
  const { signal } = stopping;
  const progress: Progress = { reached: 0, wholeAt: 0 };
  let isWanted = false;
  let asleep: AbortController | null = null;

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await round(ports, progress, signal).catch((error: unknown) => ports.warn("mail could not be indexed", error));
      asleep = new AbortController();
      if (!isWanted) await ports.sleep(EVERY_MS, AbortSignal.any([asleep.signal, signal]));
      asleep = null;
      isWanted = false;
      await ports.sleep(SOON_MS, signal);
    }
  }

  const running = run();
  return {
    wake() {
      // Asked for with every message: only the first one after a look makes and breaks a signal.
      isWanted = true;
      asleep?.abort();
      asleep = null;
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Indexes what is new, or forgets everything where that is wanted. */
async function round(ports: IndexerPorts, progress: Progress, signal: AbortSignal): Promise<void> {
  const { store, clock, policy, owner } = ports;
  if (!policy().enabled) {
    if ((await store.read("mailIndexState", null)).indexed > 0) await store.write("emptyMailIndex", { all: true });
    progress.reached = 0;
    return;
  }
  const now = clock.now();
  const newest = await store.read("newestId", null);
  const isWhole = progress.reached === 0 || now - progress.wholeAt >= WHOLE_EVERY_MS;
  if (!isWhole && newest === progress.reached) return;
  if (!await store.write("claimIndexing", { owner, now, until: now + CLAIM_MS })) return;
  const after = isWhole ? -1 : firstIdAt(timeOfId(progress.reached) - LOOK_BACK_MS);
  if (!await indexAll(ports, after, signal)) return;
  progress.reached = newest;
  if (isWhole) progress.wholeAt = now;
}

/** Indexes what is missing of the ids after one, the newest first. False: it was interrupted. */
async function indexAll(ports: IndexerPorts, after: number, signal: AbortSignal): Promise<boolean> {
  const { store, policy, sleep } = ports;
  let before: number | null = Number.MAX_SAFE_INTEGER;
  while (before !== null) {
    const found: { ids: number[]; next: number | null } = await store.read("unindexedMail", {
      after,
      before,
      scan: SCAN_MESSAGES,
    });
    for (let at = 0; at < found.ids.length;) {
      if (signal.aborted || !policy().enabled) return false;
      at += await indexBatch(ports, found.ids.slice(at, at + BATCH_MESSAGES), signal);
    }
    if (signal.aborted) return false;
    before = found.next;
    if (before !== null) await sleep(PAUSE_MS, signal);
  }
  return true;
}

/** Gives how many of the messages it has done with. */
async function indexBatch(ports: IndexerPorts, ids: readonly number[], signal: AbortSignal): Promise<number> {
  const { store, clock, policy, owner, sleep } = ports;
  await quiet(ports, signal);
  const begun = clock.now();
  const { maxText, keepsDelivered } = policy();
  const { rows, taken } = await store.read("mailToIndex", { ids, maxText, keepsDelivered });
  const claimed = store.write("claimIndexing", { owner, now: begun, until: begun + CLAIM_MS });
  await Promise.all([claimed, store.write("indexMail", { rows })]);
  await store.write("mergeMailIndex", { pages: MERGE_PAGES });
  await sleep(Math.max(PAUSE_MS, PAUSE_FACTOR * (clock.now() - begun)), signal);
  return taken;
}

/** Waits until no write waits, but not for ever: where it is never quiet, mail is still to be found. */
async function quiet({ store, sleep }: IndexerPorts, signal: AbortSignal): Promise<void> {
  for (let waited = 0; store.waitingWrites > 0 && waited < BUSY_PATIENCE_MS; waited += BUSY_LOOK_MS) {
    await sleep(BUSY_LOOK_MS, signal);
    if (signal.aborted) return;
  }
}
