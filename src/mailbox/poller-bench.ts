import type { FetchState } from "../store/operations/mailbox.ts";
import type { Store } from "../store/store.ts";
import type { Sleep } from "../wire/clock.ts";
import { createPoller, type Poller } from "./poller.ts";
import { type FetchReport, type FetchRequest, NOTHING_DONE } from "./report.ts";
import { fetchPorts } from "./support.ts";

/* A poller whose time and sources are the test's. */

/** A store that knows mailboxes alone and answers at once, so that time is the test's. */
function fakeStore() {
  const rows: (FetchState & { account: string; source: string })[] = [];
  const write = (name: string, args: unknown): Promise<unknown> => {
    if (name === "ensureMailbox") {
      const wanted = args as { id: number; account: string; source: string };
      const known = rows.find(({ account, source }) => account === wanted.account && source === wanted.source);
      if (!known) rows.push({ ...NEVER_POLLED, ...wanted });
      return Promise.resolve(known?.id ?? wanted.id);
    }
    const state = args as FetchState;
    Object.assign(rows.find(({ id }) => id === state.id)!, state);
    return Promise.resolve();
  };
  return { rows, store: { write, read: () => Promise.resolve(rows) } as unknown as Store };
}

const NEVER_POLLED = {
  lastFetchAt: null,
  lastOutcome: null,
  nextFetchAt: null,
  failures: 0,
  pausedBecause: null,
  failureKind: null,
};
/** The account of every source. */
export const account = "alice";
/** Milliseconds. */
export const MINUTE = 60_000;
/** A poll that found nothing. */
export const fine = NOTHING_DONE;

/** Time that passes when the test says so. */
function fakeTime() {
  let now = 1_800_000_000_000;
  const sleepers = new Set<{ until: number; wake: () => void }>();
  const sleep: Sleep = (ms, signal) =>
    new Promise((resolve) => {
      const sleeper = {
        until: now + ms,
        wake: () => {
          sleepers.delete(sleeper);
          resolve();
        },
      };
      sleepers.add(sleeper);
      signal.addEventListener("abort", sleeper.wake);
    });
  return {
    clock: { now: () => now },
    sleep,
    async pass(ms: number) {
      now += ms;
      for (const sleeper of [...sleepers]) if (sleeper.until <= now) sleeper.wake();
      await settle();
    },
  };
}

/** Lets all that can go on go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A poller whose sources are polled by `fetch`; `time` passes when the test says so. */
export function pollerWith(fetch: (request: FetchRequest) => Promise<FetchReport>) {
  const time = fakeTime();
  const warnings: string[] = [];
  const { store, rows } = fakeStore();
  const ports = fetchPorts(store, () => {
    throw new Error("no mailbox is to be opened");
  });
  const poller = createPoller({
    ...ports,
    ...time,
    fetch,
    random: () => 0.5,
    warn: (text) => void warnings.push(text),
  });
  return { poller, time, warnings, stateOf: () => rows.find((row) => row.account === account)! };
}

/** Runs a test and stops the poller, whatever becomes of it. */
export async function stopping(poller: Poller, test: () => Promise<void>): Promise<void> {
  try {
    await test();
  } finally {
    await poller.stop();
  }
}
