import { and, desc, eq, inArray, isNull, lte } from "drizzle-orm";
import type { Database } from "../database.ts";
import { delivery, message, ownerAction, recipient, session, transcript } from "../schema.ts";
import { PRIORITIES } from "./turn.ts";

/** A message with the recipients that are due, for the worker that delivers. */
export interface DueMessage {
  readonly message: typeof message.$inferSelect;
  readonly recipients: (typeof recipient.$inferSelect)[];
}

/** Recipients that are looked at in one read for each priority: those of one message may be many. */
const DUE_ROWS = 2_000;

/** Which messages are wanted. */
export interface DueChoice {
  readonly now: number;
  /** The most messages. */
  readonly limit: number;
  /** Messages that are in hand already. */
  readonly except: readonly number[];
  /** Upstreams that take nothing more at the moment: what was last tried by them, or waits for them, is passed over. */
  readonly full: readonly string[];
}

/** Messages with recipients that are due: those of high priority first, then the longest due. */
export async function dueMessages(database: Database, choice: DueChoice): Promise<DueMessage[]> {
  const ids = new Set<number>();
  for (const priority of PRIORITIES) {
    if (ids.size >= choice.limit) break;
    const { rows } = await database.client.execute({
      sql: `select message_id as id, min(at) as at from (
              select message_id, next_attempt_at as at from recipient
              where state = 'waiting' and priority = ? and next_attempt_at <= ?
                and (upstream is null or upstream not in (select value from json_each(?)))
                and message_id not in (select value from json_each(?))
              order by next_attempt_at limit ?)
            group by message_id order by at, message_id limit ?`,
      args: [
        priority,
        choice.now,
        JSON.stringify(choice.full),
        JSON.stringify([...choice.except, ...ids]),
        DUE_ROWS,
        choice.limit - ids.size,
      ],
    });
    for (const row of rows) ids.add(Number(row.id));
  }
  return await messagesWith(database, [...ids], choice.now);
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

/** When the next recipient is due after a time, or null when none is. */
export async function nextDueAt({ client }: Database, args: { readonly after: number }): Promise<number | null> {
  const soonest = PRIORITIES.map((priority) =>
    `select min(next_attempt_at) as at from recipient
     where state = 'waiting' and priority = ${priority} and next_attempt_at > ?`
  );
  const { rows } = await client.execute({
    sql: `select min(at) as at from (${soonest.join(" union all ")})`,
    args: PRIORITIES.map(() => args.after),
  });
  const at = rows[0]?.at ?? null;
  return at === null ? null : Number(at);
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
  const reports = await db.select({ id: message.id, subject: message.subject, receivedAt: message.receivedAt })
    .from(message).where(eq(message.aboutId, args.id)).orderBy(message.id);
  const actions = await db.select().from(ownerAction).where(eq(ownerAction.messageId, args.id)).orderBy(ownerAction.at);
  return { message: row, recipients, deliveries, sessions, transcripts, reports, actions };
}

/** Ids of messages with a Message-ID, the newest first. */
export async function messagesByMessageId({ db }: Database, args: { readonly messageId: string }): Promise<number[]> {
  const rows = await db.select({ id: message.id }).from(message).where(eq(message.messageId, args.messageId))
    .orderBy(desc(message.id)).limit(100);
  return rows.map((row) => row.id);
}
