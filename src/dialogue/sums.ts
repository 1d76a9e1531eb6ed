/** Adding up what sessions came to: the one place that knows which figures there are. */
import { DURATION_BUCKETS_MS } from "./phases.ts";

const PHASE_FIGURES = ["sessions", "failures", "commands", "refusals", "octetsIn", "octetsOut", "durationMs"] as const;
const HOP_FIGURES = ["sessions", "completed", "messages", "octetsIn", "octetsOut", "dropped"] as const;

/** What a phase came to over several sessions. */
export type PhaseSum = Record<(typeof PHASE_FIGURES)[number], number>;

/** What a hop came to over several sessions; `dropped`: those whose rows were dropped. */
export type HopSum = Record<(typeof HOP_FIGURES)[number], number>;

/** Nothing yet. */
export function emptyPhaseSum(): PhaseSum {
  return { sessions: 0, failures: 0, commands: 0, refusals: 0, octetsIn: 0, octetsOut: 0, durationMs: 0 };
}

/** Nothing yet. */
export function emptyHopSum(): HopSum {
  return { sessions: 0, completed: 0, messages: 0, octetsIn: 0, octetsOut: 0, dropped: 0 };
}

/** Adds the figures of a phase. */
export function addPhase(sum: PhaseSum, more: Readonly<PhaseSum>): void {
  for (const name of PHASE_FIGURES) sum[name] += more[name];
}

/** Adds the figures of a hop. */
export function addHop(sum: HopSum, more: Readonly<HopSum>): void {
  for (const name of HOP_FIGURES) sum[name] += more[name];
}

/** Adds histograms of the same buckets. */
export function addHistograms(sum: number[], more: readonly number[]): void {
  more.forEach((count, bucket) => sum[bucket] = (sum[bucket] ?? 0) + count);
}

/** An empty histogram. */
export function emptyHistogram(): number[] {
  return new Array<number>(DURATION_BUCKETS_MS.length + 1).fill(0);
}
