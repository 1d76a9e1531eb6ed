import { asc, desc, eq, inArray } from "drizzle-orm";
import type { Database } from "../database.ts";
import { mailbox, mailboxMessage, message, recipient } from "../schema.ts";

/** Messages that a search by words looks at: the newest of the queue's, and as many of the mailboxes'. */
const MESSAGES_SEARCHED = 20_000;

/** Whether an id is that of a message, of a mailbox message or of a session. `account`: of one of that account; null: of any. */
export async function kindOfId({ client }: Database, args: { readonly id: number; readonly account: string | null }) {
  const { rows } = await client.execute({
    sql: `select 'message' as kind from message where id = :id and ${isOf("account")}
          union all select 'mailbox-message' from mailbox_message where id = :id and ${IN_MAILBOX}
          union all select 'session' from session where id = :id and ${isOf("account")}`,
    args: { id: args.id, account: args.account },
  });
  return (rows[0]?.kind ?? null) as "message" | "mailbox-message" | "session" | null;
}

/** That a row is of the account which is asked for, or that none is: logins are the same in any case. */
function isOf(column: string): string {
  return `(:account is null or ${column} = :account collate nocase)`;
}

const IN_MAILBOX =
  `(:account is null or mailbox_id in (select id from mailbox where account = :account collate nocase))`;

/** Which messages of a search: `limit` of each kind, the newest of those whose ids are smaller than `before`. */
interface Part {
  readonly before: number;
  readonly limit: number;
  readonly account: string | null;
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
    /** Only mail of this account; null: all. */
    readonly account: string | null;
  },
) {
  const part = { before: args.before ?? Number.MAX_SAFE_INTEGER, limit: args.limit, account: args.account };
  const ids = args.messageId === null ? null : await byMessageId(database, args.messageId, part);
  if (ids && (ids.queued.length > 0 || ids.cached.length > 0)) return await load(database, ids, true);
  return await load(database, await byWords(database, args.words, part), false);
}

interface Found {
  readonly queued: readonly number[];
  readonly cached: readonly number[];
}

async function byMessageId({ client }: Database, messageId: string, part: Part): Promise<Found> {
  const args = { ...part, messageId };
  const queued = await client.execute({
    sql: `select id from message where message_id = :messageId and id < :before and ${isOf("account")}
          order by id desc limit :limit`,
    args,
  });
  const cached = await client.execute({
    sql: `select id from mailbox_message where message_id = :messageId and id < :before and ${IN_MAILBOX}
          order by id desc limit :limit`,
    args,
  });
  return { queued: queued.rows.map((row) => Number(row.id)), cached: cached.rows.map((row) => Number(row.id)) };
}

async function byWords({ client }: Database, words: string, part: Part): Promise<Found> {
  const args = { ...part, searched: MESSAGES_SEARCHED, like: `%${words.replaceAll(/[\\%_]/g, "\\$&")}%` };
  const queued = await client.execute({
    sql: `select id from (select id, sender, subject, message_id from message where ${isOf("account")}
                          order by id desc limit :searched) as newest
          where id < :before and (sender like :like escape '\\' or subject like :like escape '\\'
            or message_id like :like escape '\\'
            or exists (select 1 from recipient where recipient.message_id = newest.id and address like :like escape '\\'))
          order by id desc limit :limit`,
    args,
  });
  const cached = await client.execute({
    sql: `select id from (select id, sender, subject, message_id from mailbox_message where ${IN_MAILBOX}
                          order by id desc limit :searched)
          where id < :before and (sender like :like escape '\\' or subject like :like escape '\\'
            or message_id like :like escape '\\')
          order by id desc limit :limit`,
    args,
  });
  return { queued: queued.rows.map((row) => Number(row.id)), cached: cached.rows.map((row) => Number(row.id)) };
}

async function load({ db }: Database, { queued, cached }: Found, exact: boolean) {
  const messages = queued.length === 0
    ? []
    : await db.select().from(message).where(inArray(message.id, [...queued])).orderBy(desc(message.id));
  const recipients = queued.length === 0 ? [] : await db.select().from(recipient)
    .where(inArray(recipient.messageId, [...queued])).orderBy(asc(recipient.messageId), asc(recipient.position));
  const byMessage = Map.groupBy(recipients, (row) => row.messageId);
  const boxes = cached.length === 0 ? [] : await db.select({ message: mailboxMessage, mailbox }).from(mailboxMessage)
    .innerJoin(mailbox, eq(mailbox.id, mailboxMessage.mailboxId))
    .where(inArray(mailboxMessage.id, [...cached])).orderBy(desc(mailboxMessage.id));
  return {
    /** Whether they were found by their Message-ID. */
    exact,
    queued: messages.map((row) => ({ message: row, recipients: byMessage.get(row.id) ?? [] })),
    cached: boxes,
  };
}
