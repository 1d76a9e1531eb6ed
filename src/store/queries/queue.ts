import { and, asc, desc, eq, inArray, isNull, lte, min, sql } from "drizzle-orm";
import type { Database } from "../database.ts";
import { delivery, message, recipient, session, transcript } from "../schema.ts";

/** Written out, so that the partial index of those who wait can serve: it cannot for a value that is bound. */
const WAITING = sql`${recipient.state} = 'waiting'`;

/** A message with the recipients that are due, for the worker that delivers. */
export interface DueMessage {
  readonly message: typeof message.$inferSelect;
  readonly recipients: (typeof recipient.$inferSelect)[];
}

/** Messages with recipients that are due, the longest due first. */
export async function dueMessages(
  { db }: Database,
  args: { readonly now: number; readonly limit: number; readonly except: readonly number[] },
): Promise<DueMessage[]> {
  const excluded = JSON.stringify(args.except);
  const due = await db.select({ id: recipient.messageId }).from(recipient)
    .where(and(
      WAITING,
      lte(recipient.nextAttemptAt, args.now),
      sql`${recipient.messageId} not in (select value from json_each(${excluded}))`,
    ))
    .groupBy(recipient.messageId).orderBy(asc(min(recipient.nextAttemptAt))).limit(args.limit);
  return await messagesWith({ db } as Database, due.map((row) => row.id), args.now);
}

async function messagesWith({ db }: Database, ids: number[], now: number): Promise<DueMessage[]> {
  if (ids.length === 0) return [];
  const messages = await db.select().from(message).where(inArray(message.id, ids));
  const recipients = await db.select().from(recipient).where(and(
    inArray(recipient.messageId, ids),
    eq(recipient.state, "waiting"),
    lte(recipient.nextAttemptAt, now),
  )).orderBy(recipient.messageId, recipient.position);
  const byMessage = Map.groupBy(recipients, (row) => row.messageId);
  const order = new Map(ids.map((id, index) => [id, index]));
  return messages.sort((a, b) => order.get(a.id)! - order.get(b.id)!)
    .map((row) => ({ message: row, recipients: byMessage.get(row.id) ?? [] }));
}

/** When the next recipient is due, or null when none waits. */
export async function nextDueAt({ db }: Database, _args: null): Promise<number | null> {
  const rows = await db.select({ at: min(recipient.nextAttemptAt) }).from(recipient).where(WAITING);
  return rows[0]?.at ?? null;
}

/** A message in the queue as lists show it. */
export interface QueuedMessage {
  readonly message: typeof message.$inferSelect;
  readonly recipients: (typeof recipient.$inferSelect)[];
}

/** Messages that are not done yet, the newest first. */
export async function queuedMessages({ db }: Database, args: { readonly limit: number }): Promise<QueuedMessage[]> {
  const messages = await db.select().from(message).where(isNull(message.doneAt)).orderBy(desc(message.id))
    .limit(args.limit);
  if (messages.length === 0) return [];
  const recipients = await db.select().from(recipient)
    .where(inArray(recipient.messageId, messages.map((row) => row.id))).orderBy(recipient.position);
  const byMessage = Map.groupBy(recipients, (row) => row.messageId);
  return messages.map((row) => ({ message: row, recipients: byMessage.get(row.id) ?? [] }));
}

/** How many messages wait or are held, and their octets. */
export async function queueTotals({ db }: Database, _args: null) {
  const totals = await db.select({ messages: sql<number>`count(*)`, octets: sql<number>`coalesce(sum(size), 0)` })
    .from(message).where(isNull(message.doneAt));
  const states = await db.select({ state: recipient.state, count: sql<number>`count(*)` }).from(recipient)
    .innerJoin(message, eq(message.id, recipient.messageId)).where(isNull(message.doneAt)).groupBy(recipient.state);
  return { ...totals[0]!, recipients: Object.fromEntries(states.map((row) => [row.state, row.count])) };
}

/** Everything known of one message, or null. */
export async function messageHistory({ db }: Database, args: { readonly id: number }) {
  const [row] = await db.select().from(message).where(eq(message.id, args.id));
  if (!row) return null;
  const recipients = await db.select().from(recipient).where(eq(recipient.messageId, args.id)).orderBy(
    recipient.position,
  );
  const deliveries = await db.select().from(delivery).where(eq(delivery.messageId, args.id)).orderBy(delivery.id);
  const ids = [row.sessionId, ...deliveries.map((attempt) => attempt.sessionId)].filter((id) => id !== null);
  const sessions = ids.length > 0 ? await db.select().from(session).where(inArray(session.id, ids)) : [];
  const transcripts = ids.length > 0
    ? await db.select().from(transcript).where(inArray(transcript.sessionId, ids))
    : [];
  return { message: row, recipients, deliveries, sessions, transcripts };
}

/** Ids of messages with a Message-ID, the newest first. */
export async function messagesByMessageId({ db }: Database, args: { readonly messageId: string }): Promise<number[]> {
  const rows = await db.select({ id: message.id }).from(message).where(eq(message.messageId, args.messageId))
    .orderBy(desc(message.id)).limit(100);
  return rows.map((row) => row.id);
}
