import type { Hop } from "../dialogue/phases.ts";
import type { WaitingGroup } from "../store/queries/dashboard-queue.ts";
import type { Clock } from "../wire/clock.ts";
import type { MailboxModel, Overview, QueueFigures, RangeName } from "../../web/models.ts";
import type { Awaited } from "./awaited.ts";
import { healthOf, troubleText } from "./health.ts";
import type { LiveTraffic } from "./live.ts";
import type { Configured, DashboardPorts } from "./ports.ts";
import { RANGE_NAMES } from "./ranges.ts";
import { readMailboxes } from "./reads-mailboxes.ts";
import { readClients } from "./reads-entries.ts";
import { readSessions } from "./reads-sessions.ts";
import { explain, speakerOf } from "./upstreams.ts";
import { readChart } from "./reads-traffic.ts";
import { hopFigures } from "./traffic.ts";

const MINUTE_MS = 60_000;
/** Minutes that the overview looks back. */
const WINDOW_MINUTES = 60;
const NEWEST_SESSIONS = 12;
/** Messages of the mailboxes are counted this seldom: with many of them the count takes its time. */
const MAILBOXES_FRESH_MS = 10_000;
/** However many browsers look, the overview is read from the store this seldom. */
const FRESH_MS = 1_000;

/** Reads the overview, with a chart of the range. */
export type OverviewReader = (range: RangeName) => Promise<Overview>;

/** Makes the reader of the overview: those that ask within a second share one answer. */
export function createOverview(ports: DashboardPorts, live: LiveTraffic): OverviewReader {
  const mailboxes = shared(ports.clock, MAILBOXES_FRESH_MS, () => readMailboxes(ports, false));
  const figures = shared(ports.clock, FRESH_MS, () => readOverview(ports, live, mailboxes));
  const charts = new Map(
    RANGE_NAMES.map((range) => [range, shared(ports.clock, FRESH_MS, () => readChart(ports, range))]),
  );
  return async (range) => {
    const [overview, chart] = await Promise.all([figures(), charts.get(range)!()]);
    return { ...overview, chart };
  };
}

/** Lets those that ask within `freshMs` share one answer; an error is nobody else's. */
function shared<T>(clock: Clock, freshMs: number, read: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  let readAt = 0;
  return () => {
    const now = clock.now();
    if (answer && Math.abs(now - readAt) < freshMs) return answer;
    const fresh = read();
    answer = fresh;
    readAt = now;
    fresh.catch(() => {
      if (answer === fresh) answer = undefined;
    });
    return fresh;
  };
}

async function readOverview(
  ports: DashboardPorts,
  live: LiveTraffic,
  readSharedMailboxes: () => Promise<MailboxModel[]>,
): Promise<Omit<Overview, "chart">> {
  const now = ports.clock.now();
  const storeTrouble = ports.storeTrouble();
  const configured = ports.describe();
  const lastMinute = Math.floor(now / MINUTE_MS);
  const [traffic, queue, mailboxes, newest, clients] = await Promise.all([
    ports.store.read("trafficSince", { minute: lastMinute - WINDOW_MINUTES + 1 }),
    readQueueFigures(ports),
    readSharedMailboxes(),
    readSessions(ports, live, { limit: NEWEST_SESSIONS, account: null }),
    readClients(ports),
  ]);
  const open: Partial<Record<Hop, number>> = {};
  for (const session of ports.phases.open) open[session.hop] = (open[session.hop] ?? 0) + 1;
  const hops = hopFigures(traffic, open);
  return {
    computedAt: now,
    windowMs: WINDOW_MINUTES * MINUTE_MS,
    health: healthOf({
      ...{ now, hops, queue, mailboxes, room: ports.room(), storeTrouble },
      certificate: ports.certificateProblem(),
      failedLogins: ports.failedLogins(),
      // Strangers from the internet are refused all the time.
      waitingDevices: clients.waiting.filter(({ isPrivate }) => isPrivate).length,
      hasUpstream: configured.upstreams.length > 0,
    }),
    storeTrouble: storeTrouble && troubleText(storeTrouble),
    hops,
    queue,
    mailboxes,
    upstreams: configured.upstreams.map((upstream) => upstream.name),
    accounts: configured.accounts.length,
    newest: newest.sessions.slice(0, NEWEST_SESSIONS),
    dropped: traffic.hops.reduce((sum, row) => sum + row.dropped, 0),
  };
}

/** How much waits, and why. */
export async function readQueueFigures(
  { store, describe, awaited }: Pick<DashboardPorts, "store" | "describe" | "awaited">,
): Promise<QueueFigures> {
  const { recipients, heldMessages, reasons } = await store.read("queueOverview", null);
  const known = awaited?.();
  return {
    waitingRecipients: recipients,
    heldMessages,
    reasons: reasons.map((one) => reasonOf(one, describe(), known)),
  };
}

/** Why messages wait, with who said it and what it means. Pure. */
export function reasonOf(
  { awaitsLine, ...reason }: WaitingGroup,
  configured: Pick<Configured, "upstreams">,
  awaited: Awaited = new Map(),
): QueueFigures["reasons"][number] {
  const { upstream, lastReply } = reason;
  const askedAt = awaitsLine && upstream !== null ? awaited.get(upstream) : undefined;
  return {
    ...reason,
    lastReplyBy: lastReply === null ? null : speakerOf(lastReply),
    awaits: askedAt === undefined ? null : { upstream: upstream!, askedAt },
    explained: explain(configured, upstream, lastReply),
  };
}
