import { and, desc, eq, gt, inArray, ne, sql } from "drizzle-orm";
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
      gt(mailboxMessage.keepUntil, args.now),
      args.mailboxIds === null ? undefined : inArray(mailboxMessage.mailboxId, [...args.mailboxIds]),
    ))
    .orderBy(desc(mailboxMessage.id)).limit(args.limit);
}

/** For each mailbox: what its source brought since a time, and how many messages can be had back that were deleted there. */
export async function fetchFigures({ db }: Database, args: { readonly sinceAt: number; readonly now: number }) {
  const stored = await db.select({
    mailboxId: ledger.mailboxId,
    messages: sql<number>`count(*)`,
    octets: sql<number>`coalesce(sum(${ledger.size}), 0)`,
  }).from(ledger).where(and(sql`${ledger.storedAt} >= ${args.sinceAt}`, ne(ledger.state, "announced")))
    .groupBy(ledger.mailboxId);
  const removed = await db.select({ mailboxId: mailboxMessage.mailboxId, messages: sql<number>`count(*)` })
    .from(mailboxMessage).where(gt(mailboxMessage.keepUntil, args.now)).groupBy(mailboxMessage.mailboxId);
  return { stored, removed };
}
