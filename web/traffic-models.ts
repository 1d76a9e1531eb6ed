/** The traffic over a range of time, as data: models.ts says what their names and units mean. */
import type { Hop, Phase } from "../src/dialogue/phases.ts";

/** What one phase of one hop came to. */
export interface PhaseFigures {
  readonly phase: Phase;
  /** Sessions that passed it. */
  readonly sessions: number;
  /** Sessions that ended in it other than completed. */
  readonly failures: number;
  readonly commands: number;
  readonly refusals: number;
  readonly octetsIn: number;
  readonly octetsOut: number;
  readonly durationMs: number;
  /** Estimated within a bucket of the histogram; null without sessions. */
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  /** Sessions per bucket of DURATION_BUCKETS_MS; the last: longer. */
  readonly histogram: readonly number[];
}

/** How far a view of the traffic looks back. */
export type RangeName = "hour" | "day" | "week" | "month";

/** Messages over a range; all arrays are as long as `minutes`. */
export interface Chart {
  readonly range: RangeName;
  readonly bucketMinutes: number;
  /** Where each bucket begins, minutes since the epoch. */
  readonly minutes: readonly number[];
  readonly messages: Readonly<Record<Hop, readonly number[]>>;
}

/** A phase over a range of time. */
export interface PhaseTraffic extends PhaseFigures {
  /** Its part of the time of all phases, 0 to 1; null when there was none. */
  readonly share: number | null;
  /** Its figures per bucket; null without sessions. */
  readonly course: {
    readonly sessions: readonly number[];
    readonly failures: readonly number[];
    readonly medianMs: readonly (number | null)[];
    readonly p95Ms: readonly (number | null)[];
  };
}

/** The traffic of one hop phase by phase; arrays of each phase's course are as long as `minutes`. */
export interface Traffic {
  readonly hop: Hop;
  readonly range: RangeName;
  readonly fromAt: number;
  readonly toAt: number;
  readonly bucketMs: number;
  /** The client's address, upstream or source that it is of; null: of all. */
  readonly peer: string | null;
  /** Those that may be chosen, the busiest first. */
  readonly peers: readonly { readonly name: string; readonly sessions: number }[];
  /** "minutes": exact; "sessions": counted from the sessions that are kept. */
  readonly countedFrom: "minutes" | "sessions";
  /** How many of those sessions were looked at, the newest, where there are more; null: all. */
  readonly limitedTo: number | null;
  /** Sessions that are open now. */
  readonly open: number;
  readonly sessions: number;
  readonly completed: number;
  readonly messages: number;
  /** Where each bucket begins, minutes since the epoch. */
  readonly minutes: readonly number[];
  readonly phases: readonly PhaseTraffic[];
}
