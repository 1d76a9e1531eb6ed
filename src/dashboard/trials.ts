/** Trials of servers: owners alone make them, one at a time each, so that the dashboard is no scanner of ports. */
import type { SourceTrial } from "../mailbox/trial.ts";
import type { TestEnvelope, UpstreamTrial } from "../relay/trial.ts";
import type { Source, Upstream } from "../settings.ts";
import type { Clock } from "../wire/clock.ts";
import { texts } from "../../web/texts.ts";
import { DashboardError } from "./errors.ts";

/** What makes trials. */
export interface TrialPorts {
  readonly tryUpstream: (upstream: Upstream) => Promise<UpstreamTrial>;
  readonly trySource: (source: Source) => Promise<SourceTrial>;
  readonly sendTest: (upstream: Upstream, envelope: TestEnvelope) => Promise<UpstreamTrial>;
  readonly clock: Clock;
}

/** Trials within a limit. All throw DashboardError 429. */
export interface Trials {
  upstream(user: string, upstream: Upstream): Promise<UpstreamTrial>;
  source(user: string, source: Source): Promise<SourceTrial>;
  send(user: string, upstream: Upstream, envelope: TestEnvelope): Promise<UpstreamTrial>;
}

/** Trials that one user may make in this time. */
const MOST = 30;
const WITHIN_MS = 10 * 60_000;

/** Makes it. */
export function createTrials({ tryUpstream, trySource, sendTest, clock }: TrialPorts): Trials {
  const underWay = new Set<string>();
  const made = new Map<string, number[]>();
  const limited = async <T>(user: string, make: () => Promise<T>): Promise<T> => {
    if (underWay.has(user)) throw new DashboardError(429, "TEST_UNDER_WAY", texts.servers.underWay);
    const recent = (made.get(user) ?? []).filter((at) => at > clock.now() - WITHIN_MS);
    if (recent.length >= MOST) throw new DashboardError(429, "TOO_MANY_TESTS", texts.servers.tooMany);
    made.set(user, [...recent, clock.now()]);
    underWay.add(user);
    try {
      return await make();
    } finally {
      underWay.delete(user);
    }
  };
  return {
    upstream: (user, upstream) => limited(user, () => tryUpstream(upstream)),
    source: (user, source) => limited(user, () => trySource(source)),
    send: (user, upstream, envelope) => limited(user, () => sendTest(upstream, envelope)),
  };
}
