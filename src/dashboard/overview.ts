import type { Hop } from "../dialogue/phases.ts";
import type { Overview, QueueFigures } from "../../web/models.ts";
import { healthOf } from "./health.ts";
import type { LiveTraffic } from "./live.ts";
import type { DashboardPorts } from "./ports.ts";
import { readMailboxes } from "./reads-mail.ts";
import { readSessions } from "./reads-sessions.ts";
import { chartOf, hopFigures } from "./traffic.ts";

const MINUTE_MS = 60_000;
/** Minutes that the overview looks back. */
const WINDOW_MINUTES = 60;
const NEWEST_SESSIONS = 12;
/** However many browsers look, the overview is read from the store this seldom. */
const FRESH_MS = 1_000;

/** Makes the reader of the overview: those that ask within a second share one answer. */
export function createOverview(ports: DashboardPorts, live: LiveTraffic): () => Promise<Overview> {
  let answer: Promise<Overview> | undefined;
  let readAt = -Infinity;
  return () => {
    const now = ports.clock.now();
    if (!answer || Math.abs(now - readAt) >= FRESH_MS) {
      readAt = now;
      const fresh = readOverview(ports, live, now);
      answer = fresh;
      fresh.catch(() => {
        if (answer === fresh) answer = undefined;
      });
    }
    return answer;
  };
}

async function readOverview(ports: DashboardPorts, live: LiveTraffic, now: number): Promise<Overview> {
  const lastMinute = Math.floor(now / MINUTE_MS);
  const [traffic, queue, mailboxes, newest] = await Promise.all([
    ports.store.read("trafficSince", { minute: lastMinute - WINDOW_MINUTES + 1 }),
    readQueueFigures(ports),
    readMailboxes(ports, false),
    readSessions(ports, live, { limit: NEWEST_SESSIONS }),
  ]);
  const open: Partial<Record<Hop, number>> = {};
  for (const session of ports.phases.open) open[session.hop] = (open[session.hop] ?? 0) + 1;
  const hops = hopFigures(traffic, open);
  return {
    computedAt: now,
    windowMs: WINDOW_MINUTES * MINUTE_MS,
    health: healthOf({ now, hops, queue, mailboxes }),
    hops,
    chart: chartOf(traffic, lastMinute, WINDOW_MINUTES),
    queue,
    mailboxes,
    upstreams: ports.describe().upstreams.map((upstream) => upstream.name),
    newest: newest.sessions.slice(0, NEWEST_SESSIONS),
    dropped: traffic.hops.reduce((sum, row) => sum + row.dropped, 0),
  };
}

/** How much waits, and why. */
export async function readQueueFigures({ store }: Pick<DashboardPorts, "store">): Promise<QueueFigures> {
  const { recipients, heldMessages, reasons } = await store.read("queueOverview", null);
  return { waitingRecipients: recipients, heldMessages, reasons };
}
