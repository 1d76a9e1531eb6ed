import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createDirectory, type Directory } from "../identity/directory.ts";
import { readEntries } from "../identity/entries.ts";
import { createSecretBox, loadSecretBox, type SecretBox } from "../identity/secrets.ts";
import type { Settings } from "../settings.ts";
import { openStoreForReading } from "../store/read-only.ts";
import { databaseFile, openStore, type Store } from "../store/store.ts";
import { CommandError, type CommandIo } from "./command.ts";

const KEY_OCTETS = 32;

/** Where the settings say that the database is. */
export function locationOf({ store }: Settings) {
  return { url: store.url, authToken: store.authToken?.reveal() };
}

/** Runs `use` with the store open for reading, beside a server that runs or not. @throws StoreError */
export async function withReader<Result>(settings: Settings, use: (store: Store) => Promise<Result>): Promise<Result> {
  return await closing(await openStoreForReading(locationOf(settings)), use);
}

/** Whether there is a database already; a libSQL server is taken to have one. */
export function hasDatabase({ store }: Settings): boolean {
  const file = databaseFile(store.url);
  return file === null || existsSync(file);
}

/**
 * Runs `use` with the store open for writing.
 * @param make whether a database that is not there is made
 * @throws StoreError; CommandError when there is no database
 */
export async function withWriter<Result>(
  settings: Settings,
  use: (store: Store) => Promise<Result>,
  make = false,
): Promise<Result> {
  if (make) await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  else if (!hasDatabase(settings)) {
    const file = databaseFile(settings.store.url);
    throw new CommandError(`there is no database at ${file}: "waypost serve" makes it at its first start`);
  }
  return await closing(await openStore(locationOf(settings)), use);
}

async function closing<Result>(store: Store, use: (store: Store) => Promise<Result>): Promise<Result> {
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** The box of the sealed passwords. Where none was sealed yet and `make` is false: one that opens nothing. */
export async function openSecretBox(store: Store, { dataDir }: Settings, make: boolean): Promise<SecretBox> {
  const isUnused = (await store.read("entries", null)).length === 0;
  return isUnused && !make ? createSecretBox(randomBytes(KEY_OCTETS)) : await loadSecretBox(dataDir, isUnused);
}

/** Everything that is configured: the file's entries and the database's. What cannot be read is told on stderr. */
export async function loadDirectory(store: Store, settings: Settings, io: CommandIo): Promise<Directory> {
  const { stored, problems } = await readEntries(store, await openSecretBox(store, settings, false), settings.smtp);
  for (const problem of problems) io.stderr(`left out: ${problem}\n`);
  return createDirectory(settings, stored);
}

/** Everything that is configured; before the first start that is what the file says. */
export function readDirectory(settings: Settings, io: CommandIo): Promise<Directory> {
  if (hasDatabase(settings)) return withReader(settings, (store) => loadDirectory(store, settings, io));
  return Promise.resolve(createDirectory(settings, { accounts: [], upstreams: [], routes: [], devices: [] }));
}
