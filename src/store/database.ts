import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Client } from "@libsql/client";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { migrate } from "drizzle-orm/libsql/migrator";
import { drizzle } from "drizzle-orm/libsql/sqlite3";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { hasErrorCode } from "../net/files.ts";
import { StoreError } from "./errors.ts";
import { type LocalConnection, openLocal, type StatementConnection } from "./local.ts";
import { CASING } from "./statements.ts";
import * as schema from "./schema.ts";

/** Where the database is. */
export interface DatabaseLocation {
  /** "file:/path/waypost.db", or "http://host:port" of a libSQL server. */
  readonly url: string;
  /** For a libSQL server that asks for one. */
  readonly authToken?: string | undefined;
}

/** An open database: by statements for writes, by Drizzle for reads. */
export interface Database {
  readonly client: Client;
  /** Carries out the statements of operations. */
  readonly statements: StatementConnection;
  /** The same connection where the database is a file; null for a libSQL server. */
  readonly local: LocalConnection | null;
  readonly db: LibSQLDatabase<typeof schema>;
}

/** Of a database that is made; of one that is there its owner may have let others read. */
const PRIVATE_MODE = 0o600;
/** How long a statement waits for a lock that another process holds. */
const LOCK_TIMEOUT_MS = 5_000;
/** How long one that could not migrate waits before it looks again. */
const RETRY_MS = 50;
/**
 * A page of a new database; one that is there keeps its own. Twice the usual: a large message takes half as many reads and
 * writes. More would make the commit of one small message, which writes some ten pages, slow on an SD card.
 */
const PAGE_OCTETS = 8 * 1024;
/** Octets written to the WAL before they are copied into the database. */
const CHECKPOINT_OCTETS = 32 * 1024 * 1024;
/** What an open WAL may keep on disk after a checkpoint. */
const WAL_KEEP_OCTETS = 64 * 1024 * 1024;

/** A PRAGMA binds the connection on which it was said; the first is the file's. */
const PRAGMAS = [
  // Before anything is written, or it comes too late.
  `page_size = ${PAGE_OCTETS}`,
  "journal_mode = wal",
  // The promise of a 250 is the commit's fsync: FULL, never less.
  "synchronous = full",
  `journal_size_limit = ${WAL_KEEP_OCTETS}`,
];

const MIGRATIONS = fileURLToPath(new URL("../../migrations", import.meta.url));

/**
 * Opens the database: a file by two connections, one for statements and one for Drizzle.
 * @throws StoreError when it cannot be opened
 */
export async function openDatabase(location: DatabaseLocation): Promise<Database> {
  const isFile = location.url.startsWith("file:");
  try {
    if (isFile) prepareFile(pathOf(location.url));
    // The part for servers brings Node's whole HTTP with it: 15 MB in each thread.
    const { createClient } = isFile ? await import("@libsql/client/sqlite3") : await import("@libsql/client");
    const client = createClient({
      url: location.url,
      timeout: LOCK_TIMEOUT_MS,
      concurrency: 1,
      ...(location.authToken === undefined ? {} : { authToken: location.authToken }),
    });
    const local = isFile ? openFile(pathOf(location.url)) : null;
    return { client, db: drizzle(client, { schema, casing: CASING }), statements: local ?? remote(client), local };
  } catch (cause) {
    throw new StoreError("STORE_OPEN", `cannot open the database ${location.url}`, { cause });
  }
}

/**
 * Nobody else may read the mail in it, whatever the folder allows: the log and its index take the file's permissions.
 * A file that is there is not opened here: closing it would give up the locks that this process has on it (POSIX).
 */
function prepareFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(path, "wx", PRIVATE_MODE));
  } catch (error) {
    if (!hasErrorCode(error, "EEXIST")) throw error;
  }
}

function openFile(path: string): LocalConnection {
  const local = openLocal(path, LOCK_TIMEOUT_MS, PRAGMAS);
  local.checkpointEvery(CHECKPOINT_OCTETS);
  return local;
}

/** A libSQL server prepares for itself; a group is one round trip. */
function remote(client: Client): StatementConnection {
  return {
    batch: (statements) => client.batch([...statements], "write"),
    query: async (statement) => (await client.execute(statement)).rows,
    close: () => undefined,
  };
}

/** How the database's schema compares with this version's: "empty" has none yet. */
export type SchemaState = "empty" | "older" | "current" | "newer";

/** Compares the migrations that the database has seen with those of this version. */
export async function schemaState({ client }: Database): Promise<SchemaState> {
  const table = await client.execute("select 1 from sqlite_master where name = '__drizzle_migrations'");
  if (table.rows.length === 0) return "empty";
  const applied = await client.execute("select max(created_at) as newest from __drizzle_migrations");
  const newest = Number(applied.rows[0]?.newest ?? 0);
  const known = readMigrationFiles({ migrationsFolder: MIGRATIONS });
  const ours = Math.max(...known.map((migration) => migration.folderMillis));
  return newest > ours ? "newer" : newest < ours ? "older" : "current";
}

/**
 * Brings the database to this version's schema; a database that is there already is left as it is.
 * @throws StoreError "STORE_NEWER" for a database that a newer version has written: it is not touched
 */
export async function migrateDatabase(database: Database): Promise<void> {
  if (await schemaState(database) === "newer") {
    throw new StoreError(
      "STORE_NEWER",
      "the database was written by a newer version of Waypost: install that version, or restore a backup of this one",
    );
  }
  const giveUpAt = performance.now() + LOCK_TIMEOUT_MS;
  for (;;) {
    try {
      return await migrate(database.db, { migrationsFolder: MIGRATIONS });
    } catch (cause) {
      // Another process that started at the same time is faster: nothing is left to be done once it is ready. Of two
      // that want to write after they have read, SQLite refuses one at once, however long it would wait for a lock.
      if (await schemaState(database) === "current") return;
      if (performance.now() > giveUpAt) throw cause;
      await sleep(RETRY_MS);
    }
  }
}

/** The path of a `file:` URL; relative ones, which libSQL knows beside RFC 8089's, stay relative. */
export function pathOf(url: string): string {
  return url.startsWith("file:///") ? fileURLToPath(url) : decodeURI(url.slice("file:".length));
}
