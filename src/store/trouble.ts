import type { Clock } from "../wire/clock.ts";
import { StoreError } from "./errors.ts";
import type { Store } from "./store.ts";

/** How long after a failed write it is tried whether writing works again. */
const PROBE_EVERY_MS = 5_000;
/** The fact that is written and forgotten to try it. */
const PROBE = "write-probe";

/** Why nothing can be written to the store. */
export interface StoreTrouble {
  readonly sinceAt: number;
  /** The code of the StoreError. */
  readonly code: string;
  /** The database's own words. */
  readonly message: string;
}

/** A store of which is known whether it can be written. */
export interface WatchedStore {
  readonly store: Store;
  /** Since when and why writes fail; null: they do not. */
  trouble(): StoreTrouble | null;
  /** Looks no more. */
  stop(): void;
}

/** What watching needs. */
export interface WatchParts {
  readonly clock: Clock;
  /** Told when writes begin to fail, and with null when they no longer do. */
  readonly changed: (trouble: StoreTrouble | null) => void;
}

/**
 * Watches the writes of a store. From the first that the disk or another program prevents, until one succeeds, the store
 * is in trouble; while it is, a small write every few seconds finds out whether it is over.
 */
export function watchWrites(inner: Store, { clock, changed }: WatchParts): WatchedStore {
  let trouble: StoreTrouble | null = null;
  let probe: ReturnType<typeof setTimeout> | undefined;
  const probeLater = () => {
    clearTimeout(probe);
    probe = setTimeout(tryToWrite, PROBE_EVERY_MS);
  };
  const set = (next: StoreTrouble | null) => {
    clearTimeout(probe);
    if ((next === null) !== (trouble === null)) changed(next);
    trouble = next;
    if (next !== null) probeLater();
  };
  const failed = (error: unknown) => {
    if (!(error instanceof StoreError) || !isPrevented(error.code)) return;
    set({ sinceAt: trouble?.sinceAt ?? clock.now(), code: error.code, message: error.message });
  };
  const write: Store["write"] = async (name, args) => {
    try {
      const result = await inner.write(name, args);
      if (trouble) set(null);
      return result;
    } catch (error) {
      failed(error);
      throw error;
    }
  };
  const tryToWrite = () => {
    // Its outcome is taken down as that of any other write.
    write("rememberFact", { name: PROBE, value: "" }).then(() => write("forgetFact", { name: PROBE })).catch(failed);
  };
  const store: Store = {
    ...inner,
    write,
    get waitingWrites() {
      return inner.waitingWrites;
    },
  };
  return { store, trouble: () => trouble, stop: () => clearTimeout(probe) };
}

/** Whether a write failed for what prevents all others too, and not for what it wanted. */
function isPrevented(code: string): boolean {
  return !code.startsWith("SQLITE_CONSTRAINT") && code !== "STORE_CLOSED";
}
