import { type Hop, HOPS, type Phase, phasesOf } from "../dialogue/phases.ts";
import { addHistograms, addPhase, emptyHistogram, emptyPhaseSum } from "../dialogue/sums.ts";
import type { HopBucket, PhaseBucket, TrafficSpan } from "../store/queries/dashboard-phases.ts";
import type { Chart, PhaseTraffic, RangeName, Traffic } from "../../web/models.ts";
import { quantileOf } from "./histogram.ts";
import type { DashboardPorts } from "./ports.ts";
import { bucketStarts, spanOf } from "./ranges.ts";

const MINUTE_MS = 60_000;

/** Which traffic is looked at. */
export interface TrafficChoice {
  /** Absent: the first of HOPS. */
  readonly hop?: Hop | undefined;
  /** Absent: the last hour. */
  readonly range?: RangeName | undefined;
  /** A client's address, an upstream or a source; absent: all. */
  readonly peer?: string | undefined;
}

/** The traffic of one hop phase by phase, of all or of one peer. */
export async function readTraffic(
  { store, phases, clock }: Pick<DashboardPorts, "store" | "phases" | "clock">,
  { hop = HOPS[0]!, range = "hour", peer }: TrafficChoice,
): Promise<Traffic> {
  const span = spanOf(range, clock.now());
  const fromAt = span.fromMinute * MINUTE_MS;
  const [found, peers] = await Promise.all([
    peer === undefined ? readAll(store, hop, span) : store.read("phasesOfPeer", { ...span, hop, peer }),
    store.read("busiestPeers", { hop, fromAt }),
  ]);
  const isOpen = (
    session: { readonly hop: Hop; readonly peer: { address: string }; readonly peerName: string | null },
  ) =>
    session.hop === hop && (peer === undefined || peerOf(session.hop, session.peer.address, session.peerName) === peer);
  return {
    hop,
    range,
    fromAt,
    toAt: span.toMinute * MINUTE_MS,
    bucketMs: span.bucketMinutes * MINUTE_MS,
    peer: peer ?? null,
    peers,
    countedFrom: peer === undefined ? "minutes" : "sessions",
    limitedTo: found.limitedTo,
    open: phases.open.filter(isOpen).length,
    sessions: found.sessions,
    completed: found.completed,
    messages: found.messages,
    minutes: bucketStarts(span),
    phases: phaseTraffic(found.phases, hop, span),
  };
}

async function readAll(store: DashboardPorts["store"], hop: Hop, span: TrafficSpan) {
  const [phases, hops] = await Promise.all([
    store.read("phasesInBuckets", { ...span, hop }),
    store.read("hopsInBuckets", span),
  ]);
  const sum = { sessions: 0, completed: 0, messages: 0 };
  for (const row of hops) {
    if (row.hop !== hop) continue;
    sum.sessions += row.sessions;
    sum.completed += row.completed;
    sum.messages += row.messages;
  }
  return { ...sum, limitedTo: null, phases };
}

/** What a session's other side is called: as the schema's PEER has it. Pure. */
export function peerOf(hop: Hop, address: string, name: string | null): string | null {
  return hop.endsWith("-client") ? name : address;
}

/** The phases of a hop, each with its figures in all and its course over the buckets. Pure. */
export function phaseTraffic(rows: readonly PhaseBucket[], hop: Hop, span: TrafficSpan): PhaseTraffic[] {
  const totalMs = rows.reduce((sum, row) => sum + row.durationMs, 0);
  return phasesOf(hop).map((phase) => phaseOver(rows.filter((row) => row.phase === phase), phase, span, totalMs));
}

function phaseOver(rows: readonly PhaseBucket[], phase: Phase, span: TrafficSpan, totalMs: number): PhaseTraffic {
  const count = (span.toMinute - span.fromMinute) / span.bucketMinutes;
  const zeros = () => new Array<number>(count).fill(0);
  const nulls = () => new Array<number | null>(count).fill(null);
  const course = { sessions: zeros(), failures: zeros(), medianMs: nulls(), p95Ms: nulls() };
  const sum = emptyPhaseSum();
  const histogram = emptyHistogram();
  for (const row of rows) {
    addPhase(sum, row);
    const own = emptyHistogram();
    for (const one of JSON.parse(row.histograms) as number[][]) addHistograms(own, one);
    addHistograms(histogram, own);
    course.sessions[row.bucket] = row.sessions;
    course.failures[row.bucket] = row.failures;
    course.medianMs[row.bucket] = quantileOf(own, 0.5);
    course.p95Ms[row.bucket] = quantileOf(own, 0.95);
  }
  return {
    phase,
    ...sum,
    share: totalMs === 0 ? null : sum.durationMs / totalMs,
    medianMs: quantileOf(histogram, 0.5),
    p95Ms: quantileOf(histogram, 0.95),
    histogram,
    course,
  };
}

/** The chart of messages over a range. */
export async function readChart({ store, clock }: Pick<DashboardPorts, "store" | "clock">, range: RangeName) {
  const span = spanOf(range, clock.now());
  return chartOver(await store.read("hopsInBuckets", span), span, range);
}

/** Messages per bucket and hop. Pure. */
export function chartOver(rows: readonly HopBucket[], span: TrafficSpan, range: RangeName): Chart {
  const minutes = bucketStarts(span);
  const messages = Object.fromEntries(HOPS.map((hop) => [hop, new Array<number>(minutes.length).fill(0)])) as Record<
    Hop,
    number[]
  >;
  for (const row of rows) messages[row.hop][row.bucket] = row.messages;
  return { range, bucketMinutes: span.bucketMinutes, minutes, messages };
}
