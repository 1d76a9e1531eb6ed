import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createClient } from "@libsql/client";
import { openStore, type Store } from "../../src/store/store.ts";

/** A store in a folder of its own. */
export interface TemporaryStore {
  readonly store: Store;
  readonly url: string;
  /** Runs SQL beside it: statements with ; between them, of which the last gives its rows. */
  sql(text: string): Promise<Record<string, unknown>[]>;
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
    async sql(text) {
      const client = createClient({ url, timeout: 5000 });
      try {
        let rows: Record<string, unknown>[] = [];
        for (const statement of text.split(";")) {
          rows = (await client.execute(statement)).rows.map((row) => ({ ...row }));
        }
        return rows;
      } finally {
        client.close();
      }
    },
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
