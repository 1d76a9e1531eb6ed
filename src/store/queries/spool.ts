import type { Database } from "../database.ts";

/** The octets of a chunk, or null where there is none. */
export async function readChunk({ client }: Database, spoolId: number, position: number): Promise<Uint8Array | null> {
  const { rows } = await client.execute({
    sql: "select octets from chunk where spool_id = ? and position = ?",
    args: [spoolId, position],
  });
  const octets = rows[0]?.octets;
  return octets instanceof ArrayBuffer ? new Uint8Array(octets) : null;
}
