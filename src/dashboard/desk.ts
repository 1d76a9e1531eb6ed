import { createPasswordChecker, type PasswordChecker } from "../identity/passwords.ts";
import { createLoginThrottle, defaultThrottlePolicy, type LoginThrottle } from "../identity/throttle.ts";
import { createDrafts, type Drafts } from "./drafts.ts";
import { createHubs, type EventHub } from "./events.ts";
import { createLiveTraffic, type LiveTraffic } from "./live.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { createOverview, type OverviewReader } from "./overview.ts";
import type { DashboardPorts } from "./ports.ts";
import { createTrials, type Trials } from "./trials.ts";

/** What the dashboard's parts share. */
export interface Desk {
  readonly ports: DashboardPorts;
  readonly live: LiveTraffic;
  /** The live events of an account, of its own sessions alone; null: of everything. */
  readonly hubFor: (account: string | null) => EventHub;
  readonly overview: OverviewReader;
  /** The figures for Prometheus. */
  readonly metrics: Metrics;
  /** Upstreams and sources that people are writing. */
  readonly drafts: Drafts;
  /** Tests of servers, within a limit. */
  readonly trials: Trials;
  readonly throttle: LoginThrottle;
  readonly passwords: PasswordChecker;
}

/** Makes it; it listens to the recorder from now on. */
export function createDesk(ports: DashboardPorts): Desk {
  const live = createLiveTraffic(ports);
  return {
    ports,
    live,
    hubFor: createHubs(live, ports),
    overview: createOverview(ports, live),
    metrics: createMetrics(ports),
    drafts: createDrafts(ports.clock, ports.randomBytes),
    trials: createTrials(ports),
    // Slowed down and never banned: who lifts bans must be able to sign in.
    throttle: createLoginThrottle(() => ({ ...defaultThrottlePolicy, banLoginAfter: 0, banAddressAfter: 0 })),
    // Nobody signs in each minute: nothing needs to be remembered.
    passwords: createPasswordChecker(2, 0),
  };
}
