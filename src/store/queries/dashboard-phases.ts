/** The traffic of a span of time in buckets: exact from the minutes and hours, of one peer from the sessions that are kept. */
import { SQLiteSyncDialect } from "drizzle-orm/sqlite-core";
import { bucketOf, type Hop, type Phase } from "../../dialogue/phases.ts";
import type { PhaseRecord } from "../../dialogue/session.ts";
import { addPhase, emptyHistogram, emptyPhaseSum, type PhaseSum } from "../../dialogue/sums.ts";
import type { Database } from "../database.ts";
import { firstIdAt } from "../ids.ts";
import { PEER } from "../schema.ts";

/** A span of time, cut into buckets of the same length. */
export interface TrafficSpan {
  /** Minutes since the epoch. Where a bucket is whole hours long, the first is that of a whole hour. */
  readonly fromMinute: number;
  /** The first minute after it. */
  readonly toMinute: number;
  readonly bucketMinutes: number;
}

/** What one phase of one hop came to in one bucket. */
export interface PhaseBucket {
  /** 0, 1, 2 … from the beginning of the span. */
  readonly bucket: number;
  readonly hop: Hop;
  readonly phase: Phase;
  readonly sessions: number;
  readonly failures: number;
  readonly commands: number;
  readonly refusals: number;
  readonly octetsIn: number;
  readonly octetsOut: number;
  readonly durationMs: number;
  /** JSON: histograms to be added up, each with sessions per bucket of DURATION_BUCKETS_MS. */
  readonly histograms: string;
}

/** What one hop came to in one bucket. */
export interface HopBucket {
  readonly bucket: number;
  readonly hop: Hop;
  readonly sessions: number;
  readonly completed: number;
  readonly messages: number;
}

const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;
/** Sessions of a peer that are looked at, the newest. */
const PEER_SESSIONS = 5_000;
/** Sessions among which the busiest peers are found, the newest. */
const SESSIONS_OF_PEERS = 20_000;
/** Peers that may be chosen from. */
const PEERS = 50;
/** A session that began earlier than this before a span is not found by it. */
const LONGEST_SESSION_MS = 86_400_000;

const PEER_SQL = new SQLiteSyncDialect().sqlToQuery(PEER).sql;

/** The exact figures of each phase in each bucket of a span, of one hop. */
export async function phasesInBuckets(
  { client }: Database,
  args: TrafficSpan & { readonly hop: Hop },
): Promise<PhaseBucket[]> {
  const { table, column, args: bounds } = tableOf("phase", args);
  const { rows } = await client.execute({
    sql:
      `select cast((${column} - ?) / ? as integer) as bucket, hop, phase, sum(sessions) as sessions, sum(failures) as failures,
            sum(commands) as commands, sum(refusals) as refusals, sum(octets_in) as octetsIn, sum(octets_out) as octetsOut,
            sum(duration_ms) as durationMs, json_group_array(json(histogram)) as histograms
          from ${table} where ${column} >= ? and ${column} < ? and hop = ? group by 1, 2, 3`,
    args: [...bounds, args.hop],
  });
  return rows.map((row) => ({ ...row }) as unknown as PhaseBucket);
}

/** The exact figures of each hop in each bucket of a span. */
export async function hopsInBuckets({ client }: Database, args: TrafficSpan): Promise<HopBucket[]> {
  const { table, column, args: bounds } = tableOf("hop", args);
  const { rows } = await client.execute({
    sql:
      `select cast((${column} - ?) / ? as integer) as bucket, hop, sum(sessions) as sessions, sum(completed) as completed,
            sum(messages) as messages
          from ${table} where ${column} >= ? and ${column} < ? group by 1, 2`,
    args: bounds,
  });
  return rows.map((row) => ({ ...row }) as unknown as HopBucket);
}

/** Long buckets are read from the hours. Arguments are bound as floating point: a cast cuts off what a division leaves. */
function tableOf(what: "phase" | "hop", { fromMinute, toMinute, bucketMinutes }: TrafficSpan) {
  const isHours = bucketMinutes % HOUR_MINUTES === 0 && fromMinute % HOUR_MINUTES === 0;
  const column = isHours ? "hour" : "minute";
  const unit = isHours ? HOUR_MINUTES : 1;
  const from = fromMinute / unit;
  return { table: `${what}_${column}`, column, args: [from, bucketMinutes / unit, from, Math.ceil(toMinute / unit)] };
}

/** One peer's sessions of a hop that ended in a span. */
export interface PeerSpan extends TrafficSpan {
  readonly hop: Hop;
  readonly peer: string;
}

/** What the newest PEER_SESSIONS kept sessions of a peer came to, as phasesInBuckets has it. */
export async function phasesOfPeer({ client }: Database, args: PeerSpan) {
  const { rows } = await client.execute(keptSessions(args));
  const [fromAt, toAt] = [args.fromMinute * MINUTE_MS, args.toMinute * MINUTE_MS];
  const sum = { sessions: 0, completed: 0, messages: 0 };
  let oldest = Infinity;
  const buckets = new Map<string, PhaseBucket & PhaseSum & { readonly counts: number[] }>();
  for (const row of rows) {
    const endedAt = Number(row.ended_at);
    oldest = Math.min(oldest, endedAt);
    if (endedAt < fromAt || endedAt >= toAt) continue;
    const completed = row.outcome === "completed";
    sum.sessions++;
    sum.completed += completed ? 1 : 0;
    sum.messages += Number(row.messages);
    const bucket = Math.floor((endedAt - fromAt) / MINUTE_MS / args.bucketMinutes);
    // Taken apart here: within SQL each figure would be looked for in the text anew.
    for (const passed of JSON.parse(String(row.phases)) as PhaseRecord[]) {
      const key = `${bucket} ${passed.phase}`;
      const known = buckets.get(key) ?? emptyBucket(bucket, args.hop, passed.phase);
      buckets.set(key, known);
      const failures = !completed && row.ended_in === passed.phase ? 1 : 0;
      addPhase(known, { ...passed, sessions: 1, failures });
      known.counts[bucketOf(passed.durationMs)]!++;
    }
  }
  return {
    ...sum,
    /** How many were looked at where there are more; null: all. */
    limitedTo: rows.length >= PEER_SESSIONS && oldest >= fromAt ? PEER_SESSIONS : null,
    phases: [...buckets.values()].map(({ counts, ...row }): PhaseBucket => ({
      ...row,
      histograms: JSON.stringify([counts]),
    })),
  };
}

function emptyBucket(bucket: number, hop: Hop, phase: Phase) {
  return { bucket, hop, phase, ...emptyPhaseSum(), histograms: "", counts: emptyHistogram() };
}

function keptSessions({ hop, peer, fromMinute, toMinute }: PeerSpan) {
  return {
    sql: `select started_at + duration_ms as ended_at, ended_in, outcome, messages, phases from session
          where hop = ? and ${PEER_SQL} = ? and id >= ? and id < ? order by id desc limit ${PEER_SESSIONS}`,
    args: [hop, peer, firstIdAt(fromMinute * MINUTE_MS - LONGEST_SESSION_MS), firstIdAt(toMinute * MINUTE_MS)],
  };
}

/** The peers of a hop with the most sessions among the newest that began at `fromAt` or later, the busiest first. */
export async function busiestPeers(
  { client }: Database,
  args: { readonly hop: Hop; readonly fromAt: number },
): Promise<{ readonly name: string; readonly sessions: number }[]> {
  const { rows } = await client.execute({
    sql: `select peer as name, count(*) as sessions from (select ${PEER_SQL} as peer from session
            where hop = ? and id >= ? order by id desc limit ${SESSIONS_OF_PEERS})
          where peer is not null group by 1 order by 2 desc, 1 limit ${PEERS}`,
    args: [args.hop, firstIdAt(args.fromAt)],
  });
  return rows.map(({ name, sessions }) => ({ name: String(name), sessions: Number(sessions) }));
}
