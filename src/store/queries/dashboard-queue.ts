import { asc, inArray, sql } from "drizzle-orm";
import type { Database } from "../database.ts";
import { delivery, message, recipient } from "../schema.ts";
import { queuedIds, type QueueFilter } from "./filter.ts";
import { soonestLimits, soonestWaiting } from "./turn.ts";

/** Waiting recipients that are looked at to say for what mail waits: beyond, figures are of the soonest due. */
const WAITING_LOOKED_AT = 10_000;
/** Reasons for waiting that are told apart. */
const REASONS = 8;

/** Why messages wait, by the upstream that was tried last: how many, since when, and what it said last. */
export interface WaitingGroup {
  /** Null for messages of which no attempt has ended yet, and none was put off. */
  readonly upstream: string | null;
  readonly messages: number;
  readonly lastReply: string | null;
  /** When the oldest of them was tried in vain for the first time; null when none was tried. */
  readonly sinceAt: number | null;
  readonly nextAttemptAt: number;
  /** Some of them go as soon as the upstream answers. */
  readonly awaitsLine: boolean;
}

/** How much waits, and why. */
export async function queueOverview({ client }: Database, _args: null) {
  const counts = await client.execute("select count(*) as recipients from recipient where state = 'waiting'");
  const held = await client.execute(
    "select count(*) as recipients, count(distinct message_id) as messages from recipient where state = 'held'",
  );
  const groups = await client.execute({
    sql: `with due as (${soonestWaiting})
      select case when last_reply is null then null else upstream end as tried,
             count(distinct message_id) as messages, min(message_id) as oldest, max(changed_at) as newest, last_reply,
             min(case when lease_owner is null then next_attempt_at else changed_at end) as next, max(coalesce(awaits_line, 0)) as awaits
      from due group by tried order by messages desc limit ?`,
    args: [...soonestLimits(WAITING_LOOKED_AT), REASONS],
  });
  const reasons: WaitingGroup[] = [];
  for (const row of groups.rows) {
    const upstream = row.tried === null ? null : String(row.tried);
    const first = upstream === null ? null : await client.execute({
      sql:
        "select min(started_at) as at from delivery where message_id = ? and upstream = ? and outcome <> 'delivered'",
      args: [Number(row.oldest), upstream],
    });
    const since = first?.rows[0]?.at ?? null;
    reasons.push({
      upstream,
      messages: Number(row.messages),
      lastReply: row.last_reply === null ? null : String(row.last_reply),
      sinceAt: since === null ? null : Number(since),
      nextAttemptAt: Number(row.next),
      awaitsLine: Number(row.awaits) === 1,
    });
  }
  return {
    recipients: Number(counts.rows[0]!.recipients),
    heldMessages: Number(held.rows[0]!.messages),
    heldRecipients: Number(held.rows[0]!.recipients),
    reasons,
  };
}

/** Messages with recipients that wait, the soonest due first, then those that are held; with all their recipients. */
export async function queueList(
  { db, client }: Database,
  args: { readonly limit: number; readonly filter?: QueueFilter },
) {
  const ids = Object.keys(args.filter ?? {}).length > 0
    ? await filteredIds(client, args.filter ?? {}, args.limit)
    : await soonestIds(client, args.limit);
  if (ids.length === 0) return [];
  const messages = await db.select().from(message).where(inArray(message.id, ids));
  const recipients = await db.select().from(recipient).where(inArray(recipient.messageId, ids))
    .orderBy(asc(recipient.messageId), asc(recipient.position));
  const byId = new Map(messages.map((row) => [row.id, row]));
  const byMessage = Map.groupBy(recipients, (row) => row.messageId);
  return ids.flatMap((id) => {
    const row = byId.get(id);
    return row ? [{ message: row, recipients: byMessage.get(id) ?? [] }] : [];
  });
}

type Client = Database["client"];

async function soonestIds(client: Client, limit: number): Promise<number[]> {
  const waiting = await client.execute({
    sql: `with due as (${soonestWaiting})
          select message_id as id from due group by message_id order by min(next_attempt_at) limit ?`,
    args: [...soonestLimits(limit * 4), limit],
  });
  const held = await client.execute({
    sql: "select distinct message_id as id from recipient where state = 'held' order by message_id limit ?",
    args: [limit],
  });
  return [...new Set([...waiting.rows, ...held.rows].map((row) => Number(row.id)))].slice(0, limit);
}

/** The oldest first. */
async function filteredIds(client: Client, filter: QueueFilter, limit: number): Promise<number[]> {
  const { sql, args } = queuedIds(filter.state === undefined ? ["waiting", "held"] : [filter.state], filter);
  const { rows } = await client.execute({ sql: `${sql} limit ?`, args: [...args, limit] });
  return rows.map((row) => Number(row.id));
}

/** Attempts of the time from `fromId` on, by upstream and outcome; ids grow with time. */
export async function deliveriesSince({ db }: Database, args: { readonly fromId: number }) {
  return await db.select({ upstream: delivery.upstream, outcome: delivery.outcome, count: sql<number>`count(*)` })
    .from(delivery).where(sql`${delivery.id} >= ${args.fromId}`).groupBy(delivery.upstream, delivery.outcome);
}

/** How many an upstream took in an hour since the epoch. */
export interface HourCount {
  readonly upstream: string;
  readonly hour: number;
  readonly count: number;
}

/**
 * Messages that upstreams took, or may have taken, and recipients of them. `fromId`: the first id of the time from `since`
 * on; ids grow with time.
 */
export async function sentByHour(
  { client }: Database,
  args: { readonly fromId: number; readonly since: number; readonly upstreams: readonly string[] },
): Promise<{ messages: HourCount[]; recipients: HourCount[] }> {
  const upstreams = JSON.stringify(args.upstreams);
  const taken = `from delivery where id >= ? and outcome in ('delivered', 'mixed', 'unknown')
                 and upstream in (select value from json_each(?))`;
  const messages = await client.execute({
    sql: `select upstream, started_at / 3600000 as hour, count(*) as count ${taken} group by upstream, hour`,
    args: [args.fromId, upstreams],
  });
  const recipients = await client.execute({
    sql: `with attempt as (select message_id, upstream, max(outcome = 'unknown') as is_unknown ${taken}
                           group by message_id, upstream)
          select upstream, changed_at / 3600000 as hour, count(*) as count from attempt
          join recipient using (message_id, upstream)
          where changed_at >= ? and (state = 'delivered' or is_unknown and state in ('waiting', 'held'))
          group by upstream, hour`,
    args: [args.fromId, upstreams, args.since],
  });
  const counts = (rows: typeof messages.rows) =>
    rows.map((row) => ({ upstream: String(row.upstream), hour: Number(row.hour), count: Number(row.count) }));
  return { messages: counts(messages.rows), recipients: counts(recipients.rows) };
}

/** How many recipients wait or are held, by the upstream that was tried last; and the oldest message that has any. */
export async function queueDepth({ client }: Database, _args: null) {
  const { rows } = await client.execute(
    `select 'waiting' as state, upstream, count(*) as recipients, min(message_id) as oldest
     from recipient where state = 'waiting' group by upstream
     union all select 'held', upstream, count(*), min(message_id) from recipient where state = 'held' group by upstream`,
  );
  const oldest = rows.map((row) => Number(row.oldest));
  return {
    groups: rows.map((row) => ({
      state: row.state === "held" ? "held" as const : "waiting" as const,
      upstream: row.upstream === null ? null : String(row.upstream),
      recipients: Number(row.recipients),
    })),
    oldestId: oldest.length === 0 ? null : Math.min(...oldest),
  };
}
