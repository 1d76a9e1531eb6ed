import { createPasswordChecker, type PasswordChecker } from "../identity/passwords.ts";
import { createLoginThrottle, defaultThrottlePolicy, type LoginThrottle } from "../identity/throttle.ts";
import type { Counters } from "./counters.ts";
import { createDrafts, type Drafts } from "./drafts.ts";
import { createHubs, type EventHub } from "./events.ts";
import { createOverview, type OverviewReader } from "./overview.ts";
import type { DashboardPorts } from "./ports.ts";
import { createTrials, type Trials } from "./trials.ts";

/** What the dashboard's parts share. */
export interface Desk extends Counters {
  readonly ports: DashboardPorts;
  /** The live events of an account, of its own sessions alone; null: of everything. */
  readonly hubFor: (account: string | null) => EventHub;
  readonly overview: OverviewReader;
  /** Upstreams and sources that people are writing. */
  readonly drafts: Drafts;
  /** Tests of servers, within a limit. */
  readonly trials: Trials;
  readonly throttle: LoginThrottle;
  readonly passwords: PasswordChecker;
}

/** Makes it. */
export function createDesk(ports: DashboardPorts, counters: Counters): Desk {
  return {
    ...counters,
    ports,
    hubFor: createHubs(counters.live, ports),
    overview: createOverview(ports, counters.live),
    drafts: createDrafts(ports.clock, ports.randomBytes),
    trials: createTrials(ports),
    // Slowed down and never banned: who lifts bans must be able to sign in.
    throttle: createLoginThrottle(() => ({ ...defaultThrottlePolicy, banLoginAfter: 0, banAddressAfter: 0 })),
    // Nobody signs in each minute: nothing needs to be remembered.
    passwords: createPasswordChecker(2, 0),
  };
}
