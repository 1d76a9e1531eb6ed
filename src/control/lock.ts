import { createHash, randomBytes } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import * as net from "node:net";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { createFileAtomic, hasErrorCode, readFileIfThere, removeOrLeave } from "../net/files.ts";

/** The file within the data folder. */
const LOCK_FILE = "lock.json";
const PRIVATE_MODE = 0o600;
const LOOPBACK = "127.0.0.1";
/** How long a holder may take to say that it is there. */
const PROBE_MS = 2_000;
/** How long the removal of a stale lock may take, which is two calls of the file system. */
const CLAIM_MS = 10_000;
/** How long others wait before they look again. */
const CLAIM_LOOK_MS = 10;

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
  // Of several that find it stale one may remove it: a slower one would remove the lock of who has taken the folder since.
  const claim = `${file}.${createHash("sha256").update(text).digest("hex").slice(0, 16)}.tmp`;
  if (!await createFileAtomic(claim, "", PRIVATE_MODE)) return await awaitClaim(claim);
  try {
    if (await readFileIfThere(file) === text) await rm(file, { force: true });
  } finally {
    await rm(claim, { force: true });
  }
}

/** Gives who is removing a stale lock time for it; the claim of one that was killed meanwhile counts no longer. */
async function awaitClaim(claim: string): Promise<void> {
  await sleep(CLAIM_LOOK_MS);
  try {
    const { mtimeMs } = await stat(claim);
    if (Math.abs(Date.now() - mtimeMs) > CLAIM_MS) await rm(claim, { force: true });
  } catch (error) {
    if (!hasErrorCode(error, "ENOENT")) throw error;
  }
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
