import { createLiveTraffic, type LiveTraffic } from "./live.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import type { DashboardPorts } from "./ports.ts";

/** What counts sessions as they come and go, whether anybody looks or not. */
export interface Counters {
  readonly live: LiveTraffic;
  /** The figures for Prometheus. */
  readonly metrics: Metrics;
}

/** Counts from now on: the recorder tells of each session once. */
export function startCounters(ports: DashboardPorts): Counters {
  return { live: createLiveTraffic(ports), metrics: createMetrics(ports) };
}
