import type { Directory } from "../identity/directory.ts";
import type { Store } from "../store/store.ts";
import { companionsOf } from "./route.ts";

/** What waking needs. */
export interface WakePorts {
  readonly store: Store;
  readonly directory: () => Directory;
  readonly warn: (text: string, error: unknown) => void;
}

/** The worker, as far as it matters here. */
export interface Woken {
  readonly isStopped: () => boolean;
  /** Something is due. */
  readonly look: () => void;
}

/** Recipients that are woken in one commit when an upstream is back. */
const WAKE_BATCH = 500;

/** Makes due what waited for an upstream, or for one that its routes name beside it. @param most how many recipients */
export async function wake(
  name: string,
  most: number,
  { store, directory, warn }: WakePorts,
  { isStopped, look }: Woken,
): Promise<void> {
  const upstreams = companionsOf(directory(), name);
  const limit = Math.min(most, WAKE_BATCH);
  try {
    for (let left = most, woken = limit; woken === limit && left > 0 && !isStopped(); left -= woken) {
      woken = await store.write("wakeLine", { upstreams, limit });
      if (woken > 0) look();
    }
  } catch (error) {
    warn("what waited for an upstream could not be woken; it goes at its next attempt", error);
  }
}
