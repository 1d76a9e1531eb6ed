/** A directory of the dashboard's tests: entries of a file, and those of the store as they are changed. */
import { createDirectory, type Directory } from "../../src/identity/directory.ts";
import { readEntries } from "../../src/identity/entries.ts";
import { createEntryChanges, type EntryChanges } from "../../src/identity/entry-changes.ts";
import { createSecretBox } from "../../src/identity/secrets.ts";
import type { Settings } from "../../src/settings.ts";
import type { Store } from "../../src/store/store.ts";

/** The directory, and how it is changed. */
export interface TestDirectory {
  readonly directory: () => Directory;
  readonly entries: EntryChanges;
  /** Reads the entries of the store anew. */
  reload(): Promise<void>;
}

/** The entries of a file. */
export type FileEntries = Pick<Settings, "accounts" | "upstreams" | "routes" | "devices" | "aliases">;

/** Makes it of the entries of a file; `changed` is called after each change. */
export function testDirectory(
  store: Store,
  file: FileEntries,
  now: () => number,
  changed: () => void = () => undefined,
): TestDirectory {
  const box = createSecretBox(new Uint8Array(32).fill(7));
  const limits = { allowPublicNetworks: false };
  const settings = file as Settings;
  let directory = createDirectory(settings, { accounts: [], upstreams: [], routes: [], devices: [] });
  let names = 0;
  const reload = async () => {
    const { stored } = await readEntries(store, box, limits);
    directory = createDirectory(settings, stored);
  };
  return {
    directory: () => directory,
    entries: createEntryChanges({
      ...{ store, box, now, directory: () => directory, limits: () => limits, newName: () => `R${++names}` },
      changed: async () => {
        await reload();
        changed();
      },
    }),
    reload,
  };
}
