import { and, asc, desc, eq, inArray, lt } from "drizzle-orm";
import type { Database } from "../database.ts";
import { mailbox, mailboxMessage, message, recipient } from "../schema.ts";

/** Messages that a search by words looks at: the newest of the queue's, and as many of the mailboxes'. */
const MESSAGES_SEARCHED = 20_000;

/** Whether an id is that of a message, of a mailbox message or of a session. */
export async function kindOfId({ client }: Database, args: { readonly id: number }) {
  const { rows } = await client.execute({
    sql: `select 'message' as kind from message where id = ?
          union all select 'mailbox-message' from mailbox_message where id = ?
          union all select 'session' from session where id = ?`,
    args: [args.id, args.id, args.id],
  });
  return (rows[0]?.kind ?? null) as "message" | "mailbox-message" | "session" | null;
}

/** Which messages of a search: `limit` of each kind, the newest of those whose ids are smaller than `before`. */
interface Part {
  readonly before: number;
  readonly limit: number;
}

/**
 * Messages by their Message-ID, or those that have the words in sender, recipient, subject or Message-ID; the newest
 * first, from the one before `before` on.
 */
export async function searchMail(
  database: Database,
  args: {
    readonly messageId: string | null;
    readonly words: string;
    readonly before: number | null;
    readonly limit: number;
  },
) {
  const part = { before: args.before ?? Number.MAX_SAFE_INTEGER, limit: args.limit };
  const ids = args.messageId === null ? null : await byMessageId(database, args.messageId, part);
  if (ids && (ids.queued.length > 0 || ids.cached.length > 0)) return await load(database, ids, true);
  return await load(database, await byWords(database, args.words, part), false);
}

interface Found {
  readonly queued: readonly number[];
  readonly cached: readonly number[];
}

async function byMessageId({ db }: Database, messageId: string, { before, limit }: Part): Promise<Found> {
  const queued = await db.select({ id: message.id }).from(message).where(
    and(eq(message.messageId, messageId), lt(message.id, before)),
  )
    .orderBy(desc(message.id)).limit(limit);
  const cached = await db.select({ id: mailboxMessage.id }).from(mailboxMessage)
    .where(and(eq(mailboxMessage.messageId, messageId), lt(mailboxMessage.id, before))).orderBy(desc(mailboxMessage.id))
    .limit(limit);
  return { queued: queued.map((row) => row.id), cached: cached.map((row) => row.id) };
}

async function byWords({ client }: Database, words: string, { before, limit }: Part): Promise<Found> {
  const like = `%${words.replaceAll(/[\\%_]/g, "\\$&")}%`;
  const queued = await client.execute({
    sql: `select id from (select id, sender, subject, message_id from message order by id desc limit ?) as newest
          where id < ? and (sender like ? escape '\\' or subject like ? escape '\\' or message_id like ? escape '\\'
            or exists (select 1 from recipient where recipient.message_id = newest.id and address like ? escape '\\'))
          order by id desc limit ?`,
    args: [MESSAGES_SEARCHED, before, like, like, like, like, limit],
  });
  const cached = await client.execute({
    sql: `select id from (select id, sender, subject, message_id from mailbox_message order by id desc limit ?)
          where id < ? and (sender like ? escape '\\' or subject like ? escape '\\' or message_id like ? escape '\\')
          order by id desc limit ?`,
    args: [MESSAGES_SEARCHED, before, like, like, like, limit],
  });
  return { queued: queued.rows.map((row) => Number(row.id)), cached: cached.rows.map((row) => Number(row.id)) };
}

async function load({ db }: Database, { queued, cached }: Found, exact: boolean) {
  const messages = await db.select().from(message).where(inArray(message.id, [...queued])).orderBy(desc(message.id));
  const recipients = await db.select().from(recipient).where(inArray(recipient.messageId, [...queued]))
    .orderBy(asc(recipient.messageId), asc(recipient.position));
  const byMessage = Map.groupBy(recipients, (row) => row.messageId);
  const boxes = await db.select({ message: mailboxMessage, mailbox }).from(mailboxMessage)
    .innerJoin(mailbox, eq(mailbox.id, mailboxMessage.mailboxId))
    .where(inArray(mailboxMessage.id, [...cached])).orderBy(desc(mailboxMessage.id));
  return {
    /** Whether they were found by their Message-ID. */
    exact,
    queued: messages.map((row) => ({ message: row, recipients: byMessage.get(row.id) ?? [] })),
    cached: boxes,
  };
}
