import Libsql from "libsql";
import type { ResultSet } from "@libsql/client";
import type { InValue, Statement } from "./statements.ts";

/** What a statement gave: rows by column name, or how many rows it changed. */
export type StatementResult = Pick<ResultSet, "rows" | "rowsAffected">;

/** A connection that carries out the statements of operations. */
export interface StatementConnection {
  /** Carries out all statements in one transaction, or none. */
  batch(statements: readonly Statement[]): Promise<readonly StatementResult[]>;
  /** Carries out a query. */
  query(statement: Statement): Promise<ResultSet["rows"]>;
  close(): void;
}

/** A connection to a file, whose statements are prepared once. */
export interface LocalConnection extends StatementConnection {
  /** Whether the commits from now on are synced to the disk before they count. */
  sync(promised: boolean): void;
  /** So many octets go into the log before they are copied into the database. */
  checkpointEvery(octets: number): void;
  /**
   * Copies the log into the database and empties it, as far as no other connection is in the way. Closing the last
   * connection should do so; Deno ends a thread without closing what its statements hold.
   * @returns whether it went well; where not, the next start does it
   */
  emptyLog(): boolean;
}

interface Prepared {
  readonly statement: Libsql.Statement<unknown[]>;
  readonly reads: boolean;
}

/**
 * Opens a file for statements that come again and again: each is prepared once. `@libsql/client` prepares them anew each
 * time, which costs more than carrying them out, and leaves garbage that holds the octets of messages.
 * @param pragmas what to set on the connection, "synchronous = full"
 * @throws an Error with the database's code
 */
export function openLocal(path: string, timeoutMs: number, pragmas: readonly string[]): LocalConnection {
  const database = new Libsql(path, { timeout: timeoutMs });
  const known = new Map<string, Prepared>();
  let synced = true;

  function prepared(sql: string): Prepared {
    let found = known.get(sql);
    if (!found) {
      const statement = database.prepare(sql);
      found = { statement, reads: statement.reader };
      known.set(sql, found);
    }
    return found;
  }

  function carryOut({ sql, args }: Statement): StatementResult {
    const { statement, reads } = prepared(sql);
    const values = args.map(valueOf);
    return reads
      ? { rows: statement.all(values) as ResultSet["rows"], rowsAffected: 0 }
      : { rows: [], rowsAffected: statement.run(values).changes };
  }

  for (const pragma of pragmas) database.exec(`pragma ${pragma}`);
  return {
    batch(statements) {
      database.exec("begin immediate");
      try {
        const results = statements.map(carryOut);
        database.exec("commit");
        return Promise.resolve(results);
      } catch (error) {
        if (database.inTransaction) database.exec("rollback");
        return Promise.reject(error);
      }
    },
    query: (statement) => Promise.resolve().then(() => carryOut(statement).rows),
    sync(promised) {
      if (promised === synced) return;
      database.exec(`pragma synchronous = ${promised ? "full" : "normal"}`);
      synced = promised;
    },
    checkpointEvery(octets) {
      const { page_size: pageOctets } = database.prepare("pragma page_size").get() as { page_size: number };
      database.exec(`pragma wal_autocheckpoint = ${Math.ceil(octets / pageOctets)}`);
    },
    emptyLog() {
      try {
        // Whoever reads at this moment is not waited for.
        database.exec("pragma busy_timeout = 0");
        return database.prepare("pragma wal_checkpoint(truncate)").all().length > 0;
      } catch {
        return false;
      }
    },
    close: () => void database.close(),
  };
}

/** A value as the database binds it. */
function valueOf(value: InValue): unknown {
  return typeof value === "boolean" ? Number(value) : value;
}
