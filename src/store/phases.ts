import type { Recorder, SessionLog, SessionRecord } from "../dialogue/session.ts";
import { bucketOf, type Hop, type Phase } from "../dialogue/phases.ts";
import { addHistograms, addHop, addPhase, emptyHistogram, emptyPhaseSum } from "../dialogue/sums.ts";
import { firstIdAt } from "./ids.ts";
import type { Telemetry, TelemetryLimits } from "./operations/telemetry.ts";
import type { Store } from "./store.ts";

/** What the recorder keeps and how often it writes. */
export interface PhaseSettings {
  /** Milliseconds between two batches: an SD card is written seldom. */
  readonly flushIntervalMs: number;
  /** How long sessions and minutes are kept, milliseconds. */
  readonly keepMs: number;
  /** Newest completed sessions whose transcripts are kept; failed ones keep theirs as long as their session. */
  readonly keepTranscripts: number;
}

/** Something that has just happened, for the live view. */
export type PhaseEvent =
  | { readonly kind: "opened"; readonly session: SessionLog }
  | { readonly kind: "ended"; readonly record: SessionRecord };

type SessionRow = Telemetry["sessions"][number];
type PhaseRow = Telemetry["phases"][number];
type HopRow = Telemetry["hops"][number];

const MINUTE_MS = 60_000;
/** Sessions of one batch: so many do not wait for the interval. The database takes 32,766 arguments in an INSERT. */
const BATCH_SESSIONS = 500;
/** Sessions that may wait while the store is busy; more are dropped and counted. */
const WAITING_SESSIONS = 2_000;
/** Batches between two clean-ups. */
const PRUNE_EVERY = 60;

/**
 * Records every session of every hop.
 *
 * Counters are exact: they are added up in memory, a few numbers for each hop and phase, and cannot overflow. Sessions
 * and transcripts go through a bounded buffer that drops and counts. Mail waits for neither.
 */
export class PhaseRecorder implements Recorder {
  readonly #store: Store;
  readonly #settings: PhaseSettings;
  readonly #open = new Map<number, SessionLog>();
  readonly #listeners = new Set<(event: PhaseEvent) => void>();
  #sessions: SessionRow[] = [];
  /** Completed sessions whose transcripts are to be written: the newest ones, since older ones would be pruned at once. */
  #completed: SessionRecord[] = [];
  #failed: SessionRecord[] = [];
  #flushing: Promise<void> | null = null;
  #phases = new Map<string, PhaseRow & { counts: number[] }>();
  #hops = new Map<string, HopRow>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #batches = 0;
  #now: () => number;

  constructor(store: Store, settings: PhaseSettings, now: () => number) {
    this.#store = store;
    this.#settings = settings;
    this.#now = now;
  }

  /** Sessions that are open at this moment. */
  get open(): readonly SessionLog[] {
    return [...this.#open.values()];
  }

  /** Hears of every session from now on; gives the function that ends it. Listeners must not wait. */
  listen(listener: (event: PhaseEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  opened(session: SessionLog): void {
    this.#open.set(session.id, session);
    this.#tell({ kind: "opened", session });
  }

  ended(record: SessionRecord): void {
    this.#open.delete(record.id);
    const kept = this.#sessions.length < WAITING_SESSIONS;
    if (kept) this.#keep(record);
    this.#count(record, kept);
    this.#tell({ kind: "ended", record });
    if (this.#sessions.length >= BATCH_SESSIONS) this.#flushInBackground(false);
    else this.#awaitInterval();
  }

  /** Writes what has been recorded so far. @throws StoreError; what could not be written is counted as dropped */
  async flush(): Promise<void> {
    await this.#flushing;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    do await this.#write(true); while (this.#sessions.length > 0);
  }

  /**
   * Writes a batch. Transcripts of completed sessions only with the interval: under load most would be pruned before
   * anybody could look.
   */
  async #write(withCompleted: boolean): Promise<void> {
    const sessions = this.#sessions.splice(0, BATCH_SESSIONS);
    const records = [...this.#failed.splice(0), ...withCompleted ? this.#completed.splice(0) : []];
    const phases = [...this.#phases.values()].map(({ counts, ...row }) => ({
      ...row,
      histogram: JSON.stringify(counts),
    }));
    const hops = [...this.#hops.values()];
    this.#phases.clear();
    this.#hops.clear();
    if (hops.length === 0 && sessions.length === 0) return;
    try {
      await this.#store.write("recordTelemetry", { sessions, transcripts: records.map(transcriptRow), phases, hops });
    } catch (error) {
      // The counters go into the next batch; the sessions do not, or a full disk would fill the memory as well.
      for (const row of phases) this.#addPhase({ ...row, counts: JSON.parse(row.histogram) as number[] });
      for (const row of hops) this.#addHop({ ...row, dropped: row.dropped + sessionsOf(sessions, row.hop) });
      throw error;
    }
    if (this.#batches++ % PRUNE_EVERY === 0) await this.#store.write("pruneTelemetry", this.#limits());
  }

  /** A batch that fails stays in the counters and is tried again with the next session that ends. */
  #flushInBackground(withCompleted: boolean): void {
    if (withCompleted) this.#timer = undefined;
    if (this.#flushing) return;
    this.#flushing = this.#write(withCompleted).catch(() => undefined).finally(() => {
      this.#flushing = null;
      // What ended meanwhile waits for a whole batch or the interval, too: at once, a busy hour would be one small batch
      // behind the other.
      if (this.#sessions.length >= BATCH_SESSIONS) this.#flushInBackground(false);
      else if (this.#sessions.length > 0) this.#awaitInterval();
    });
  }

  #awaitInterval(): void {
    this.#timer ??= setTimeout(() => this.#flushInBackground(true), this.#settings.flushIntervalMs);
  }

  #keep(record: SessionRecord): void {
    this.#sessions.push(sessionRow(record));
    if (record.outcome !== "completed") {
      this.#failed.push(record);
      return;
    }
    this.#completed.push(record);
    if (this.#completed.length > this.#settings.keepTranscripts) this.#completed.shift();
  }

  #limits(): TelemetryLimits {
    const before = this.#now() - this.#settings.keepMs;
    return {
      firstSession: firstIdAt(before),
      transcripts: this.#settings.keepTranscripts,
      minutesBefore: Math.floor(before / MINUTE_MS),
    };
  }

  #count(record: SessionRecord, kept: boolean): void {
    const minute = Math.floor((record.startedAt + record.durationMs) / MINUTE_MS);
    const completed = record.outcome === "completed";
    for (const phase of record.phases) {
      const sum = this.#phaseSum(minute, record.hop, phase.phase);
      addPhase(sum, {
        sessions: 1,
        failures: !completed && phase.phase === record.endedIn ? 1 : 0,
        commands: phase.commands,
        refusals: phase.refusals,
        octetsIn: phase.octetsIn,
        octetsOut: phase.octetsOut,
        durationMs: phase.durationMs,
      });
      sum.counts[bucketOf(phase.durationMs)]!++;
    }
    this.#addHop({
      minute,
      hop: record.hop,
      sessions: 1,
      completed: completed ? 1 : 0,
      messages: record.messages,
      ...octetsOf(record),
      dropped: kept ? 0 : 1,
    });
  }

  #addPhase(row: PhaseRow & { counts: number[] }): void {
    const sum = this.#phaseSum(row.minute, row.hop as Hop, row.phase as Phase);
    addPhase(sum, row);
    addHistograms(sum.counts, row.counts);
  }

  /** What a phase came to in a minute, to be added to. */
  #phaseSum(minute: number, hop: Hop, phase: Phase): PhaseRow & { counts: number[] } {
    const key = phaseKey(minute, hop, phase);
    let sum = this.#phases.get(key);
    if (!sum) {
      sum = { minute, hop, phase, ...emptyPhaseSum(), histogram: "", counts: emptyHistogram() };
      this.#phases.set(key, sum);
    }
    return sum;
  }

  #addHop(row: HopRow): void {
    const key = `${row.minute} ${row.hop}`;
    const sum = this.#hops.get(key);
    if (!sum) {
      this.#hops.set(key, row);
      return;
    }
    addHop(sum, row);
  }

  #tell(event: PhaseEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function phaseKey(minute: number, hop: Hop, phase: Phase): string {
  return `${minute} ${hop} ${phase}`;
}

function sessionsOf(sessions: readonly SessionRow[], hop: Hop): number {
  return sessions.filter((session) => session.hop === hop).length;
}

function octetsOf(record: SessionRecord): { octetsIn: number; octetsOut: number } {
  let octetsIn = 0;
  let octetsOut = 0;
  for (const phase of record.phases) {
    octetsIn += phase.octetsIn;
    octetsOut += phase.octetsOut;
  }
  return { octetsIn, octetsOut };
}

function sessionRow(record: SessionRecord): SessionRow {
  return {
    id: record.id,
    hop: record.hop,
    startedAt: record.startedAt,
    durationMs: record.durationMs,
    peerAddress: record.peer.address,
    peerPort: record.peer.port,
    localPort: record.localPort,
    peerName: record.peerName,
    account: record.account,
    tls: record.tls,
    endedIn: record.endedIn,
    outcome: record.outcome,
    cause: record.cause,
    messages: record.messages,
    ...octetsOf(record),
    phases: JSON.stringify(record.phases),
  };
}

function transcriptRow(record: SessionRecord): Telemetry["transcripts"][number] {
  return {
    sessionId: record.id,
    lines: JSON.stringify(record.transcript),
    linesDropped: record.linesDropped,
    failed: record.outcome !== "completed",
  };
}
