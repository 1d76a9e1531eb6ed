import type { Phase } from "../dialogue/phases.ts";
import type { SessionRecord, TranscriptLine } from "../dialogue/session.ts";
import { firstIdAt } from "../store/ids.ts";
import type { QueryArgs, QueryResult } from "../store/queries.ts";
import type { SessionDetail, SessionMessage, SessionPhase, SessionSummary, TranscriptEntry } from "../../web/models.ts";
import type { LiveTraffic } from "./live.ts";
import type { DashboardPorts } from "./ports.ts";

/** Which sessions a list shows; absent fields: all. */
export interface SessionSearch {
  readonly hop?: SessionSummary["hop"] | undefined;
  readonly outcome?: QueryArgs<"sessionList">["outcome"] | "open";
  readonly phase?: Phase | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

/** One page of the list of sessions. */
export interface SessionPage {
  readonly sessions: readonly SessionSummary[];
  /** Where the next page begins; null on the last. */
  readonly before: number | null;
}

/** Ids are given a little before and after a session's own times. */
const SLACK_MS = 60_000;

/** Sessions, the newest first: on the first page those that are open, then those that have ended. */
export async function readSessions(
  { store }: Pick<DashboardPorts, "store">,
  live: LiveTraffic,
  search: SessionSearch,
): Promise<SessionPage> {
  const isFirst = search.before === undefined;
  const open = isFirst && (search.outcome === undefined || search.outcome === "open")
    ? live.open().filter((session) => isWanted(session, search))
    : [];
  if (search.outcome === "open") return { sessions: open.slice(0, search.limit), before: null };
  const rows = await store.read("sessionList", {
    hop: search.hop,
    outcome: search.outcome,
    endedIn: search.phase,
    before: search.before,
    limit: search.limit,
  });
  const stored = rows.map(summaryOfRow);
  const known = new Set(stored.map((session) => session.id));
  const unwritten = isFirst
    ? live.ended().filter((record) => !known.has(record.id)).map(summaryOfRecord).filter((session) =>
      isWanted(session, search) && (stored.length < search.limit || session.id > stored.at(-1)!.id)
    )
    : [];
  const ended = [...unwritten, ...stored].sort((a, b) => b.id - a.id);
  return {
    sessions: [...open, ...ended].slice(0, search.limit + open.length),
    before: rows.length === search.limit ? rows.at(-1)!.id : null,
  };
}

/** A session with all that is known of it, or null. */
export async function readSession(
  { store }: Pick<DashboardPorts, "store">,
  live: LiveTraffic,
  id: number,
): Promise<SessionDetail | null> {
  const open = live.open().find((session) => session.id === id);
  if (open) return { ...open, transcript: null, linesDropped: 0, led: [] };
  const record = live.ended().find((ended) => ended.id === id);
  if (record) {
    const summary = summaryOfRecord(record);
    return {
      ...summary,
      transcript: record.transcript.map(entryOf),
      linesDropped: record.linesDropped,
      led: await readLed(store, summary),
    };
  }
  const found = await store.read("sessionDetail", { id });
  if (!found) return null;
  const summary = summaryOfRow(found.session);
  return {
    ...summary,
    transcript: found.transcript && (JSON.parse(found.transcript.lines) as TranscriptLine[]).map(entryOf),
    linesDropped: found.transcript?.linesDropped ?? 0,
    led: await readLed(store, summary),
  };
}

async function readLed(store: DashboardPorts["store"], session: SessionSummary): Promise<SessionMessage[]> {
  if (session.messages === 0 && session.hop !== "smtp-client") return [];
  const rows = await store.read("messagesOfSession", {
    id: session.id,
    hop: session.hop,
    fromId: firstIdAt(session.startedAt - SLACK_MS),
    toId: firstIdAt(session.startedAt + session.durationMs + SLACK_MS),
  });
  return rows.map(({ id, sender, subject, size, outcome }) => ({ id, sender, subject, size, outcome }));
}

function isWanted(session: SessionSummary, search: SessionSearch): boolean {
  if (search.hop !== undefined && session.hop !== search.hop) return false;
  if (search.phase !== undefined && session.endedIn !== search.phase) return false;
  if (search.outcome === undefined || search.outcome === session.outcome) return true;
  return search.outcome === "unfinished" && session.outcome !== "completed";
}

/** A session as lists show it, from its row. */
export function summaryOfRow(row: QueryResult<"sessionList">[number]): SessionSummary {
  return { ...row, endedIn: row.endedIn as Phase, phases: JSON.parse(row.phases) as SessionPhase[] };
}

function summaryOfRecord(record: SessionRecord): SessionSummary {
  const { peer, transcript: _transcript, linesDropped: _dropped, ...rest } = record;
  const octets = { octetsIn: 0, octetsOut: 0 };
  for (const phase of record.phases) {
    octets.octetsIn += phase.octetsIn;
    octets.octetsOut += phase.octetsOut;
  }
  return { ...rest, peerAddress: peer.address, peerPort: peer.port, ...octets };
}

function entryOf([offsetMs, from, text]: TranscriptLine): TranscriptEntry {
  return { offsetMs, from, text };
}
