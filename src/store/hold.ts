import Libsql from "libsql";
import { describeError } from "../net/errors.ts";
import { StoreError } from "./errors.ts";

/** How long the start waits for a lock that another process holds. */
const LOCK_TIMEOUT_MS = 5_000;

/** What is garbage is closed. */
const held = new Set<Libsql.Database>();

/** Keeps the database from being closed for good. */
export interface Hold {
  release(): void;
}

/**
 * Keeps a connection to the file open beside those of the threads. SQLite writes its log into the database when the last
 * connection is closed, to mapped memory too: where the file system lets nothing be written any more that ends the process
 * by SIGBUS (guard.ts). Node closes the connections of a thread that ends, whatever it was doing; that of the main thread,
 * where nobody closes it, lasts until the process has ended.
 * @param path of the database, which exists
 * @throws StoreError
 */
export function holdOpen(path: string): Hold {
  try {
    const database = new Libsql(path, { timeout: LOCK_TIMEOUT_MS });
    // A connection has its lock on the file from its first read on.
    database.prepare("select 1 from sqlite_master limit 1").all();
    held.add(database);
    return {
      release() {
        held.delete(database);
        database.close();
      },
    };
  } catch (cause) {
    throw new StoreError("STORE_OPEN", `cannot keep the database ${path} open: ${describeError(cause)}`, { cause });
  }
}
