import { createPasswordChecker, type PasswordChecker } from "../identity/passwords.ts";
import { createLoginThrottle, type LoginThrottle } from "../identity/throttle.ts";
import type { Overview } from "../../web/models.ts";
import { createEventHub, type EventHub } from "./events.ts";
import { createLiveTraffic, type LiveTraffic } from "./live.ts";
import { createOverview } from "./overview.ts";
import type { DashboardPorts } from "./ports.ts";

/** What the dashboard's parts share. */
export interface Desk {
  readonly ports: DashboardPorts;
  readonly live: LiveTraffic;
  readonly hub: EventHub;
  readonly overview: () => Promise<Overview>;
  readonly throttle: LoginThrottle;
  readonly passwords: PasswordChecker;
}

/** Makes it; it listens to the recorder from now on. */
export function createDesk(ports: DashboardPorts): Desk {
  const live = createLiveTraffic(ports);
  return {
    ports,
    live,
    hub: createEventHub(live, ports),
    overview: createOverview(ports, live),
    throttle: createLoginThrottle(),
    // Nobody signs in each minute: nothing needs to be remembered.
    passwords: createPasswordChecker(2, 0),
  };
}
