import path from "node:path";
import { pathToFileURL } from "node:url";
import { createClient } from "@libsql/client";

/** A recipient as the queue's table has it. */
export interface QueueRow {
  readonly address: string;
  readonly state: string;
  readonly attempts: number;
  readonly lastReply: string | null;
}

/** What stands in the queue of a Waypost whose data lies in `folder`/data, the running one too. */
export async function queueRows(folder: string): Promise<QueueRow[]> {
  const rows = await selectRows(folder, "select address, state, attempts, last_reply from recipient");
  return rows.map((row) => ({
    address: String(row.address),
    state: String(row.state),
    attempts: Number(row.attempts),
    lastReply: row.last_reply === null ? null : String(row.last_reply),
  }));
}

/** Runs a query on the database in `folder`/data. */
export async function selectRows(folder: string, sql: string): Promise<Record<string, unknown>[]> {
  const database = createClient({
    url: pathToFileURL(path.join(folder, "data", "waypost.db")).href,
    timeout: 10_000,
  });
  try {
    const { rows } = await database.execute(sql);
    return rows.map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}
