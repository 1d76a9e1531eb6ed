import { type Stats, statSync, utimesSync } from "node:fs";
import { describeError } from "../net/errors.ts";
import { hasErrorCode } from "../net/files.ts";
import { StoreError } from "./errors.ts";

/**
 * Tells whether the files of the database are there and can be written, without opening them.
 * @throws StoreError when they are not, or cannot
 */
export interface Guard {
  /** Before a transaction that writes. */
  beforeWrite(): void;
  /** Before one that reads: it writes too, where something was committed since the last one. */
  beforeRead(): void;
}

const NO_GUARD: Guard = { beforeWrite: () => undefined, beforeRead: () => undefined };

/**
 * Guards a database in WAL mode. SQLite maps its index (`-shm`) into memory: where the file system lets nothing be written
 * any more (an SD card at its end, `chattr +i`), no call fails, but the first store to that memory ends the process by
 * SIGBUS. So before each transaction the file's times are set. To open and close it instead would give up SQLite's locks.
 *
 * Nor does a call fail where somebody has removed or replaced the files: what is written then is gone with the process, and
 * nothing may be promised.
 * @param path of the database; null: it is a server's. Where times cannot be set even now nothing is guarded
 */
export function createGuard(path: string | null): Guard {
  if (path === null) return NO_GUARD;
  const index = `${path}-shm`;
  const log = `${path}-wal`;
  const touch = () => {
    const now = Date.now() / 1_000;
    utimesSync(index, now, now);
  };
  const check = (isWrite: boolean) => {
    try {
      touch();
      if (isWrite && !isSameFile(opened, statSync(path))) throw goneError(path);
    } catch (cause) {
      if (cause instanceof StoreError) throw cause;
      if (hasErrorCode(cause, "ENOENT")) {
        // What is open can be read, and its memory be written, as long as the process lasts.
        if (isWrite) throw goneError(path, cause);
        return;
      }
      const text = `the file system takes no more writes to ${path}: ${describeError(cause)}`;
      throw new StoreError("SQLITE_READONLY", text, { cause });
    }
  };
  let opened: Stats;
  try {
    touch();
    opened = statSync(path);
  } catch {
    // Someone else's file, or a file system without times.
    return NO_GUARD;
  }
  let known = NaN;
  return {
    beforeWrite: () => check(true),
    beforeRead() {
      const changed = statSync(log, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (changed === known) return;
      check(false);
      known = changed;
    },
  };
}

function isSameFile(one: Stats, other: Stats): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

function goneError(path: string, cause?: unknown): StoreError {
  const text = `the files of the database ${path} were removed or replaced while it is in use`;
  return new StoreError("STORE_GONE", text, { cause });
}
