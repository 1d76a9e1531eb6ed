import type { Database } from "../database.ts";

/** Chunks of a message from a position on, in order; fewer than asked for: the message ends with them. */
export async function readChunks(
  { statements }: Database,
  spoolId: number,
  position: number,
  most: number,
): Promise<Uint8Array[]> {
  const rows = await statements.query({
    sql: "select octets from chunk where spool_id = ? and position >= ? order by position limit ?",
    args: [spoolId, position, most],
  });
  return rows.map((row) => octetsOf(row.octets));
}

/** The first chunks of messages, by spool id; those that have none are missing. */
export async function readFirstChunks(
  { statements }: Database,
  spoolIds: readonly number[],
): Promise<Map<number, Uint8Array>> {
  const rows = await statements.query({
    sql: `select spool_id, octets from chunk where position = 0 and spool_id in (select value from json_each(?))`,
    args: [JSON.stringify(spoolIds)],
  });
  return new Map(rows.map((row) => [Number(row.spool_id), octetsOf(row.octets)]));
}

/** A blob, as a file or a libSQL server gives it. */
function octetsOf(blob: unknown): Uint8Array {
  return blob instanceof Uint8Array ? blob : new Uint8Array(blob as ArrayBuffer);
}
