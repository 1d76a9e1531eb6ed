import type { Clock } from "../wire/clock.ts";
import type { Store } from "./store.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How long the history of a message is kept after it was done. */
const MESSAGE_HISTORY_MS = 30 * DAY_MS;
/** How often old rows are removed, and how many at a time: mail does not wait for it. */
const EVERY_MS = HOUR_MS;
const FIRST_AFTER_MS = 60_000;
const ROWS_AT_A_TIME = 500;
/** Delivered messages whose octets go with one commit. */
const KEPT_AT_A_TIME = 20;

/** How long the octets of delivered messages are kept, and how many of them, and the log of changes. Pure data. */
export interface KeptPolicy {
  readonly keepChangesMs: number;
  /** 0: not at all. */
  readonly keepDeliveredMs: number;
  /** 0: no limit. */
  readonly keepDeliveredSize: number;
}

/** Removes what has become old, now and then. */
export function createMaintenance(
  store: Store,
  clock: Clock,
  kept: () => KeptPolicy,
  warn: (text: string, error: unknown) => void,
): { readonly stop: () => void } {
  const clean = async () => {
    await store.write("purgeMessages", { doneBefore: clock.now() - MESSAGE_HISTORY_MS, limit: ROWS_AT_A_TIME });
    await dropKept(store, clock.now(), kept());
    await forgetChanges(store, clock.now() - kept().keepChangesMs);
  };
  const run = () => void clean().catch((error) => warn("old rows could not be removed", error));
  const first = setTimeout(run, FIRST_AFTER_MS);
  const timer = setInterval(run, EVERY_MS);
  return {
    stop() {
      clearTimeout(first);
      clearInterval(timer);
    },
  };
}

async function forgetChanges(store: Store, before: number): Promise<void> {
  while (await store.write("purgeAudit", { before, limit: ROWS_AT_A_TIME }) === ROWS_AT_A_TIME);
}

/** Removes the octets of delivered messages that are not to be kept any longer. */
async function dropKept(store: Store, now: number, { keepDeliveredMs, keepDeliveredSize }: KeptPolicy): Promise<void> {
  const limits = { now, doneBefore: now - keepDeliveredMs, maxOctets: keepDeliveredSize, limit: KEPT_AT_A_TIME };
  for (let ids = await store.read("keptMailToDrop", limits); ids.length > 0;) {
    await store.write("dropKept", { ids });
    ids = await store.read("keptMailToDrop", limits);
  }
}
