import type { Operation } from "../operation.ts";
import { insertRows, type Statement } from "../statements.ts";
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
};

/** Removes the chunks of a message that did not come to be. */
export const discardSpool: Operation<{ readonly spoolId: number }, void> = {
  unpromised: true,
  statements: (calls) => calls.map(({ spoolId }) => ({ sql: "delete from chunk where spool_id = ?", args: [spoolId] })),
};

/** The statements for any number of chunks. */
export function insertChunks(chunks: readonly Chunk[]): Statement[] {
  return insertRows(chunk, chunks as readonly (Chunk & { octets: Buffer })[]);
}
