import { Buffer } from "node:buffer";
import { existsSync, statSync } from "node:fs";
import { type FileHandle, link, mkdir, mkdtemp, open, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { lockDataFolder } from "../control/lock.ts";
import { writeFileAtomic } from "../net/files.ts";
import type { Settings } from "../settings.ts";
import { StoreError } from "../store/errors.ts";
import { openStoreForReading } from "../store/read-only.ts";
import { databaseFile, openStore } from "../store/store.ts";
import { BACKUP_DATABASE, BACKUP_FILES } from "./backup.ts";
import { asCommand, CommandError, printJson, readCommandLine, settingsOf } from "./command.ts";
import { showCount, showTime } from "./output/figures.ts";
import { readMember, readTar, type TarEntry } from "./tar.ts";

const PRIVATE_MODE = 0o600;
const PUBLIC_MODE = 0o644;
/** Keys and certificates are some kilobytes long. */
const SMALL_OCTETS = 1_000_000;

/** `waypost restore`: puts a backup in place. @returns 0 done, 1 it failed, 2 the command line is wrong */
export const run = asCommand("restore", async (args, io) => {
  const options = { hold: { type: "boolean" } } as const;
  const { values, positionals } = readCommandLine(args, options, { min: 1, max: 1, what: "one FILE" });
  const settings = settingsOf(values.config, io);
  const target = databaseFile(settings.store.url);
  if (target === null) throw new CommandError(`the database is on ${settings.store.url}: restore it there`);
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  const lock = await lockDataFolder(settings.dataDir, "restore");
  try {
    const restored = await restore(resolve(positionals[0]!), settings, target, values.hold ?? false);
    if (values.json) printJson(io, restored);
    else io.stdout(describe(restored, values.hold ?? false));
  } finally {
    await lock.release();
  }
  return 0;
});

/** What was put in place. */
interface Restored {
  readonly database: string;
  readonly files: readonly string[];
  /** Where what was there before is kept. */
  readonly replaced: readonly string[];
  /** Messages that wait in the backup's queue; with --hold they are held. */
  readonly waitingMessages: number;
}

async function restore(file: string, settings: Settings, target: string, hold: boolean): Promise<Restored> {
  const backup = await open(file, "r").catch((cause: unknown) => {
    throw new CommandError(`${file} cannot be read`, { cause });
  });
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(dirname(target), ".restore-"));
  try {
    const entries = await readTar(backup).catch((cause: unknown) => {
      throw new CommandError(`${file} is no backup`, { cause });
    });
    const database = entries.find(({ name }) => name === BACKUP_DATABASE);
    if (!database) throw new CommandError(`${file} is no backup: it holds no ${BACKUP_DATABASE}`);
    const fresh = join(folder, BACKUP_DATABASE);
    await extract(backup, database, fresh);
    const waitingMessages = await examine(fresh, hold);
    const stamp = showTime(Date.now()).replaceAll(/[-:]/g, "").replace(" ", "-");
    const replaced = await replaceDatabase(fresh, target, stamp);
    const files: string[] = [];
    // Names are those of our list alone: a backup from elsewhere cannot write anywhere else.
    for (const name of BACKUP_FILES) {
      const entry = entries.find((one) => one.name === name);
      if (!entry) continue;
      replaced.push(...await replaceFile(backup, entry, join(settings.dataDir, name), stamp));
      files.push(name);
    }
    return { database: target, files, replaced, waitingMessages };
  } finally {
    await backup.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function extract(backup: FileHandle, entry: TarEntry, path: string): Promise<void> {
  const handle = await open(path, "wx", PRIVATE_MODE);
  try {
    for await (const piece of readMember(backup, entry)) await handle.writeFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes sure that it is a sound database that this version can use, and holds its mail if asked; gives what waits. */
async function examine(path: string, hold: boolean): Promise<number> {
  const location = { url: pathToFileURL(path).href };
  try {
    const reader = await openStoreForReading(location);
    const faults = await reader.read("databaseFaults", null).finally(() => reader.close());
    if (faults.length > 0) throw new CommandError(`the database of the backup is damaged: ${faults.join("; ")}`);
  } catch (error) {
    // One of an older version is brought up to date right below.
    if (!(error instanceof StoreError) || error.code !== "STORE_OLDER") throw error;
  }
  const store = await openStore(location);
  try {
    const ids = await store.read("messagesForAction", { action: "hold" });
    const now = Date.now();
    if (hold) await Promise.all(ids.map((messageId) => store.write("actOnQueue", { messageId, action: "hold", now })));
    // The file moves without its log. (Node empties it when the database is closed; Deno does not.)
    await store.read("emptyLog", null);
    if (hasLog(path)) throw new CommandError(`the log of ${path} could not be emptied; try again`);
    return ids.length;
  } finally {
    await store.close();
  }
}

/** Whether something stands in a database's log that is not in its file. */
function hasLog(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** Puts the database in place; at every moment there is one, the old or the new. */
async function replaceDatabase(fresh: string, target: string, stamp: string): Promise<string[]> {
  const kept = `${target}.replaced-${stamp}`;
  const replaced: string[] = [];
  if (existsSync(target)) {
    await link(target, kept);
    replaced.push(kept);
    // A log that a crash left behind belongs to the old database: applied to the new one it would destroy it.
    if (hasLog(target)) {
      await rename(`${target}-wal`, `${kept}-wal`);
      replaced.push(`${kept}-wal`);
    }
    await rm(`${target}-wal`, { force: true });
    await rm(`${target}-shm`, { force: true });
  }
  await rename(fresh, target);
  return replaced;
}

async function replaceFile(backup: FileHandle, entry: TarEntry, path: string, stamp: string): Promise<string[]> {
  if (entry.size > SMALL_OCTETS) {
    throw new CommandError(`${entry.name} of the backup is too large to be what it should`);
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of readMember(backup, entry)) pieces.push(piece);
  await mkdir(dirname(path), { recursive: true });
  const kept = `${path}.replaced-${stamp}`;
  const isThere = existsSync(path);
  if (isThere) await link(path, kept);
  await writeFileAtomic(path, Buffer.concat(pieces), path.endsWith(".pem") ? PUBLIC_MODE : PRIVATE_MODE);
  return isThere ? [kept] : [];
}

function describe({ database, files, replaced, waitingMessages }: Restored, hold: boolean): string {
  const queue = waitingMessages === 0
    ? "No mail waits in its queue.\n"
    : hold
    ? `${showCount(waitingMessages, "message")} held: look with "waypost queue list", then "waypost queue release".\n`
    : `${showCount(waitingMessages, "message")} in its queue will be sent with the next start, ` +
      `again if sent since the backup.\nTo look first: "waypost queue hold --all".\n`;
  const before = replaced.length > 0
    ? `What was there before is kept as:\n${replaced.map((one) => `  ${one}\n`).join("")}`
    : "";
  return `In place: ${[database, ...files].join(", ")}\n${before}${queue}`;
}
