import type { Directory } from "../identity/directory.ts";
import type { Envelope } from "../store/operations/queue.ts";
import type { Store } from "../store/store.ts";
import { giveUp } from "./give-up.ts";
import type { AcceptingQueue, FirstAttempt } from "./intake.ts";
import type { Job, QueuedRow, RecipientRow } from "./job.ts";
import { Lane } from "./lane.ts";
import type { PoolPorts } from "./pool.ts";
import { retryDelayMs, type RetrySchedule } from "./retry.ts";
import { companionsOf } from "./route.ts";
import { countSent } from "./sent.ts";
import type { Attempt } from "./settlement.ts";
import { createSettler, type Settler } from "./settler.ts";
import { noUpstream, type Way, waysOf } from "./ways.ts";

/** What the worker needs. */
export interface WorkerPorts extends PoolPorts {
  readonly store: Store;
  readonly directory: () => Directory;
  /** This node's name among those that share the store. */
  readonly owner: string;
  readonly policy: () => QueuePolicy;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Something went wrong that no message's history shows. */
  readonly warn: (text: string, error: unknown) => void;
}

/** The queue's settings. */
export interface QueuePolicy {
  readonly retry: RetrySchedule;
  /** How long a message is tried, milliseconds. */
  readonly lifetimeMs: number;
  /** When its sender is told that it is delayed, milliseconds; 0 or absent: never. */
  readonly warnAfterMs?: number;
  /** Memory for messages between acceptance and delivery, octets. */
  readonly hotMemory: number;
}

/**
 * Messages that are read back from the queue at a time for each upstream, so that a slow one holds up none of the others;
 * those that stayed in memory come on top.
 */
const MAX_JOBS_OF_LANE = 100;
/** Recipients that are woken in one commit when a line is back. */
const WAKE_BATCH = 5_000;
/** Rows read in one look at the queue. */
const DUE_BATCH = 50;
/** The queue is looked at this often although nothing asked for it: other nodes and commands write to it too. */
const LOOK_EVERY_MS = 30_000;
/** Claims are extended this often, and by this much beyond it. */
const HEARTBEAT_MS = 20_000;
const CLAIM_BEYOND_MS = 60_000;

interface UnderWay {
  /** Jobs of the message that have not been settled. */
  jobs: number;
  /** Octets of memory that it holds. */
  readonly hotOctets: number;
}

/**
 * Brings queued messages to their upstreams: takes what is due, routes it, hands it to the upstream's lane, writes down
 * what became of it. A claim is durable before its attempt begins; a message that this node has in hand is never taken
 * twice.
 */
export class QueueWorker implements AcceptingQueue {
  readonly #ports: WorkerPorts;
  readonly #lanes = new Map<string, Lane>();
  readonly #underWay = new Map<number, UnderWay>();
  readonly #settler: Settler;
  #hotOctets = 0;
  /** Upstreams that the last look at the queue passed over, because enough waited for them. */
  #full: readonly string[] = [];
  #sentByHour = new Map<string, Map<number, number>>();
  #looking = false;
  #lookAgain = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = 0;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #stopped = false;

  constructor(ports: WorkerPorts) {
    this.#ports = ports;
    this.#settler = createSettler(ports);
  }

  /** Starts: takes up what an earlier run has left. */
  async start(): Promise<void> {
    await this.#ports.store.write("releaseClaims", { owner: this.#ports.owner });
    this.#sentByHour = await countSent(this.#ports);
    this.#heartbeat = setInterval(() => this.#extendClaims(), HEARTBEAT_MS);
    this.look();
  }

  /** Ends what is under way and takes nothing more. What waits is durable and goes on with the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
    const left = await Promise.all([...this.#lanes.values()].map((lane) => lane.stop()));
    await this.#settler.stop();
    await giveUp(left.flat(), this.#ports);
  }

  /** What each upstream's lane is doing. */
  get lanes(): readonly Lane[] {
    return [...this.#lanes.values()];
  }

  reserve(octets: number): FirstAttempt | null {
    const { policy, owner, clock, random } = this.#ports;
    const { hotMemory, retry } = policy();
    if (this.#stopped || this.#hotOctets + octets > hotMemory) return null;
    this.#hotOctets += octets;
    return { owner, until: clock.now() + retryDelayMs(retry, 1, random()) };
  }

  unreserve(octets: number): void {
    this.#hotOctets -= octets;
  }

  accepted({ message, recipients }: Envelope, octets: Uint8Array | null): void {
    if (octets === null) return this.look();
    const row = message as QueuedRow;
    this.#dispatch(row, waysOf(this.#ports.directory(), row, recipients as readonly RecipientRow[]), octets);
  }

  /** Looks at once for what is due: something was released, retried or accepted. */
  look(): void {
    if (this.#stopped) return;
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#takeDue().catch((error) => this.#ports.warn("the queue could not be read", error)).finally(() => {
      this.#looking = false;
      this.#lookAt(Infinity);
      if (this.#lookAgain) {
        this.#lookAgain = false;
        this.look();
      }
    });
  }

  /** Something has come through to the internet: lines that were down may be back. */
  lineSeen(): void {
    for (const lane of this.#lanes.values()) lane.probeNow();
  }

  /** Makes due what waited for the line to an upstream, or to one that its routes name beside it. */
  async #wake(name: string): Promise<void> {
    const upstreams = companionsOf(this.#ports.directory(), name);
    try {
      for (let woken = WAKE_BATCH; woken === WAKE_BATCH && !this.#stopped;) {
        woken = await this.#ports.store.write("wakeLine", { upstreams, limit: WAKE_BATCH });
        if (woken > 0) this.look();
      }
    } catch (error) {
      this.#ports.warn("what waited for the line could not be woken; it goes at its next attempt", error);
    }
  }

  /** Lets upstreams be tried again at once that could not be used, and looks. */
  retryNow(): void {
    for (const lane of this.#lanes.values()) lane.retryNow();
    this.look();
  }

  async #takeDue(): Promise<void> {
    const { store, clock } = this.#ports;
    let now = clock.now();
    while (!this.#stopped) {
      now = clock.now();
      this.#full = this.lanes.filter((lane) => lane.cold >= MAX_JOBS_OF_LANE).map(({ name }) => name);
      const except = [...this.#underWay.keys()];
      const due = await store.read("dueMessages", { now, limit: DUE_BATCH, except, full: this.#full });
      if (due.length === 0) break;
      await Promise.all(due.map(({ message, recipients }) => this.#take(message, recipients, now)));
    }
    this.#lookAt(await store.read("nextDueAt", { after: now }) ?? Infinity);
  }

  /** Looks when something will be due, or earlier where that is planned already; in any case after a while. */
  #lookAt(dueAt: number): void {
    if (this.#stopped) return;
    const now = this.#ports.clock.now();
    const lookAt = Math.min(now + LOOK_EVERY_MS, Math.max(now + 100, dueAt));
    if (this.#timer !== undefined && this.#timerAt <= lookAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = lookAt;
    this.#timer = setTimeout(() => this.look(), lookAt - now);
  }

  /** Claims a message's recipients, as far as their upstreams take more. */
  async #take(message: QueuedRow, recipients: readonly RecipientRow[], now: number): Promise<void> {
    const { store } = this.#ports;
    const taken: Way[] = [];
    for (const way of waysOf(this.#ports.directory(), message, recipients)) {
      const [first] = way.via;
      const isFull = first !== undefined && (this.#lanes.get(first)?.cold ?? 0) >= MAX_JOBS_OF_LANE;
      if (!isFull) taken.push(way);
      else {
        const positions = way.recipients.map(({ position }) => position);
        await store.write("passOver", { messageId: message.id, positions, upstream: first });
      }
    }
    if (taken.length > 0) await this.#claim(message, taken, now);
  }

  async #claim(message: QueuedRow, ways: readonly Way[], now: number): Promise<void> {
    const { store, owner, policy, random } = this.#ports;
    const recipients = ways.flatMap((way) => way.recipients);
    const attempts = Math.max(...recipients.map((recipient) => recipient.attempts)) + 1;
    const positions = await store.write("claim", {
      messageId: message.id,
      positions: recipients.map((recipient) => recipient.position),
      owner,
      now,
      until: now + retryDelayMs(policy().retry, attempts, random()),
    });
    const claimed = ways.map(({ via, recipients }) => ({
      via,
      recipients: recipients.filter(({ position }) => positions.includes(position))
        .map((row) => ({ ...row, attempts: row.attempts + 1 })),
    })).filter((way) => way.recipients.length > 0);
    if (claimed.length > 0) this.#dispatch(message, claimed, null);
  }

  #dispatch(message: QueuedRow, ways: readonly Way[], octets: Uint8Array | null): void {
    this.#underWay.set(message.id, { jobs: ways.length, hotOctets: octets?.length ?? 0 });
    for (const { via, recipients } of ways) {
      this.#advance({ message, recipients, via, failed: 0, octets, again: false }, null);
    }
  }

  /** Hands a job to the next upstream of its way, or settles it as deferred when there is none left. */
  #advance(job: Job, last: Attempt | null): void {
    const name = job.via[job.failed];
    if (name !== undefined) return this.lane(name).add(job);
    this.#settle(job, last ?? noUpstream(job, this.#ports));
  }

  /** The road to an upstream. */
  lane(name: string): Lane {
    let lane = this.#lanes.get(name);
    if (!lane) {
      lane = new Lane(name, {
        ...this.#ports,
        upstream: (wanted) => this.#ports.directory().upstream(wanted),
        sentByHour: this.#sentByHour.get(name) ?? new Map(),
        octets: (id) => this.#ports.store.octets(id),
        lineBack: (back) => void this.#wake(back),
        divided: (job) => this.#count(job),
        attempted: (job, attempt) => this.#settle(job, attempt),
        unavailable: (job, attempt) => this.#advance({ ...job, failed: job.failed + 1 }, attempt),
      });
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  #settle(job: Job, attempt: Attempt): void {
    void this.#settler.settle(job, attempt).then((settled) => {
      this.#release(job);
      if (settled?.reported) this.look();
      this.#lookAt(settled?.dueAt ?? Infinity);
    });
  }

  /** Counts a job that another one was divided into. */
  #count({ message }: Job): void {
    const underWay = this.#underWay.get(message.id);
    if (underWay) underWay.jobs++;
  }

  #release(job: Job): void {
    const underWay = this.#underWay.get(job.message.id);
    if (underWay && --underWay.jobs === 0) {
      this.#underWay.delete(job.message.id);
      this.#hotOctets -= underWay.hotOctets;
    }
    if (this.#full.some((name) => (this.#lanes.get(name)?.cold ?? 0) < MAX_JOBS_OF_LANE / 2)) this.look();
  }

  #extendClaims(): void {
    const { store, owner, clock } = this.#ports;
    const until = clock.now() + HEARTBEAT_MS + CLAIM_BEYOND_MS;
    for (const messageId of this.#underWay.keys()) {
      store.write("extendClaim", { messageId, owner, until }).catch((error) =>
        this.#ports.warn("a claim could not be extended", error)
      );
    }
  }
}
