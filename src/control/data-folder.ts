import { mkdir } from "node:fs/promises";
import { type DataFolderLock, lockDataFolder } from "./lock.ts";

/** Nothing can be written into the data folder; the sentence says why, and what to do. */
export class DataFolderError extends Error {
  override readonly name = "DataFolderError";
}

/** What the system's codes mean for who looks after the folder. */
const WHY: Readonly<Record<string, string>> = {
  EROFS: "it lies on a read-only file system: make that writable again",
  EACCES: "this user may not write there: give it the folder",
  EPERM: "it may not be written, or was made immutable (chattr +i): make it writable",
  ENOSPC: "the disk is full: make room",
  EDQUOT: "the user's quota of the disk is used up: make room",
  // What some file systems say that are read-only.
  ENOENT: "it cannot be made: make it, and the folder above it writable",
  ENOTDIR: "it, or a folder above it, is a file",
};

/**
 * Makes the data folder where there is none, and locks it.
 * @param command whose lock it is, for others that want it
 * @throws DataFolderError, DataFolderInUse
 */
export async function openDataFolder(dataDir: string, command: string): Promise<DataFolderLock> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    return await lockDataFolder(dataDir, command);
  } catch (cause) {
    const code = (cause as { code?: unknown }).code;
    const why = typeof code === "string" ? WHY[code] : undefined;
    if (why === undefined) throw cause;
    throw new DataFolderError(`cannot write into the data folder ${dataDir}: ${why}, or set data_dir to another one`, {
      cause,
    });
  }
}
