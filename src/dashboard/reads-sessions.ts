import { isSameAccount } from "../identity/same-account.ts";
import type { Phase } from "../dialogue/phases.ts";
import type { SessionRecord, TranscriptLine } from "../dialogue/session.ts";
import { firstIdAt } from "../store/ids.ts";
import type { QueryArgs, QueryResult } from "../store/queries.ts";
import type { SessionDetail, SessionMessage, SessionPhase, SessionSummary, TranscriptEntry } from "../../web/models.ts";
import type { Identity } from "./identity.ts";
import type { LiveTraffic } from "./live.ts";
import { maySee } from "./own.ts";
import type { DashboardPorts } from "./ports.ts";
import { peerOf } from "./reads-traffic.ts";

/** Which sessions a list shows; absent fields: all. */
export interface SessionSearch {
  readonly hop?: SessionSummary["hop"] | undefined;
  readonly outcome?: QueryArgs<"sessionList">["outcome"] | "open";
  readonly phase?: Phase | undefined;
  /** A client's address, an upstream or a source. */
  readonly peer?: string | undefined;
  /** Those that ended at this time or later; open ones are then left out. */
  readonly from?: number | undefined;
  /** Those that ended before this time. */
  readonly to?: number | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
  /** Only those of this account; null: all. */
  readonly account: string | null;
}

/** One page of the list of sessions. */
export interface SessionPage {
  readonly sessions: readonly SessionSummary[];
  /** Where the next page begins; null on the last. */
  readonly before: number | null;
}

/** Ids are given a little before and after a session's own times. */
const SLACK_MS = 60_000;

/** Sessions, the newest first: on the first page those that are open, then those that have ended; `limit` of them. */
export async function readSessions(
  { store }: Pick<DashboardPorts, "store">,
  live: LiveTraffic,
  search: SessionSearch,
): Promise<SessionPage> {
  const { before, limit } = search;
  const isOlder = ({ id }: { readonly id: number }) => before === undefined || id < before;
  const wanted = search.outcome === undefined || search.outcome === "open"
    ? live.open().filter((session) => isWanted(session, search))
    : [];
  if (search.outcome === "open") return pageOf(wanted.filter(isOlder), limit);
  const open = before === undefined ? wanted.slice(0, limit) : [];
  const rows = await store.read("sessionList", {
    hop: search.hop,
    outcome: search.outcome,
    endedIn: search.phase,
    peer: search.peer,
    fromAt: search.from,
    toAt: search.to,
    before,
    account: search.account,
    // One more than a page has room for tells whether there is a next one.
    limit: limit + 1,
  });
  const stored = rows.map(summaryOfRow);
  const known = new Set(stored.map((session) => session.id));
  const unwritten = live.ended().filter((record) => !known.has(record.id) && isOlder(record)).map(summaryOfRecord)
    .filter((session) => isWanted(session, search) && (stored.length <= limit || session.id > stored.at(-1)!.id));
  const page = pageOf([...unwritten, ...stored].sort((a, b) => b.id - a.id), limit - open.length);
  return { ...page, sessions: [...open, ...page.sessions] };
}

/** The first of these sessions, the newest first; `limit` may be 0: the next page then begins with the newest. */
function pageOf(sessions: readonly SessionSummary[], limit: number): SessionPage {
  const last = limit > 0 ? sessions[limit - 1]?.id : sessions[0] && sessions[0].id + 1;
  return { sessions: sessions.slice(0, limit), before: sessions.length > limit ? last ?? null : null };
}

/** A session with all that is known of it, or null. */
export async function readSession(
  { store, deviceAt }: Pick<DashboardPorts, "store" | "deviceAt">,
  live: LiveTraffic,
  id: number,
  identity: Identity,
): Promise<SessionDetail | null> {
  const deviceOf = ({ hop, account, peerAddress }: SessionSummary) =>
    hop === "smtp-server" && account === null ? deviceAt(peerAddress) : null;
  const open = live.open().find((session) => session.id === id);
  if (open) return { ...open, device: deviceOf(open), transcript: null, linesDropped: 0, led: [] };
  const record = live.ended().find((ended) => ended.id === id);
  if (record) {
    const summary = summaryOfRecord(record);
    return {
      ...summary,
      device: deviceOf(summary),
      transcript: record.transcript.map(entryOf),
      linesDropped: record.linesDropped,
      led: await readLed(store, summary, identity),
    };
  }
  const found = await store.read("sessionDetail", { id });
  if (!found) return null;
  const summary = summaryOfRow(found.session);
  return {
    ...summary,
    device: deviceOf(summary),
    transcript: found.transcript && (JSON.parse(found.transcript.lines) as TranscriptLine[]).map(entryOf),
    linesDropped: found.transcript?.linesDropped ?? 0,
    led: await readLed(store, summary, identity),
  };
}

async function readLed(
  store: DashboardPorts["store"],
  session: SessionSummary,
  identity: Identity,
): Promise<SessionMessage[]> {
  if (session.messages === 0 && session.hop !== "smtp-client") return [];
  const rows = await store.read("messagesOfSession", {
    id: session.id,
    hop: session.hop,
    fromId: firstIdAt(session.startedAt - SLACK_MS),
    toId: firstIdAt(session.startedAt + session.durationMs + SLACK_MS),
  });
  // A source may deliver to several accounts.
  return rows.filter((row) => maySee(identity, row)).map(({ id, sender, subject, size, outcome }) => ({
    id,
    sender,
    subject,
    size,
    outcome,
  }));
}

function isWanted(session: SessionSummary, search: SessionSearch): boolean {
  if (search.account !== null && !isSameAccount(session.account ?? "", search.account)) return false;
  if (search.hop !== undefined && session.hop !== search.hop) return false;
  if (search.phase !== undefined && session.endedIn !== search.phase) return false;
  if (search.peer !== undefined && peerOf(session.hop, session.peerAddress, session.peerName) !== search.peer) {
    return false;
  }
  if (!isWithin(session, search)) return false;
  if (search.outcome === undefined || search.outcome === session.outcome) return true;
  return search.outcome === "unfinished" && session.outcome !== "completed";
}

function isWithin(session: SessionSummary, { from, to }: SessionSearch): boolean {
  if (from === undefined && to === undefined) return true;
  const endedAt = session.startedAt + session.durationMs;
  return session.outcome !== "open" && (from === undefined || endedAt >= from) && (to === undefined || endedAt < to);
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
