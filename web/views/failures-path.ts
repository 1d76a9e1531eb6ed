import type { Hop, Phase } from "../../src/dialogue/phases.ts";

/** Which sessions: null or absent: all. */
export interface Failures {
  readonly hop: Hop;
  readonly phase: Phase | null;
  readonly peer?: string | null;
  /** Whole minutes. */
  readonly fromAt: number;
  readonly toAt?: number;
}

/** The list of the sessions that ended without completing. */
export function failuresPath({ hop, phase, peer, fromAt, toAt }: Failures): string {
  return `/sessions?${new URLSearchParams({
    hop,
    ...(phase === null ? {} : { phase }),
    outcome: "unfinished",
    ...(peer === null || peer === undefined ? {} : { peer }),
    from: minuteOf(fromAt),
    ...(toAt === undefined ? {} : { to: minuteOf(toAt) }),
  })}`;
}

function minuteOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16)}Z`;
}
