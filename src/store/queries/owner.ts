import { and, desc, eq, gt, inArray, isNotNull } from "drizzle-orm";
import type { Database } from "../database.ts";
import { ledger, mailbox, mailboxMessage } from "../schema.ts";

/** Messages that are here, by their names on the source of a mailbox. */
export async function messagesByUidls(
  { db }: Database,
  args: { readonly mailboxId: number; readonly uidls: readonly string[] },
) {
  return await db.select({
    uidl: ledger.uidl,
    id: mailboxMessage.id,
    sender: mailboxMessage.sender,
    subject: mailboxMessage.subject,
  }).from(ledger).innerJoin(mailboxMessage, eq(mailboxMessage.id, ledger.mailboxMessageId))
    .where(and(eq(ledger.mailboxId, args.mailboxId), inArray(ledger.uidl, [...args.uidls])));
}

/** Messages that were deleted on their source at our word and can still be had back, the newest first. */
export async function removedMessages(
  { db }: Database,
  args: { readonly mailboxIds: readonly number[] | null; readonly now: number; readonly limit: number },
) {
  return await db.select({ message: mailboxMessage, mailbox }).from(mailboxMessage)
    .innerJoin(mailbox, eq(mailbox.id, mailboxMessage.mailboxId))
    .where(and(
      // Said again for the partial index.
      isNotNull(mailboxMessage.keepUntil),
      gt(mailboxMessage.keepUntil, args.now),
      args.mailboxIds === null ? undefined : inArray(mailboxMessage.mailboxId, [...args.mailboxIds]),
    ))
    .orderBy(desc(mailboxMessage.id)).limit(args.limit);
}

/** Of the newest messages so many are looked at for deletions that hide them from some clients alone. */
const LOOKED_AT = 500;

/**
 * Messages of a mailbox that clients have deleted and that can be restored, the latest first: for all clients, or, of the
 * newest messages, for some. `at` is when.
 */
export async function deletedMessages(
  { client, db }: Database,
  args: { readonly mailboxId: number; readonly limit: number },
) {
  const { rows } = await client.execute({
    sql: `select id, at from (
            select * from (
              select id, deleted_at as at from mailbox_message indexed by mailbox_message_deleted
              where deleted_at is not null and mailbox_id = ?1 and coalesce(deleted_by, 'client') <> 'replaced'
              order by deleted_at desc limit ?2)
            union all
            select mailbox_message_id, max(hidden_at) from hidden
            where mailbox_message_id in (select id from mailbox_message
              where mailbox_id = ?1 and deleted_at is null order by id desc limit ?3)
            group by 1
          ) order by at desc, id desc limit ?2`,
    args: [args.mailboxId, args.limit, LOOKED_AT],
  });
  const at = new Map(rows.map((row) => [Number(row.id), Number(row.at)]));
  if (at.size === 0) return [];
  const found = await db.select({ message: mailboxMessage, mailbox }).from(mailboxMessage)
    .innerJoin(mailbox, eq(mailbox.id, mailboxMessage.mailboxId))
    .where(inArray(mailboxMessage.id, [...at.keys()]));
  const byId = new Map(found.map((row) => [row.message.id, row]));
  return [...at].flatMap(([id, deletedAt]) => {
    const row = byId.get(id);
    return row ? [{ ...row, at: deletedAt }] : [];
  });
}

/** For each mailbox: what its source brought since a time, and how many messages can be had back that were deleted there. */
export async function fetchFigures({ client }: Database, args: { readonly sinceAt: number; readonly now: number }) {
  // Mailbox by mailbox, as the indexes are: those of a day are few beside all.
  const stored = await client.execute({
    sql: `select id, count(*) as messages, sum(ledger.size) as octets from mailbox
          cross join ledger indexed by ledger_by_stored on ledger.mailbox_id = mailbox.id and ledger.stored_at >= ?
          where ledger.state <> 'announced' group by id`,
    args: [args.sinceAt],
  });
  const removed = await client.execute({
    sql: `select mailbox_id as id, count(*) as messages from mailbox_message indexed by mailbox_message_kept
          where keep_until is not null and keep_until > ? group by mailbox_id`,
    args: [args.now],
  });
  return {
    stored: stored.rows.map((row) => ({
      mailboxId: Number(row.id),
      messages: Number(row.messages),
      octets: Number(row.octets),
    })),
    removed: removed.rows.map((row) => ({ mailboxId: Number(row.id), messages: Number(row.messages) })),
  };
}
