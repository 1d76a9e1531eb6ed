import type { Database } from "../database.ts";
import type { ResultSet } from "@libsql/client";

/** A message that is to be removed, and its octets. */
export interface RemovableMessage {
  readonly id: number;
  readonly size: number;
}

/** Nothing holds it back: the undo of a deletion on its server is over. */
const FREE = "(m.keep_until is null or m.keep_until <= ?)";

/** Messages that were deleted before a time, the oldest first. */
export async function purgeableMessages(
  { client }: Database,
  args: {
    readonly deletedBefore: number;
    /** Mailboxes whose servers are still to be told of what was deleted. */
    readonly followed: readonly number[];
    readonly now: number;
    readonly limit: number;
  },
): Promise<RemovableMessage[]> {
  return rowsOf(
    await client.execute({
      sql: `select m.id, m.size from mailbox_message m where m.deleted_at < ? and ${FREE}
              and not exists (select 1 from ledger where ledger.mailbox_message_id = coalesce(m.copy_of, m.id)
                and ledger.state in ('stored', 'delete-sent')
                and ledger.mailbox_id in (select value from json_each(?)))
            order by m.id limit ?`,
      args: [args.deletedBefore, args.now, JSON.stringify(args.followed), args.limit],
    }),
  );
}

/** What a mailbox may hold; 0: no limit. */
export interface MailboxLimits {
  readonly mailboxId: number;
  /** Messages that came before are too old. */
  readonly arrivedBefore: number;
  readonly maxSize: number;
  readonly maxMessages: number;
  readonly now: number;
  /** true: those that are on their server still, by the ledger; false: the others. Notices are neither. */
  readonly confirmed: boolean;
  readonly limit: number;
}

/** Messages beyond the limits of a mailbox that are served, the oldest first. */
export async function surplusMessages({ client }: Database, limits: MailboxLimits): Promise<RemovableMessage[]> {
  const { mailboxId, arrivedBefore, maxSize, maxMessages, now, confirmed, limit } = limits;
  return rowsOf(
    await client.execute({
      sql: `with served as (
              select id, size, fetched_at, copy_of, keep_until, notice_octets,
                     row_number() over newest as place, sum(size) over newest as total
              from mailbox_message where mailbox_id = ? and deleted_at is null
              window newest as (order by id desc rows unbounded preceding))
            select m.id, m.size from served m
            left join ledger on ledger.mailbox_message_id = coalesce(m.copy_of, m.id)
            where (m.fetched_at < ? or (? > 0 and m.total > ?) or (? > 0 and m.place > ?))
              and m.notice_octets is null and ${FREE}
              and ${confirmed ? "ledger.state = 'stored'" : "coalesce(ledger.state, '') not in ('stored', 'evicted')"}
            order by m.id limit ?`,
      args: [mailboxId, arrivedBefore, maxSize, maxSize, maxMessages, maxMessages, now, limit],
    }),
  );
}

/** Messages of a mailbox whose rows of the ledger became "evicted" before a time, the oldest first. */
export async function evictedMessages(
  { client }: Database,
  args: {
    readonly mailboxId: number;
    readonly evictedBefore: number;
    readonly now: number;
    readonly limit: number;
  },
): Promise<RemovableMessage[]> {
  return rowsOf(
    await client.execute({
      sql: `select m.id, m.size from ledger join mailbox_message m on m.id = ledger.mailbox_message_id
            where ledger.mailbox_id = ?1 and ledger.state = 'evicted' and ledger.changed_at <= ?2
              and (m.keep_until is null or m.keep_until <= ?3)
            union
            select m.id, m.size from ledger join mailbox_message m on m.copy_of = ledger.mailbox_message_id
            where ledger.mailbox_id = ?1 and ledger.state = 'evicted' and ledger.changed_at <= ?2
              and (m.keep_until is null or m.keep_until <= ?3)
            order by 1 limit ?4`,
      args: [args.mailboxId, args.evictedBefore, args.now, args.limit],
    }),
  );
}

function rowsOf({ rows }: ResultSet): RemovableMessage[] {
  return rows.map((row) => ({ id: Number(row.id), size: Number(row.size) }));
}
