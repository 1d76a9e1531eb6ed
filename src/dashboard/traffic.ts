import { type Hop, HOPS, phasesOf } from "../dialogue/phases.ts";
import type { QueryResult } from "../store/queries.ts";
import type { HopFigures, PhaseFigures } from "../../web/models.ts";
import { addHistograms, emptyHistogram, quantileOf } from "./histogram.ts";

type Traffic = QueryResult<"trafficSince">;
type PhaseSum = { -readonly [Key in keyof PhaseFigures]: PhaseFigures[Key] };

/** Adds up the minutes into the figures of each hop, in the order of HOPS. Pure. */
export function hopFigures(traffic: Traffic, openByHop: Readonly<Partial<Record<Hop, number>>>): HopFigures[] {
  return HOPS.map((hop) => {
    const sum = { sessions: 0, completed: 0, messages: 0, octetsIn: 0, octetsOut: 0 };
    for (const row of traffic.hops) {
      if (row.hop !== hop) continue;
      sum.sessions += row.sessions;
      sum.completed += row.completed;
      sum.messages += row.messages;
      sum.octetsIn += row.octetsIn;
      sum.octetsOut += row.octetsOut;
    }
    return { hop, open: openByHop[hop] ?? 0, ...sum, phases: phaseFigures(traffic.phases, hop) };
  });
}

function phaseFigures(rows: Traffic["phases"], hop: Hop): PhaseFigures[] {
  return phasesOf(hop).map((phase) => {
    const histogram = emptyHistogram();
    const sum: PhaseSum = {
      phase,
      sessions: 0,
      failures: 0,
      commands: 0,
      refusals: 0,
      octetsIn: 0,
      octetsOut: 0,
      durationMs: 0,
      medianMs: null,
      p95Ms: null,
      histogram,
    };
    for (const row of rows) {
      if (row.hop !== hop || row.phase !== phase) continue;
      sum.sessions += row.sessions;
      sum.failures += row.failures;
      sum.commands += row.commands;
      sum.refusals += row.refusals;
      sum.octetsIn += row.octetsIn;
      sum.octetsOut += row.octetsOut;
      sum.durationMs += row.durationMs;
      addHistograms(histogram, JSON.parse(row.histogram) as number[]);
    }
    return { ...sum, medianMs: quantileOf(histogram, 0.5), p95Ms: quantileOf(histogram, 0.95) };
  });
}
