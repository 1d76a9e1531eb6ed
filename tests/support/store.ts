import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openStore, type Store } from "../../src/store/store.ts";

/** A store in a folder of its own. */
export interface TemporaryStore {
  readonly store: Store;
  readonly url: string;
  /** Closes it and opens it again, as a restart does. */
  reopen(): Promise<Store>;
  /** Closes it and removes its folder. */
  remove(): Promise<void>;
}

/** Opens a store that lasts for a test. */
export async function temporaryStore(): Promise<TemporaryStore> {
  const folder = mkdtempSync(join(tmpdir(), "waypost-store-"));
  const url = pathToFileURL(join(folder, "waypost.db")).href;
  let store = await openStore({ url });
  return {
    get store() {
      return store;
    },
    url,
    async reopen() {
      await store.close();
      store = await openStore({ url });
      return store;
    },
    async remove() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
