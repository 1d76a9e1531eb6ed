import { randomBytes } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import * as net from "node:net";
import { join } from "node:path";
import process from "node:process";
import { createFileAtomic, hasErrorCode, readFileIfThere, removeOrLeave } from "../net/files.ts";

/** The file within the data folder. */
const LOCK_FILE = "lock.json";
const PRIVATE_MODE = 0o600;
const LOOPBACK = "127.0.0.1";
/** How long a holder may take to say that it is there. */
const PROBE_MS = 2_000;

/** Who holds a data folder. */
export interface LockHolder {
  /** The command: "serve", "fetch", "restore". */
  readonly command: string;
  readonly pid: number;
  /** The loopback port where it says its word. */
  readonly port: number;
  /** Its word: whoever answers with another one has only got its port. */
  readonly word: string;
}

/** Another process works on the data folder. */
export class DataFolderInUse extends Error {
  override readonly name = "DataFolderInUse";
  readonly holder: LockHolder;
  constructor(dataDir: string, holder: LockHolder) {
    super(`the data folder ${dataDir} is in use: "waypost ${holder.command}" runs as process ${holder.pid}`);
    this.holder = holder;
  }
}

/** A data folder that is ours. */
export interface DataFolderLock {
  release(): Promise<void>;
}

/**
 * Takes a data folder for one process: two that fetch, or one that serves while another restores, would lose mail.
 *
 * The holder listens on a loopback port and the file says which and with what word it answers. So the lock of a process
 * that was killed counts for nothing, whatever has got its process id or its port since.
 * @throws DataFolderInUse
 */
export async function lockDataFolder(dataDir: string, command: string): Promise<DataFolderLock> {
  const file = join(dataDir, LOCK_FILE);
  const word = randomBytes(16).toString("hex");
  const server = net.createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(word);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: LOOPBACK, port: 0 }, resolve);
  });
  server.unref();
  const { port } = server.address() as net.AddressInfo;
  const holder: LockHolder = { command, pid: process.pid, port, word };
  try {
    while (!await createFileAtomic(file, `${JSON.stringify(holder)}\n`, PRIVATE_MODE)) await removeStale(dataDir, file);
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    async release() {
      if (parseHolder(await readFileIfThere(file))?.word === word) await removeOrLeave(file);
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Who holds a data folder at this moment, or null. */
export async function lockHolder(dataDir: string): Promise<LockHolder | null> {
  const holder = parseHolder(await readFileIfThere(join(dataDir, LOCK_FILE)));
  return holder && await isThere(holder) ? holder : null;
}

async function removeStale(dataDir: string, file: string): Promise<void> {
  const text = await readFileIfThere(file);
  if (text === undefined) return;
  const holder = parseHolder(text);
  if (holder && await isThere(holder)) throw new DataFolderInUse(dataDir, holder);
  const aside = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await rename(file, aside);
  } catch (error) {
    // Another process has found it stale as well and was quicker.
    if (hasErrorCode(error, "ENOENT")) return;
    throw error;
  }
  const moved = await readFileIfThere(aside);
  // Another process has removed the stale one and taken the folder in between: it gets its file back.
  if (moved !== text) await createFileAtomic(file, moved ?? "", PRIVATE_MODE);
  await rm(aside, { force: true });
}

function parseHolder(text: string | undefined): LockHolder | null {
  if (text === undefined) return null;
  try {
    const holder = JSON.parse(text) as Partial<LockHolder> | null;
    return typeof holder?.port === "number" && typeof holder.word === "string" ? holder as LockHolder : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Whether a holder answers with its word. One that is too busy to answer in time counts as there: its lock is no prey. */
function isThere(holder: LockHolder): Promise<boolean> {
  return new Promise((resolve) => {
    let said = "";
    const socket = net.connect({ host: LOOPBACK, port: holder.port });
    const settle = (there: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(there);
    };
    const end = () => settle(said === holder.word);
    const timer = setTimeout(() => settle(true), PROBE_MS);
    socket.setEncoding("latin1");
    socket.on("data", (text) => {
      said += text;
      if (said.length >= holder.word.length) end();
    });
    socket.on("end", end);
    socket.on("error", end);
  });
}
