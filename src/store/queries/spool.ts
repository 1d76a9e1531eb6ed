import type { Database } from "../database.ts";
import { listOf } from "../statements.ts";

/** The octets of a chunk, or null where there is none. */
export async function readChunk({ client }: Database, spoolId: number, position: number): Promise<Uint8Array | null> {
  const { rows } = await client.execute({
    sql: "select octets from chunk where spool_id = ? and position = ?",
    args: [spoolId, position],
  });
  const octets = rows[0]?.octets;
  return octets instanceof ArrayBuffer ? new Uint8Array(octets) : null;
}

/** The first chunks of messages, by spool id; those that have none are missing. */
export async function readFirstChunks(
  { client }: Database,
  spoolIds: readonly number[],
): Promise<Map<number, Uint8Array>> {
  const { rows } = await client.execute({
    sql: `select spool_id, octets from chunk where position = 0 and spool_id in ${listOf(spoolIds.length)}`,
    args: [...spoolIds],
  });
  return new Map(rows.map((row) => [Number(row[0]), new Uint8Array(row[1] as ArrayBuffer)]));
}
