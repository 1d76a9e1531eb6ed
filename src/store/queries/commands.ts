import { statSync } from "node:fs";
import { and, asc, gte, inArray, sql } from "drizzle-orm";
import { type Database, schemaState } from "../database.ts";
import { NO_ROOM_WITHIN, type RoomWithin } from "../room.ts";
import { ledger, session } from "../schema.ts";

/** Attempts that are looked at to say how each upstream fared, the newest. */
const ATTEMPTS_LOOKED_AT = 5_000;

/** What a command must know of a database before it reads anything else. */
export async function databaseState(database: Database, _args: null) {
  const schema = await schemaState(database);
  return { schema };
}

/** Whether the database is sound: "ok", or what SQLite found, at most ten lines. Reads all of it. */
export async function databaseFaults({ client }: Database, _args: null): Promise<string[]> {
  const { rows } = await client.execute("pragma quick_check(10)");
  const lines = rows.map((row) => String(row["quick_check"] ?? Object.values(row)[0]));
  return lines.length === 1 && lines[0] === "ok" ? [] : lines;
}

/** Writes a consistent copy into a file that is not there yet; writers go on meanwhile. */
export async function copyDatabase({ client }: Database, args: { readonly path: string }): Promise<void> {
  await client.execute({ sql: "vacuum into ?", args: [args.path] });
}

/** Copies what stands in the log into the database file and empties the log: the file alone holds everything then. */
export async function emptyLog({ client }: Database, _args: null): Promise<void> {
  await client.execute("pragma wal_checkpoint(truncate)");
}

/** The room within the files of the database; none is known of a libSQL server's. */
export async function roomWithin({ client, local }: Database, _args: null): Promise<RoomWithin> {
  if (!local) return NO_ROOM_WITHIN;
  const { rows } = await client.execute(
    `select freelist_count * page_size as octets, (select file from pragma_database_list where name = 'main') as file
     from pragma_freelist_count, pragma_page_size`,
  );
  return {
    reusableOctets: Number(rows[0]?.["octets"] ?? 0),
    logOctets: statSync(`${rows[0]?.["file"]}-wal`, { throwIfNoEntry: false })?.size ?? 0,
  };
}

/** The newest id of a message, mailbox message or session; 0 when there is none. The clock never was behind its time. */
export async function newestId({ client }: Database, _args: null): Promise<number> {
  const { rows } = await client.execute(
    `select max(coalesce((select max(id) from message), 0), coalesce((select max(id) from mailbox_message), 0),
                coalesce((select max(id) from session), 0)) as id`,
  );
  return Number(rows[0]?.id ?? 0);
}

/** How an upstream fared last. */
export interface LastAttempt {
  readonly upstream: string;
  readonly startedAt: number;
  readonly outcome: "delivered" | "deferred" | "refused" | "unknown" | "mixed";
  readonly reply: string;
  /** When it last took a message; null when it took none of the newest. */
  readonly deliveredAt: number | null;
}

/** The last attempt at each upstream, among the newest attempts. */
export async function lastAttempts({ client }: Database, _args: null): Promise<LastAttempt[]> {
  const { rows } = await client.execute({
    sql: `with newest as (select * from delivery order by id desc limit ?),
               delivered as (select upstream, max(started_at) as at from newest where outcome = 'delivered' group by upstream)
          select upstream, max(id) as id, started_at, outcome, reply,
                 (select at from delivered where delivered.upstream = newest.upstream) as delivered_at
          from newest where upstream <> '' group by upstream order by upstream`,
    args: [ATTEMPTS_LOOKED_AT],
  });
  return rows.map((row) => ({
    upstream: String(row.upstream),
    startedAt: Number(row.started_at),
    outcome: String(row.outcome) as LastAttempt["outcome"],
    reply: String(row.reply),
    deliveredAt: row.delivered_at === null ? null : Number(row.delivered_at),
  }));
}

/** The messages that wait or are held: how many, their octets, and since when the oldest is there. */
export async function queueSize({ client }: Database, _args: null) {
  const { rows } = await client.execute(
    `with queued as (select message_id, max(state) as state from recipient where state in ('waiting', 'held')
       group by message_id)
     select count(*) as messages, coalesce(sum(state = 'held'), 0) as held, coalesce(sum(message.size), 0) as octets,
            min(message.received_at) as oldest
     from queued join message on message.id = queued.message_id`,
  );
  const row = rows[0]!;
  const heldMessages = Number(row.held);
  return {
    waitingMessages: Number(row.messages) - heldMessages,
    heldMessages,
    octets: Number(row.octets),
    oldestAt: row.oldest === null ? null : Number(row.oldest),
  };
}

/** What was fetched into a mailbox and removed from its source since a time. */
export async function fetchedSince(
  { db }: Database,
  args: { readonly mailboxId: number; readonly sinceAt: number },
) {
  // By the ledger: mail of one source may go into the mailboxes of several accounts.
  const [stored] = await db.select({
    messages: sql<number>`count(*)`,
    octets: sql<number>`coalesce(sum(${ledger.size}), 0)`,
  }).from(ledger).where(and(
    sql`${ledger.mailboxId} = ${args.mailboxId}`,
    sql`${ledger.state} <> 'announced'`,
    gte(ledger.storedAt, args.sinceAt),
  ));
  const [removed] = await db.select({ messages: sql<number>`count(*)` }).from(ledger).where(and(
    sql`${ledger.mailboxId} = ${args.mailboxId}`,
    sql`${ledger.state} = 'delete-confirmed'`,
    gte(ledger.changedAt, args.sinceAt),
  ));
  return { fetched: stored!.messages, octets: stored!.octets, removed: removed!.messages };
}

/** Sessions by their ids, the oldest first; those that were forgotten or not yet written are missing. */
export async function sessionsByIds({ db }: Database, args: { readonly ids: readonly number[] }) {
  if (args.ids.length === 0) return [];
  return await db.select().from(session).where(inArray(session.id, [...args.ids])).orderBy(asc(session.id));
}
