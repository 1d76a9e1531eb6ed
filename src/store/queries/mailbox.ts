import { and, asc, desc, eq, gte, inArray, isNull, ne, notExists, sql } from "drizzle-orm";
import type { Database } from "../database.ts";
import { hidden, ledger, mailbox, mailboxCount, mailboxMessage } from "../schema.ts";

/** All mailboxes. */
export async function mailboxes({ db }: Database, _args: null) {
  return await db.select().from(mailbox).orderBy(mailbox.account, mailbox.source);
}

/** Mailboxes with what is served of them. */
export async function mailboxTotals({ db }: Database, _args: null) {
  const { messages, octets, unread } = mailboxCount;
  return await db.select({ mailbox, messages, octets, unread }).from(mailbox)
    .innerJoin(mailboxCount, eq(mailboxCount.mailboxId, mailbox.id)).orderBy(mailbox.account, mailbox.source);
}

/**
 * The ledger of a mailbox, a row a line: "state storedAt changedAt size requestedAt uidl", requestedAt 0 where nobody asked;
 * "" when it is empty. One text for the reason of `servedMessages`: a poll reads all of it, and mostly finds nothing new.
 */
export async function ledgerOf({ db }: Database, args: { readonly mailboxId: number }): Promise<string> {
  const { state, storedAt, changedAt, size, requestedAt, uidl, mailboxId } = ledger;
  const line = sql<
    string
  >`${state} || ' ' || ${storedAt} || ' ' || ${changedAt} || ' ' || ${size} || ' ' || coalesce(${requestedAt}, 0) || ' ' || ${uidl}`;
  const [row] = await db.select({ text: sql<string>`coalesce(group_concat(${line}, char(10)), '')` }).from(ledger)
    .where(eq(mailboxId, args.mailboxId));
  return row!.text;
}

/**
 * What a POP3 session lists: the messages that are served, oldest first, one a line: "id octets uidl". One text, because a
 * row of its own for each of 200,000 messages costs three times the time and ten times the memory; in shared memory,
 * because a string is copied three times on its way.
 */
export async function servedMessages(
  { db }: Database,
  args: {
    readonly mailboxIds: readonly number[];
    /** A client: what it alone has deleted is left out too. Absent: nobody in particular. */
    readonly hiddenFrom?: string | null;
  },
) {
  const lines = db.select({
    line: sql<string>`${mailboxMessage.id} || ' ' || ${mailboxMessage.size} || ' ' || ${mailboxMessage.uidl}`.as(
      "line",
    ),
  })
    .from(mailboxMessage)
    .where(and(
      inArray(mailboxMessage.mailboxId, [...args.mailboxIds]),
      isNull(mailboxMessage.deletedAt),
      (args.hiddenFrom ?? null) === null ? undefined : notExists(
        db.select({ one: sql`1` }).from(hidden).where(
          and(eq(hidden.mailboxMessageId, mailboxMessage.id), eq(hidden.client, args.hiddenFrom!)),
        ),
      ),
    ))
    // SQLite keeps the order of a subquery for group_concat.
    .orderBy(asc(mailboxMessage.id)).as("lines");
  const text = sql<ArrayBuffer>`cast(coalesce(group_concat(${lines.line}, char(10)), '') as blob)`;
  const [row] = await db.select({ text }).from(lines);
  const shared = new Uint8Array(new SharedArrayBuffer(row!.text.byteLength));
  shared.set(new Uint8Array(row!.text));
  return shared;
}

/** The newest messages of a mailbox, deleted ones too. */
export async function newestMailboxMessages(
  { db }: Database,
  args: { readonly mailboxId: number; readonly limit: number },
) {
  return await db.select().from(mailboxMessage).where(eq(mailboxMessage.mailboxId, args.mailboxId))
    .orderBy(desc(mailboxMessage.id)).limit(args.limit);
}

/** Mailbox messages with a Message-ID, with their mailbox and what the ledger says. */
export async function mailboxMessagesByMessageId({ db }: Database, args: { readonly messageId: string }) {
  return await db.select({ message: mailboxMessage, mailbox, ledger }).from(mailboxMessage)
    .innerJoin(mailbox, eq(mailbox.id, mailboxMessage.mailboxId))
    .leftJoin(ledger, eq(ledger.mailboxMessageId, sql`coalesce(${mailboxMessage.copyOf}, ${mailboxMessage.id})`))
    .where(eq(mailboxMessage.messageId, args.messageId)).orderBy(desc(mailboxMessage.id)).limit(100);
}

/** Which of some Message-IDs are known of the source of a mailbox, whosever mailbox it filled. */
export async function knownMessageIds(
  { db }: Database,
  args: { readonly mailboxId: number; readonly messageIds: readonly string[] },
): Promise<string[]> {
  const own = db.select({ source: mailbox.source }).from(mailbox).where(eq(mailbox.id, args.mailboxId));
  const rows = await db.selectDistinct({ messageId: mailboxMessage.messageId }).from(mailboxMessage)
    .innerJoin(mailbox, eq(mailbox.id, mailboxMessage.mailboxId))
    .where(and(inArray(mailboxMessage.messageId, [...args.messageIds]), eq(mailbox.source, own)));
  return rows.map(({ messageId }) => messageId);
}

/** The UIDLs of a source's stored messages that clients have deleted here, every copy of them. */
export async function deletedHere({ client }: Database, args: { readonly mailboxId: number }): Promise<string[]> {
  const { rows } = await client.execute({
    sql: `select ledger.uidl as uidl from ledger join mailbox_message as first on first.id = ledger.mailbox_message_id
          where ledger.mailbox_id = ? and ledger.state = 'stored' and first.deleted_at is not null
            and coalesce(first.deleted_by, 'client') = 'client'
            and not exists (select 1 from mailbox_message as copy where copy.copy_of = first.id
              and (copy.deleted_at is null or coalesce(copy.deleted_by, 'client') <> 'client'))`,
    args: [args.mailboxId],
  });
  return rows.map((row) => String(row.uidl));
}

/** The id of the message that a row of the ledger stands for; null when it is here no more. */
export async function messageOfLedger(
  { db }: Database,
  args: { readonly mailboxId: number; readonly uidl: string },
): Promise<number | null> {
  const [row] = await db.select({ id: mailboxMessage.id }).from(ledger)
    .innerJoin(mailboxMessage, eq(mailboxMessage.id, ledger.mailboxMessageId))
    .where(and(eq(ledger.mailboxId, args.mailboxId), eq(ledger.uidl, args.uidl)));
  return row?.id ?? null;
}

/** Messages of a source that were stored since a time, and their octets. */
export async function storedSince(
  { db }: Database,
  args: { readonly mailboxId: number; readonly sinceAt: number },
) {
  const [row] = await db.select({
    messages: sql<number>`count(*)`,
    octets: sql<number>`coalesce(sum(${ledger.size}), 0)`,
  }).from(ledger).where(
    and(eq(ledger.mailboxId, args.mailboxId), gte(ledger.storedAt, args.sinceAt), ne(ledger.state, "announced")),
  );
  return row!;
}
