import { and, desc, eq, gte, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { Hop, SessionOutcome } from "../../dialogue/phases.ts";
import type { Database } from "../database.ts";
import { firstIdAt } from "../ids.ts";
import {
  delivery,
  hopMinute,
  mailbox,
  mailboxMessage,
  message,
  PEER,
  phaseMinute,
  session,
  transcript,
} from "../schema.ts";

/** Rows that a search by a column without an index looks at, the newest. */
const NEWEST_SEARCHED = 20_000;
/** A session that began earlier than this before a span of time is not found by it. */
const LONGEST_SESSION_MS = 86_400_000;
/** Messages that a session is shown to have led to. */
const MESSAGES_OF_SESSION = 100;

/** The exact figures of the minutes from one on: of each hop, and of each of its phases. */
export async function trafficSince({ db }: Database, args: { readonly minute: number }) {
  const hops = await db.select().from(hopMinute).where(gte(hopMinute.minute, args.minute));
  const phases = await db.select().from(phaseMinute).where(gte(phaseMinute.minute, args.minute));
  return { hops, phases };
}

/** Which sessions a list shows. Absent fields: all. */
export interface SessionFilter {
  readonly hop?: Hop | undefined;
  /** "unfinished": every outcome but completed. */
  readonly outcome?: SessionOutcome | "unfinished" | undefined;
  /** The phase in which they ended. */
  readonly endedIn?: string | undefined;
  /** What the traffic by phase calls its other side; only together with a hop. */
  readonly peer?: string | undefined;
  /** Those that ended at this time or later. */
  readonly fromAt?: number | undefined;
  /** Those that ended before this time. */
  readonly toAt?: number | undefined;
  /** Only sessions with a smaller id: the page after the one that ended there. */
  readonly before?: number | undefined;
  readonly limit: number;
  /** Only those of this account; null, or absent: all. */
  readonly account?: string | null;
}

/** Sessions that have ended, the newest first. A filter by phase looks at the newest NEWEST_SEARCHED. */
export async function sessionList({ db }: Database, filter: SessionFilter) {
  const where: SQL[] = [];
  if (filter.hop) {
    // The plus keeps the index by hop out of it: the few sessions that did not complete have one of their own.
    where.push(filter.outcome === "unfinished" ? sql`+hop = ${filter.hop}` : eq(session.hop, filter.hop));
  }
  if (filter.outcome) {
    // Written out, not bound: the partial index serves only what the database sees at preparation.
    where.push(filter.outcome === "unfinished" ? sql`outcome <> 'completed'` : eq(session.outcome, filter.outcome));
  }
  if (filter.peer !== undefined) {
    where.push(filter.outcome === "unfinished" ? sql`+${PEER} = ${filter.peer}` : sql`${PEER} = ${filter.peer}`);
  }
  if (typeof filter.account === "string") where.push(eq(session.account, filter.account));
  where.push(...endedWithin(filter));
  if (filter.before !== undefined) where.push(lt(session.id, filter.before));
  if (filter.endedIn === undefined) {
    return await db.select().from(session).where(and(...where)).orderBy(desc(session.id)).limit(filter.limit);
  }
  const newest = db.select().from(session).where(and(...where)).orderBy(desc(session.id)).limit(NEWEST_SEARCHED)
    .as("newest");
  return await db.select().from(newest).where(eq(newest.endedIn, filter.endedIn)).orderBy(desc(newest.id))
    .limit(filter.limit);
}

/** Ids tell when sessions began: they bound what is looked at. */
function endedWithin({ fromAt, toAt }: SessionFilter): SQL[] {
  const where: SQL[] = [];
  if (fromAt !== undefined) {
    where.push(gte(session.id, firstIdAt(fromAt - LONGEST_SESSION_MS)), sql`started_at + duration_ms >= ${fromAt}`);
  }
  if (toAt !== undefined) where.push(lt(session.id, firstIdAt(toAt)), sql`started_at + duration_ms < ${toAt}`);
  return where;
}

/** A session with its transcript, or null. The transcript is null once it has been forgotten. */
export async function sessionDetail({ db }: Database, args: { readonly id: number }) {
  const [row] = await db.select().from(session).where(eq(session.id, args.id));
  if (!row) return null;
  const [lines] = await db.select().from(transcript).where(eq(transcript.sessionId, args.id));
  return { session: row, transcript: lines ?? null };
}

/**
 * What a session led to: the messages it brought, tried to deliver, fetched or read. Ids grow with time, so a range of ids
 * takes the place of an index by session.
 */
export async function messagesOfSession(
  { db }: Database,
  args: { readonly id: number; readonly hop: Hop; readonly fromId: number; readonly toId: number },
) {
  const within = sql`between ${args.fromId} and ${args.toId}`;
  if (args.hop === "smtp-server") {
    const rows = await db.select().from(message).where(
      and(sql`${message.id} ${within}`, eq(message.sessionId, args.id)),
    ).limit(MESSAGES_OF_SESSION);
    return rows.map((row) => ({ ...row, outcome: null }));
  }
  if (args.hop === "smtp-client") {
    const tried = await db.select().from(delivery)
      .where(and(sql`${delivery.id} ${within}`, eq(delivery.sessionId, args.id))).limit(MESSAGES_OF_SESSION);
    if (tried.length === 0) return [];
    const rows = await db.select().from(message).where(inArray(message.id, tried.map((row) => row.messageId)));
    const outcomes = new Map(tried.map((row) => [row.messageId, row.outcome]));
    return rows.map((row) => ({ ...row, outcome: outcomes.get(row.id) ?? null }));
  }
  if (args.hop === "pop3-client") {
    const rows = await db.select().from(mailboxMessage)
      .where(and(sql`${mailboxMessage.id} ${within}`, eq(mailboxMessage.sessionId, args.id)))
      .limit(MESSAGES_OF_SESSION);
    return await withAccounts(db, rows);
  }
  // What a client read was fetched before its session began.
  const newest = db.select().from(mailboxMessage).where(lt(mailboxMessage.id, args.toId)).orderBy(
    desc(mailboxMessage.id),
  ).limit(NEWEST_SEARCHED).as("newest");
  const rows = await db.select().from(newest).where(eq(newest.readBySessionId, args.id)).limit(MESSAGES_OF_SESSION);
  return await withAccounts(db, rows);
}

/** Mailbox messages with the accounts whose they are: a source may fill the mailboxes of several. */
async function withAccounts(db: Database["db"], rows: readonly (typeof mailboxMessage.$inferSelect)[]) {
  const ids = [...new Set(rows.map((row) => row.mailboxId))];
  const boxes = await db.select({ id: mailbox.id, account: mailbox.account }).from(mailbox)
    .where(inArray(mailbox.id, ids));
  const accounts = new Map(boxes.map(({ id, account }) => [id, account]));
  return rows.map((row) => ({ ...row, account: accounts.get(row.mailboxId) ?? null, outcome: null }));
}
