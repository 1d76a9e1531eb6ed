import { isSameAccount } from "../identity/same-account.ts";
import { type Hop, HOPS } from "../dialogue/phases.ts";
import type { SessionRecord } from "../dialogue/session.ts";
import type { SessionSummary } from "../../web/models.ts";
import type { DashboardPorts } from "./ports.ts";

/** What happened on one hop since the last pulse. */
export interface HopPulse {
  readonly open: number;
  readonly opened: number;
  readonly ended: number;
  readonly messages: number;
  readonly octetsIn: number;
  readonly octetsOut: number;
}

/** What happened on every hop since the last pulse. */
export type Pulse = Readonly<Record<Hop, HopPulse>>;

/** The traffic of this moment, from memory: what the database will only know with the next batch. */
export interface LiveTraffic {
  /** Sessions that are open now, the newest first. */
  open(): SessionSummary[];
  /** Sessions that ended lately and may not be written yet, the newest first. */
  ended(): readonly SessionRecord[];
  /** Takes what has happened since it was last asked; null when nothing has. */
  takePulse(): Pulse | null;
  /** When a session last opened or ended; 0 before the first. */
  readonly lastEventAt: number;
}

/** Ended sessions kept at hand: the recorder writes a batch every few seconds. */
const ENDED_KEPT = 24;

type Counters = { -readonly [Key in keyof HopPulse]: HopPulse[Key] };

/** Listens to the recorder from now on. `account`: only to the sessions of that account. */
export function createLiveTraffic(
  { phases, clock }: Pick<DashboardPorts, "phases" | "clock">,
  account: string | null = null,
): LiveTraffic {
  const isMeant = (session: { readonly account: string | null }) =>
    account === null || (session.account !== null && isSameAccount(session.account, account));
  const openSessions = () => account === null ? phases.open : phases.open.filter(isMeant);
  const ended: SessionRecord[] = [];
  let counters = emptyCounters();
  let changed = false;
  let lastEventAt = 0;

  phases.listen((event) => {
    if (!isMeant(event.kind === "opened" ? event.session : event.record)) return;
    changed = true;
    lastEventAt = clock.now();
    if (event.kind === "opened") {
      counters[event.session.hop].opened++;
      return;
    }
    const { record } = event;
    const counter = counters[record.hop];
    counter.ended++;
    counter.messages += record.messages;
    for (const phase of record.phases) {
      counter.octetsIn += phase.octetsIn;
      counter.octetsOut += phase.octetsOut;
    }
    ended.unshift(record);
    if (ended.length > ENDED_KEPT) ended.pop();
  });

  return {
    open: () => openSessions().map((session) => openSummary(session, clock.now())).sort((a, b) => b.id - a.id),
    ended: () => ended,
    takePulse() {
      if (!changed) return null;
      const pulse = counters;
      for (const session of openSessions()) pulse[session.hop].open++;
      counters = emptyCounters();
      changed = false;
      return pulse;
    },
    get lastEventAt() {
      return lastEventAt;
    },
  };
}

function emptyCounters(): Record<Hop, Counters> {
  const counters = { open: 0, opened: 0, ended: 0, messages: 0, octetsIn: 0, octetsOut: 0 };
  return Object.fromEntries(HOPS.map((hop) => [hop, { ...counters }])) as Record<Hop, Counters>;
}

type OpenSession = DashboardPorts["phases"]["open"][number];

function openSummary(session: OpenSession, now: number): SessionSummary {
  return {
    id: session.id,
    hop: session.hop,
    startedAt: session.startedAt,
    durationMs: Math.max(0, now - session.startedAt),
    peerAddress: session.peer.address,
    peerPort: session.peer.port,
    localPort: session.localPort,
    peerName: session.peerName,
    account: session.account,
    tls: null,
    endedIn: session.phase,
    outcome: "open",
    cause: null,
    messages: session.messages,
    octetsIn: 0,
    octetsOut: 0,
    phases: [],
  };
}
