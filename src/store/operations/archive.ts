import type { Operation } from "../operation.ts";
import { mailboxMessage } from "../schema.ts";
import { insertRows } from "../statements.ts";
import { insertChunks } from "./spool.ts";

/** An imported message. */
export interface ImportedMessage {
  readonly message: typeof mailboxMessage.$inferInsert;
  /** The whole message when it is small; null when its chunks were appended before. */
  readonly octets: Uint8Array | null;
}

/**
 * Stores an imported message, and gives whether it was: not where its chunks are not all there, because a server that was
 * started meanwhile took them for left-overs.
 */
export const storeImported: Operation<ImportedMessage, boolean> = {
  statements: (calls) =>
    calls.flatMap(({ message, octets }) => [
      ...insertRows(mailboxMessage, [message]),
      ...octets ? insertChunks([{ spoolId: message.id!, position: 0, octets }]) : [{
        sql: `delete from mailbox_message where id = ?1 and
                ?2 <> (select coalesce(sum(length(octets)), 0) from chunk where spool_id = ?1)`,
        args: [message.id!, message.size],
      }],
    ]),
  // Two statements for each: the second one tells.
  results: (calls, results) =>
    calls.map(({ octets }, index) => octets !== null || results[index * 2 + 1]!.rowsAffected === 0),
};
