import { randomBytes } from "node:crypto";
import { link, open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import process from "node:process";

/**
 * Writes a file so that after a crash it is either as before or whole: into a temporary file beside it, to the disk,
 * then in its place.
 * @param mode permissions of the file, such as 0o600
 */
export async function writeFileAtomic(file: string, content: string | Uint8Array, mode: number): Promise<void> {
  await writeThrough(file, content, mode, (temporary) => rename(temporary, file));
}

/**
 * Writes a file in the way of `writeFileAtomic`, but only when there is none.
 * @returns whether it was written; false: there is one, perhaps made by another process in this moment
 */
export async function createFileAtomic(file: string, content: string | Uint8Array, mode: number): Promise<boolean> {
  try {
    await writeThrough(file, content, mode, async (temporary) => {
      await link(temporary, file);
      await rm(temporary);
    });
    return true;
  } catch (error) {
    if (hasErrorCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** Removes a file that harms nobody where it stays: on a disk that has become read-only it does. */
export async function removeOrLeave(file: string): Promise<void> {
  try {
    await rm(file, { force: true });
  } catch (error) {
    if (!hasErrorCode(error, "EROFS")) throw error;
  }
}

/** The text of a file, or undefined when there is none. */
export async function readFileIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Whether an error is one of the operating system with this code, such as `ENOENT`. */
export function hasErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

async function writeThrough(
  file: string,
  content: string | Uint8Array,
  mode: number,
  place: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const handle = await open(temporary, "wx", mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await place(temporary);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** Makes a rename last: the folder is what holds the name. Windows has no such call and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
