import { type Hop, HOPS, phasesOf } from "../dialogue/phases.ts";
import { addHistograms, addHop, addPhase, emptyHistogram, emptyHopSum, emptyPhaseSum } from "../dialogue/sums.ts";
import type { QueryResult } from "../store/queries.ts";
import type { HopFigures, PhaseFigures } from "../../web/models.ts";
import { quantileOf } from "./histogram.ts";

type Traffic = QueryResult<"trafficSince">;

/** Adds up the minutes into the figures of each hop, in the order of HOPS. Pure. */
export function hopFigures(traffic: Traffic, openByHop: Readonly<Partial<Record<Hop, number>>>): HopFigures[] {
  return HOPS.map((hop) => {
    const total = emptyHopSum();
    for (const row of traffic.hops) if (row.hop === hop) addHop(total, row);
    const { dropped: _dropped, ...sum } = total;
    return { hop, open: openByHop[hop] ?? 0, ...sum, phases: phaseFigures(traffic.phases, hop) };
  });
}

function phaseFigures(rows: Traffic["phases"], hop: Hop): PhaseFigures[] {
  return phasesOf(hop).map((phase) => {
    const sum = emptyPhaseSum();
    const histogram = emptyHistogram();
    for (const row of rows) {
      if (row.hop !== hop || row.phase !== phase) continue;
      addPhase(sum, row);
      addHistograms(histogram, JSON.parse(row.histogram) as number[]);
    }
    return { phase, ...sum, medianMs: quantileOf(histogram, 0.5), p95Ms: quantileOf(histogram, 0.95), histogram };
  });
}
