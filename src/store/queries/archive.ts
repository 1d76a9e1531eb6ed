import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, ne, or, sql } from "drizzle-orm";
import type { Database } from "../database.ts";
import { hidden, mailboxMessage } from "../schema.ts";

/**
 * What tells the messages of a mailbox apart that are served, one a line: "id size Message-ID". One text for the reason of
 * `servedMessages`.
 */
export async function knownMessages({ db }: Database, args: { readonly mailboxId: number }): Promise<string> {
  const { id, size, messageId, mailboxId, deletedAt } = mailboxMessage;
  const line = sql<string>`${id} || ' ' || ${size} || ' ' || ${messageId}`;
  const [row] = await db.select({ text: sql<string>`coalesce(group_concat(${line}, char(10)), '')` })
    .from(mailboxMessage).where(and(eq(mailboxId, args.mailboxId), isNull(deletedAt)));
  return row!.text;
}

/** The messages of mailboxes that are served, notices left out, the oldest first, behind an id. */
export async function messagesAfter(
  { db }: Database,
  args: { readonly mailboxIds: readonly number[]; readonly after: number; readonly limit: number },
) {
  return await db.select().from(mailboxMessage).where(and(
    inArray(mailboxMessage.mailboxId, [...args.mailboxIds]),
    isNull(mailboxMessage.deletedAt),
    isNull(mailboxMessage.noticeOctets),
    gt(mailboxMessage.id, args.after),
  )).orderBy(asc(mailboxMessage.id)).limit(args.limit);
}

/** Messages of mailboxes that were deleted, for all clients or for some, and can be restored; the latest first. */
export async function restorableMessages(
  { db }: Database,
  args: { readonly mailboxIds: readonly number[]; readonly limit: number },
) {
  const hiddenAt = db.select({ id: hidden.mailboxMessageId, at: sql<number>`max(${hidden.hiddenAt})`.as("at") })
    .from(hidden).groupBy(hidden.mailboxMessageId).as("hidden_at");
  return await db.select({
    message: mailboxMessage,
    at: sql<number>`coalesce(${mailboxMessage.deletedAt}, ${hiddenAt.at})`,
  }).from(mailboxMessage).leftJoin(hiddenAt, eq(hiddenAt.id, mailboxMessage.id)).where(and(
    inArray(mailboxMessage.mailboxId, [...args.mailboxIds]),
    or(isNotNull(mailboxMessage.deletedAt), isNotNull(hiddenAt.id)),
    // A notice in whose place the message has come.
    or(isNull(mailboxMessage.deletedBy), ne(mailboxMessage.deletedBy, "replaced")),
  )).orderBy(desc(sql`2`), desc(mailboxMessage.id)).limit(args.limit);
}
