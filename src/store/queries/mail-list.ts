import { asc, eq, inArray } from "drizzle-orm";
import type { Database } from "../database.ts";
import { mailbox, mailboxMessage, message, recipient } from "../schema.ts";
import type { MailChoice, MailTerm } from "./mail-choice.ts";

/** The newest messages that are looked through one by one: of those that the index does not have yet, and without an index. */
const UNINDEXED_SEARCHED = 2_000;
const MESSAGES_SEARCHED = 20_000;

const RECIPIENT_STATES: ReadonlySet<string> = new Set(["waiting", "held", "delivered", "bounced", "removed"]);
const MAILBOX_STATES: Readonly<Record<string, string>> = {
  unread: "m.read_by_session_id is null and m.deleted_at is null",
  read: "m.read_by_session_id is not null and m.deleted_at is null",
  deleted: "m.deleted_at is not null",
};

type Kind = "message" | "mailbox_message";
interface Condition {
  readonly sql: string;
  readonly args: (string | number)[];
}

/** Messages and mailbox messages that fit, the newest first. */
export async function mailList(database: Database, choice: MailChoice) {
  const { terms, indexed, inContent, limit } = choice;
  // Names of files stand in letters.
  const kinds = inContent || terms.every(({ field }) => field !== "names") ? kindsOf(choice) : [];
  const ids = new Set<number>();
  for (const kind of kinds) {
    if (terms.length === 0) await take(ids, database, newest(kind, choice));
    else {
      const searched = indexed ? UNINDEXED_SEARCHED : MESSAGES_SEARCHED;
      await take(ids, database, scan(kind, choice, searched));
    }
  }
  if (terms.length > 0 && indexed && kinds.length > 0) {
    if (!isNarrow(choice)) await take(ids, database, lookUp(kinds, choice));
    else for (const kind of kinds) await take(ids, database, lookUpWithin(kind, choice));
  }
  return await load(database, [...ids].sort((a, b) => b - a).slice(0, limit));
}

async function take(ids: Set<number>, { client }: Database, { sql, args }: Condition): Promise<void> {
  for (const row of (await client.execute({ sql, args })).rows) ids.add(Number(row.id));
}

/** The kinds of messages that may fit. */
function kindsOf({ direction, state }: MailChoice): Kind[] {
  const isOfRecipients = state === undefined || RECIPIENT_STATES.has(state);
  const isOfMailboxes = state === undefined || state in MAILBOX_STATES;
  return [
    ...direction !== "in" && isOfRecipients ? ["message" as const] : [],
    ...direction !== "out" && isOfMailboxes ? ["mailbox_message" as const] : [],
  ];
}

/** What a row `m` of a kind must fulfil beside its words: "and …", or nothing. */
function conditionsOf(kind: Kind, { state, account, fromId, toId, before, messageId }: MailChoice): Condition {
  const parts: string[] = [];
  const args: (string | number)[] = [];
  const add = (sql: string, ...values: (string | number)[]) => {
    parts.push(`and ${sql}`);
    args.push(...values);
  };
  if (messageId !== undefined) add("m.message_id = ?", messageId);
  if (before !== null) add("m.id < ?", before);
  if (toId !== undefined) add("m.id < ?", toId);
  if (fromId !== undefined) add("m.id >= ?", fromId);
  if (state !== undefined) {
    if (kind === "mailbox_message") add(MAILBOX_STATES[state]!);
    // Written out: it is one of a few words, and only so the index of the state is used.
    else add(`exists (select 1 from recipient where recipient.message_id = m.id and recipient.state = '${state}')`);
  }
  if (account !== null) {
    add(
      kind === "message"
        ? "m.account = ? collate nocase"
        : "m.mailbox_id in (select id from mailbox where account = ? collate nocase)",
      account,
    );
  }
  return { sql: parts.join(" "), args };
}

function newest(kind: Kind, choice: MailChoice): Condition {
  const { sql, args } = conditionsOf(kind, choice);
  const few = kind === "message" ? fewIds(choice) : "";
  return {
    sql: `select m.id from ${kind} as m where true ${few} ${sql} order by m.id desc limit ?`,
    args: [...args, choice.limit],
  };
}

/** The messages of a state that few have, by its index. */
function fewIds({ state }: MailChoice): string {
  if (state === undefined || state === "delivered" || !RECIPIENT_STATES.has(state)) return "";
  return `and m.id in (select message_id from recipient where state = '${state}'${
    state === "bounced" || state === "removed" ? " and state in ('bounced', 'removed')" : ""
  })`;
}

/** The newest messages, each looked at: all that the index has not, or all. */
function scan(kind: Kind, choice: MailChoice, searched: number): Condition {
  const { sql, args } = conditionsOf(kind, choice);
  const likes = choice.terms.map((term) => likeOf(kind, term));
  const missing = choice.indexed ? "and not exists (select 1 from mail_index_docsize as d where d.id = m.id)" : "";
  return {
    sql: `select m.id from (select * from ${kind} order by id desc limit ?) as m
          where true ${missing} ${sql} ${
      likes.map((like) => `and (${like.sql})`).join(" ")
    } order by m.id desc limit ?`,
    args: [searched, ...args, ...likes.flatMap((like) => like.args), choice.limit],
  };
}

function likeOf(kind: Kind, { field, text }: MailTerm): Condition {
  const like = `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
  const recipients = kind === "message"
    ? "exists (select 1 from recipient where recipient.message_id = m.id and address like ? escape '\\')"
    : "exists (select 1 from mailbox where mailbox.id = m.mailbox_id and account like ? escape '\\')";
  const all: Readonly<Record<string, string>> = {
    sender: "m.sender like ? escape '\\'",
    subject: "m.subject like ? escape '\\'",
    recipients,
  };
  // Names of files stand in the message alone, which nobody looks into here.
  if (field === "names") return { sql: "false", args: [] };
  const parts = field === "any" ? [...Object.values(all), "m.message_id like ? escape '\\'"] : [all[field]!];
  return { sql: parts.join(" or "), args: parts.map(() => like) };
}

/** By the full-text index, in which all kinds stand in one order. */
function lookUp(kinds: readonly Kind[], choice: MailChoice): Condition {
  const parts = kinds.map((kind) => {
    const { sql, args } = conditionsOf(kind, { ...choice, before: null, fromId: undefined, toId: undefined });
    return { sql: `exists (select 1 from ${kind} as m where m.id = f.rowid ${sql})`, args };
  });
  const before = Math.min(choice.before ?? Infinity, choice.toId ?? Infinity, Number.MAX_SAFE_INTEGER);
  return {
    sql: `select f.rowid as id from mail_index as f where mail_index match ? and f.rowid < ? and f.rowid >= ?
            and (${parts.map((part) => part.sql).join(" or ")}) order by f.rowid desc limit ?`,
    args: [
      matchOf(choice),
      before,
      choice.fromId ?? 0,
      ...parts.flatMap((part) => part.args),
      choice.limit,
    ],
  };
}

/** Whether few messages may fit beside their words: then it is quicker to look those up than to walk all that have the words. */
function isNarrow({ account, state }: MailChoice): boolean {
  return account !== null || (state !== undefined && state !== "delivered" && RECIPIENT_STATES.has(state));
}

/** Messages of a kind that fit, as far as the full-text index finds them. */
function lookUpWithin(kind: Kind, choice: MailChoice): Condition {
  const { sql, args } = conditionsOf(kind, choice);
  return {
    sql: `select m.id from ${kind} as m where true ${kind === "message" ? fewIds(choice) : ""}
            and m.id in (select rowid from mail_index where mail_index match ?) ${sql} order by m.id desc limit ?`,
    args: [matchOf(choice), ...args, choice.limit],
  };
}

/** Terms as the index is asked. Within quotes nothing is an operator: what people write is only ever words. */
function matchOf({ terms, inContent }: MailChoice): string {
  return terms.map(({ field, text, isPhrase }) => {
    const words = `"${text.replaceAll("\0", " ").replaceAll('"', '""')}"${isPhrase ? "" : " *"}`;
    if (field !== "any") return `${field} : ${words}`;
    return inContent ? words : `{sender recipients subject} : ${words}`;
  }).join(" AND ");
}

async function load({ db }: Database, ids: readonly number[]) {
  if (ids.length === 0) return { queued: [], cached: [] };
  const messages = await db.select().from(message).where(inArray(message.id, [...ids]));
  const recipients = messages.length === 0 ? [] : await db.select().from(recipient)
    .where(inArray(recipient.messageId, messages.map(({ id }) => id))).orderBy(
      asc(recipient.messageId),
      asc(recipient.position),
    );
  const byMessage = Map.groupBy(recipients, (row) => row.messageId);
  const cached = messages.length === ids.length
    ? []
    : await db.select({ message: mailboxMessage, mailbox }).from(mailboxMessage)
      .innerJoin(mailbox, eq(mailbox.id, mailboxMessage.mailboxId)).where(inArray(mailboxMessage.id, [...ids]));
  return { queued: messages.map((row) => ({ message: row, recipients: byMessage.get(row.id) ?? [] })), cached };
}
