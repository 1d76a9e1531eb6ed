import { statSync, utimesSync } from "node:fs";
import { describeError } from "../net/errors.ts";
import { StoreError } from "./errors.ts";

/** Tells whether the files of the database can be written, without opening them. @throws StoreError when they cannot */
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
  const check = () => {
    try {
      touch();
    } catch (cause) {
      if ((cause as { code?: unknown }).code === "ENOENT") return;
      const text = `the file system takes no more writes to ${path}: ${describeError(cause)}`;
      throw new StoreError("SQLITE_READONLY", text, { cause });
    }
  };
  try {
    touch();
  } catch {
    // Someone else's file, or a file system without times.
    return NO_GUARD;
  }
  let known = NaN;
  return {
    beforeWrite: check,
    beforeRead() {
      const changed = statSync(log, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (changed === known) return;
      check();
      known = changed;
    },
  };
}
