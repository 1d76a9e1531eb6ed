import type { Operation } from "../operation.ts";
import type { Statement } from "../statements.ts";

/** Why messages are removed for good; looked at once more in the transaction that removes them. */
export type RemovalCause =
  /** They were deleted before the time. */
  | "deleted"
  /** Their rows of the ledger became "evicted" before the time, and are so still. */
  | "evicted"
  /** Nobody knows of another copy; the settings want it. */
  | "unconfirmed";

const CONDITIONS: Readonly<Record<RemovalCause, string>> = {
  deleted: "deleted_at < ?1",
  evicted: `exists (select 1 from ledger where ledger.mailbox_message_id = coalesce(copy_of, mailbox_message.id)
              and ledger.state = 'evicted' and ledger.changed_at <= ?1)`,
  unconfirmed: "deleted_at is null and ?1 = ?1",
};

/** Removes messages for good, with their octets, as far as the cause still holds and no undo needs them. */
export const removeMailboxMessages: Operation<{
  readonly ids: readonly number[];
  readonly because: RemovalCause;
  readonly before: number;
  readonly now: number;
}, void> = {
  statements: (calls) =>
    calls.flatMap(({ ids, because, before, now }): Statement[] => {
      const chosen = `select id from mailbox_message where id in (select value from json_each(?2))
                        and ${CONDITIONS[because]} and (keep_until is null or keep_until <= ?3)`;
      const args = [before, JSON.stringify(ids), now];
      return [
        { sql: `delete from chunk where spool_id in (${chosen})`, args },
        { sql: `delete from hidden where mailbox_message_id in (${chosen})`, args },
        { sql: `delete from mailbox_message where id in (${chosen})`, args },
      ];
    }),
};

/** Marks messages as evicted in the ledger, as far as it knows them to be on their server: they are never deleted there. */
export const evictMessages: Operation<{ readonly ids: readonly number[]; readonly now: number }, void> = {
  statements: (calls) =>
    calls.map(({ ids, now }) => ({
      sql: `update ledger set state = 'evicted', changed_at = ? where state = 'stored' and mailbox_message_id in
              (select coalesce(copy_of, id) from mailbox_message where id in (select value from json_each(?)))`,
      args: [now, JSON.stringify(ids)],
    })),
};
