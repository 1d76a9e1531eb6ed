import type { Operation } from "../operation.ts";
import { insertRows, listOf, type Statement } from "../statements.ts";
import { chunk } from "../schema.ts";

/** One piece of a message's octets. */
export interface Chunk {
  readonly spoolId: number;
  readonly position: number;
  readonly octets: Uint8Array;
}

/** Adds chunks of messages that do not exist yet: they count once the message is written. */
export const appendChunk: Operation<Chunk, void> = {
  unpromised: true,
  statements: (calls) => insertChunks(calls),
  octets: (call) => call.octets.length,
};

/** Removes the chunks of a message that did not come to be. */
export const discardSpool: Operation<{ readonly spoolId: number }, void> = {
  unpromised: true,
  statements: (calls) => [{
    sql: `delete from chunk where spool_id in ${listOf(calls.length)}`,
    args: calls.map((call) => call.spoolId),
  }],
};

/** The statements for any number of chunks, none for none. */
export function insertChunks(chunks: readonly Chunk[]): Statement[] {
  return chunks.length === 0 ? [] : [insertRows(chunk, chunks as (Chunk & { octets: Buffer })[])];
}
