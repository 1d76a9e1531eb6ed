import type { Store } from "../store/store.ts";
import type { Clock, Sleep } from "../wire/clock.ts";

/** How long cached mail is kept. Pure data; 0 where there is no limit. */
export interface RetentionPolicy {
  /** How long what clients deleted can be restored, milliseconds. */
  readonly keepDeletedMs: number;
  /** Of each mailbox: the age of the oldest message (ms), octets, messages. */
  readonly maxAgeMs: number;
  readonly maxSize: number;
  readonly maxMessages: number;
  /** Whether the limits also remove what may be the only copy. */
  readonly removeUnconfirmed: boolean;
}

/** What retention works with. */
export interface RetentionPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly sleep: Sleep;
  /** What the settings of this moment want. */
  readonly policy: () => RetentionPolicy;
  /** Whether what clients delete is deleted on the server of a source too: it is not removed before that. */
  readonly isFollowed: (account: string, source: string) => boolean;
  readonly warn: (text: string, error: unknown) => void;
}

const EVERY_MS = 3_600_000;
const FIRST_AFTER_MS = 60_000;
/** What is removed with one commit, and the rest between two: mail does not wait for it. */
const BATCH_MESSAGES = 200;
const BATCH_OCTETS = 16 * 1024 * 1024;
const PAUSE_MS = 100;
/**
 * How long a message stays here after its row of the ledger has become "evicted". A poll that had planned its deletion on
 * the server before that has then marked the row as "delete-sent", and the message stays.
 */
export const EVICTION_GRACE_MS = 15 * 60_000;

/** Removes what has become old, now and then. */
export function createRetention(ports: RetentionPorts): { readonly stop: () => void } {
  const stopping = new AbortController();
  const run = async () => {
    await ports.sleep(FIRST_AFTER_MS, stopping.signal);
    while (!stopping.signal.aborted) {
      await retain(ports, stopping.signal).catch((error: unknown) =>
        ports.warn("old mail could not be removed from the mailboxes", error)
      );
      await ports.sleep(EVERY_MS, stopping.signal);
    }
  };
  void run();
  return { stop: () => stopping.abort() };
}

/** Carries out the policy once, in small batches. @throws StoreError */
export async function retain(ports: RetentionPorts, signal: AbortSignal): Promise<void> {
  const { store, clock } = ports;
  const policy = ports.policy();
  const deletedBefore = clock.now() - policy.keepDeletedMs;
  const mailboxes = await store.read("mailboxes", null);
  const followed = mailboxes.filter(({ account, source }) => ports.isFollowed(account, source)).map(({ id }) => id);
  await inBatches(
    ports,
    signal,
    (limit) => store.read("purgeableMessages", { deletedBefore, followed, now: clock.now(), limit }),
    (ids) => remove(ports, ids, "deleted", deletedBefore),
  );
  const isLimited = policy.maxAgeMs > 0 || policy.maxSize > 0 || policy.maxMessages > 0;
  for (const { id: mailboxId } of mailboxes) {
    if (isLimited) await makeRoom(ports, signal, policy, mailboxId);
    // Also where no limit holds any more: what was evicted has only this end.
    const evictedBefore = clock.now() - EVICTION_GRACE_MS;
    await inBatches(
      ports,
      signal,
      (limit) => store.read("evictedMessages", { mailboxId, evictedBefore, now: clock.now(), limit }),
      (ids) => remove(ports, ids, "evicted", evictedBefore),
    );
  }
}

/** Marks what makes room as evicted where its server has it still; removes the rest where the settings say so. */
async function makeRoom(
  ports: RetentionPorts,
  signal: AbortSignal,
  { maxAgeMs, maxSize, maxMessages, removeUnconfirmed }: RetentionPolicy,
  mailboxId: number,
): Promise<void> {
  const { store, clock } = ports;
  const limits = {
    mailboxId,
    arrivedBefore: maxAgeMs > 0 ? clock.now() - maxAgeMs : 0,
    maxSize,
    maxMessages,
    now: clock.now(),
  };
  await inBatches(
    ports,
    signal,
    (limit) => store.read("surplusMessages", { ...limits, confirmed: true, limit }),
    async (ids) => void await store.write("evictMessages", { ids, now: clock.now() }),
  );
  if (!removeUnconfirmed) return;
  await inBatches(
    ports,
    signal,
    (limit) => store.read("surplusMessages", { ...limits, confirmed: false, limit }),
    (ids) => remove(ports, ids, "unconfirmed", 0),
  );
}

async function remove(
  { store, clock }: RetentionPorts,
  ids: readonly number[],
  because: "deleted" | "evicted" | "unconfirmed",
  before: number,
): Promise<void> {
  await store.write("removeMailboxMessages", { ids, because, before, now: clock.now() });
}

/** A message that is to go. */
interface Found {
  readonly id: number;
  readonly size: number;
}

async function inBatches(
  { sleep }: RetentionPorts,
  signal: AbortSignal,
  find: (limit: number) => Promise<readonly Found[]>,
  work: (ids: readonly number[]) => Promise<void>,
): Promise<void> {
  let last = -1;
  while (!signal.aborted) {
    const found = await find(BATCH_MESSAGES);
    const batch = batchOf(found);
    // What is found once more was not to be removed after all: the next round looks again.
    if (batch.length === 0 || batch[0]! === last) return;
    last = batch[0]!;
    await work(batch);
    await sleep(PAUSE_MS, signal);
  }
}

/** The first messages that have so many octets in all, at least one. */
function batchOf(found: readonly Found[]): number[] {
  const ids: number[] = [];
  let octets = 0;
  for (const { id, size } of found) {
    octets += size;
    if (ids.length > 0 && octets > BATCH_OCTETS) break;
    ids.push(id);
  }
  return ids;
}
