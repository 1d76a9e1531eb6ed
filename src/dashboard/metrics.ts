/** The figures for Prometheus: what passed since this process began, counted as it ends, and how things stand now. */
import process from "node:process";
import {
  bucketOf,
  DURATION_BUCKETS_MS,
  type Hop,
  HOPS,
  type Phase,
  phasesOf,
  type SessionOutcome,
} from "../dialogue/phases.ts";
import type { SessionRecord } from "../dialogue/session.ts";
import { timeOfId } from "../store/ids.ts";
import { type Family, writeFamilies } from "./metrics-format.ts";
import type { DashboardPorts } from "./ports.ts";

/** The content type of the text format. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** What is counted of a phase of a hop. */
interface PhaseCount {
  sessions: number;
  failures: number;
  commands: number;
  refusals: number;
  octetsIn: number;
  octetsOut: number;
  durationMs: number;
  readonly buckets: number[];
}

/** What is counted of a hop. */
interface HopCount {
  messages: number;
  readonly outcomes: Record<SessionOutcome, number>;
  readonly phases: ReadonlyMap<Phase, PhaseCount>;
}

/** Gives the figures as text. */
export interface Metrics {
  read(): Promise<string>;
}

type Ports = Pick<
  DashboardPorts,
  "phases" | "store" | "clock" | "version" | "room" | "describe" | "waitingWrites" | "storeTrouble"
>;

/** Counts from now on. */
export function createMetrics(ports: Ports): Metrics {
  const hops = new Map(HOPS.map((hop) => [hop, emptyHop(hop)]));
  ports.phases.listen((event) => {
    if (event.kind === "ended") count(hops.get(event.record.hop)!, event.record);
  });
  return {
    read: async () =>
      writeFamilies([
        ...sessionFamilies(hops),
        ...phaseFamilies(hops),
        openFamily(ports),
        ...await queueFamilies(ports),
        ...await mailboxFamilies(ports),
        ...storeFamilies(ports),
        ...processFamilies(ports),
      ]),
  };
}

function emptyHop(hop: Hop): HopCount {
  const outcomes = { completed: 0, dropped: 0, timeout: 0, refused: 0, failed: 0, shutdown: 0 };
  return { messages: 0, outcomes, phases: new Map(phasesOf(hop).map((phase) => [phase, emptyPhase()])) };
}

function emptyPhase(): PhaseCount {
  const buckets = Array.from({ length: DURATION_BUCKETS_MS.length + 1 }, () => 0);
  return { sessions: 0, failures: 0, commands: 0, refusals: 0, octetsIn: 0, octetsOut: 0, durationMs: 0, buckets };
}

function count(hop: HopCount, record: SessionRecord): void {
  hop.outcomes[record.outcome]++;
  hop.messages += record.messages;
  for (const phase of record.phases) {
    const counts = hop.phases.get(phase.phase);
    if (!counts) continue;
    counts.sessions++;
    counts.commands += phase.commands;
    counts.refusals += phase.refusals;
    counts.octetsIn += phase.octetsIn;
    counts.octetsOut += phase.octetsOut;
    counts.durationMs += phase.durationMs;
    counts.buckets[bucketOf(phase.durationMs)]!++;
  }
  const ended = hop.phases.get(record.endedIn);
  if (ended && record.outcome !== "completed") ended.failures++;
}

type Hops = ReadonlyMap<Hop, HopCount>;

function sessionFamilies(hops: Hops): Family[] {
  const all = [...hops];
  return [
    {
      name: "waypost_sessions_total",
      type: "counter",
      help: "Sessions that have ended, by how they ended.",
      samples: all.flatMap(([hop, { outcomes }]) =>
        Object.entries(outcomes).map(([outcome, value]) => ({ labels: { hop, outcome }, value }))
      ),
    },
    {
      name: "waypost_messages_total",
      type: "counter",
      help: "Messages that changed hands.",
      samples: all.map(([hop, { messages }]) => ({ labels: { hop }, value: messages })),
    },
  ];
}

function phaseFamilies(hops: Hops): Family[] {
  const all = [...hops].flatMap(([hop, { phases }]) =>
    [...phases].map(([phase, counts]) => ({ labels: { hop, phase }, counts }))
  );
  const counter = (name: string, help: string, valueOf: (counts: PhaseCount) => number): Family => ({
    name,
    type: "counter",
    help,
    samples: all.map(({ labels, counts }) => ({ labels, value: valueOf(counts) })),
  });
  return [
    {
      name: "waypost_phase_duration_seconds",
      type: "histogram",
      help: "How long each phase took, of sessions that have ended.",
      bounds: DURATION_BUCKETS_MS.map((ms) => ms / 1000),
      series: all.map(({ labels, counts }) => ({ labels, buckets: counts.buckets, sum: counts.durationMs / 1000 })),
    },
    counter("waypost_phase_failures_total", "Sessions that ended in the phase without completing.", (c) => c.failures),
    counter("waypost_phase_commands_total", "Commands that were given in the phase.", (c) => c.commands),
    counter("waypost_phase_refusals_total", "Commands that were refused in the phase.", (c) => c.refusals),
    counter("waypost_phase_received_bytes_total", "Octets from the peer, without those of TLS.", (c) => c.octetsIn),
    counter("waypost_phase_sent_bytes_total", "Octets to the peer, without those of TLS.", (c) => c.octetsOut),
  ];
}

function openFamily({ phases }: Pick<Ports, "phases">): Family {
  const open = new Map<Hop, number>(HOPS.map((hop) => [hop, 0]));
  for (const { hop } of phases.open) open.set(hop, open.get(hop)! + 1);
  const samples = [...open].map(([hop, value]) => ({ labels: { hop }, value }));
  return gauge("waypost_sessions_open", "Sessions that are open now.", samples);
}

/** The label of what waits for an upstream that the settings do not name any more: label values stay few. */
const OTHER = "other";

async function queueFamilies({ store, describe, clock }: Ports): Promise<Family[]> {
  const { groups, oldestId } = await store.read("queueDepth", null);
  const known = new Set(describe().upstreams.map(({ name }) => name));
  const depth = new Map<string, number>([...known].map((name) => [JSON.stringify(["waiting", name]), 0]));
  for (const { state, upstream, recipients } of groups) {
    // What was not tried yet waits for none.
    const key = JSON.stringify([state, upstream === null ? "" : known.has(upstream) ? upstream : OTHER]);
    depth.set(key, (depth.get(key) ?? 0) + recipients);
  }
  const samples = [...depth].map(([key, value]) => {
    const [state, upstream] = JSON.parse(key) as [string, string];
    return { labels: { state, upstream }, value };
  });
  const ageMs = oldestId === null ? 0 : Math.max(0, clock.now() - timeOfId(oldestId));
  return [
    gauge("waypost_queue_recipients", "Recipients in the queue, by the upstream that was tried last.", samples),
    gauge("waypost_queue_oldest_age_seconds", "How long the oldest message of the queue has waited.", ageMs / 1000),
  ];
}

async function mailboxFamilies({ store }: Ports): Promise<Family[]> {
  const rows = await store.read("mailboxTotals", null);
  const sum = (valueOf: (row: (typeof rows)[number]) => number) => rows.reduce((all, row) => all + valueOf(row), 0);
  return [
    gauge("waypost_mailbox_messages", "Messages in all mailboxes.", sum((row) => row.messages)),
    gauge("waypost_mailbox_bytes", "Octets of the messages in all mailboxes.", sum((row) => row.octets)),
    gauge(
      "waypost_sources_failing",
      "Sources whose last poll failed, or that are paused to ask the owner.",
      sum(({ mailbox }) => mailbox.failures > 0 || mailbox.pausedBecause !== null ? 1 : 0),
    ),
  ];
}

function storeFamilies({ room, waitingWrites, storeTrouble }: Ports): Family[] {
  const { freeOctets, reserveOctets, isFull } = room();
  return [
    gauge("waypost_disk_free_bytes", "Room on the disk of the database.", freeOctets),
    gauge("waypost_disk_reserve_bytes", "Room that is kept free.", reserveOctets),
    gauge("waypost_mail_refused", "1 while new mail is refused: no room, or nothing can be written.", [{
      labels: {},
      value: isFull || storeTrouble() !== null ? 1 : 0,
    }]),
    gauge("waypost_store_waiting_writes", "Writes that wait for a commit.", waitingWrites()),
  ];
}

const MICROSECONDS = 1_000_000;

function processFamilies({ version, clock }: Ports): Family[] {
  const { user, system } = process.cpuUsage();
  return [
    gauge("waypost_build_info", "The version, as a label.", [{ labels: { version }, value: 1 }]),
    gauge("process_resident_memory_bytes", "Resident memory.", process.memoryUsage().rss),
    gauge("process_start_time_seconds", "When the process began.", clock.now() / 1000 - process.uptime()),
    {
      name: "process_cpu_seconds_total",
      type: "counter",
      help: "Processor time.",
      samples: [{ labels: {}, value: (user + system) / MICROSECONDS }],
    },
  ];
}

function gauge(
  name: string,
  help: string,
  value: number | readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[],
): Family {
  return { name, help, type: "gauge", samples: typeof value === "number" ? [{ labels: {}, value }] : value };
}
