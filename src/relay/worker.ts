import type { Envelope } from "../store/operations/queue.ts";
import type { DueMessage } from "../store/queries/queue.ts";
import { giveUp } from "./give-up.ts";
import type { AcceptingQueue, FirstAttempt } from "./intake.ts";
import type { Job, QueuedRow, RecipientRow, UnderWay } from "./job.ts";
import { Lane } from "./lane.ts";
import type { Turn } from "./lane-ports.ts";
import { createLooks, type Looks } from "./looks.ts";
import type { SentByHour } from "./pace.ts";
import { sortDue } from "./put-off.ts";
import { retryDelayMs } from "./retry.ts";
import { countSent } from "./sent.ts";
import type { Attempt } from "./settlement.ts";
import { createSettler, type Settler } from "./settler.ts";
import { noUpstream, type Way, waysOf } from "./ways.ts";
import { wake } from "./wake.ts";
import type { WorkerPorts } from "./worker-ports.ts";

/** Rows read in one look at the queue. */
const DUE_BATCH = 50;
/** The pause after rows of which none could be tried: mail for other upstreams need not wait for all of them. */
const PASSING_PAUSE_MS = 10;
/** Claims are extended this often, and by this much beyond it. */
const HEARTBEAT_MS = 20_000;
const CLAIM_BEYOND_MS = 60_000;

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
  readonly #looks: Looks;
  #hotOctets = 0;
  /** Upstreams that the last look at the queue passed over, because enough waited for them. */
  #full: readonly string[] = [];
  #sentByHour: ReadonlyMap<string, SentByHour> = new Map();
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #stopped = false;

  constructor(ports: WorkerPorts) {
    this.#ports = ports;
    this.#settler = createSettler(ports);
    this.#looks = createLooks({
      clock: ports.clock,
      look: () => this.#takeDue(),
      failed: (error) => ports.warn("the queue could not be read", error),
    });
  }

  /** Starts: takes up what an earlier run has left. */
  async start(): Promise<void> {
    await this.#ports.store.write("releaseClaims", { owner: this.#ports.owner });
    this.#sentByHour = await countSent(this.#ports);
    for (const name of this.#sentByHour.keys()) this.lane(name);
    this.#heartbeat = setInterval(() => this.#extendClaims(), HEARTBEAT_MS);
    this.look();
  }

  /** Ends what is under way and takes nothing more. What waits is durable and goes on with the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#looks.stop();
    clearInterval(this.#heartbeat);
    const left = await Promise.all([...this.#lanes.values()].map((lane) => lane.stop()));
    await this.#settler.stop();
    await giveUp(left.flat(), this.#ports);
  }

  /** What each upstream's lane is doing. */
  get lanes(): readonly Lane[] {
    return [...this.#lanes.values()];
  }

  /** Messages in hand whose turn has not come, by their ids: for which upstream, and its messages a minute. */
  get turns(): ReadonlyMap<number, Turn> {
    return new Map(this.lanes.flatMap((lane) => {
      const turn: Turn = { upstream: lane.name, perMinute: lane.state.perMinute };
      return lane.awaiting.map((id): [number, Turn] => [id, turn]);
    }));
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
    // A claim that ran out while it was being written holds nothing: whoever looks may have found the message due.
    if (recipients.some(({ nextAttemptAt }) => nextAttemptAt <= this.#ports.clock.now())) {
      this.unreserve(octets.length);
      return this.look();
    }
    const row = message as QueuedRow;
    this.#dispatch(row, waysOf(this.#ports.directory(), row, recipients as readonly RecipientRow[]), octets);
  }

  /** Looks at once for what is due: something was released, retried or accepted. */
  look(): void {
    this.#looks.now();
  }

  /** Something has come through to the internet: lines that were down may be back. */
  lineSeen(): void {
    for (const lane of this.#lanes.values()) lane.probeNow();
  }

  /** Makes due what waited for an upstream, or for one that its routes name beside it. @param most how many recipients */
  #wake(name: string, most = Infinity): void {
    void wake(name, most, this.#ports, { isStopped: () => this.#stopped, look: () => this.look() });
  }

  /** The settings are other ones: what waited for an upstream, or had none, may go by another, or be let in by it now. */
  settingsChanged(): void {
    this.retryNow();
    for (const name of ["", ...this.#lanes.keys()]) this.#wake(name);
  }

  /** Lets upstreams be tried again at once that could not be used, and looks. */
  retryNow(): void {
    for (const lane of this.#lanes.values()) lane.retryNow();
    this.look();
  }

  /**
   * Does something to messages whose attempts have not begun, although this node has them in hand: they wait for their
   * turn, or for a connection. Nothing of them is sent before `act` has ended; what it leaves waiting is due then.
   */
  async withdrawn<T>(ids: readonly number[], act: () => Promise<T>): Promise<T> {
    const wanted = new Set(ids);
    const jobs = this.lanes.flatMap((lane) => lane.recall(wanted));
    await giveUp(jobs, this.#ports);
    try {
      return await act();
    } finally {
      for (const job of jobs) this.#release(job);
      this.look();
    }
  }

  async #takeDue(): Promise<void> {
    const { store, clock } = this.#ports;
    let now = clock.now();
    while (!this.#stopped) {
      now = clock.now();
      this.#full = this.lanes.filter((lane) => lane.isFull).map(({ name }) => name);
      const except = [...this.#underWay.keys()];
      const due = await store.read("dueMessages", { now, limit: DUE_BATCH, except, full: this.#full });
      if (due.length === 0) break;
      const isAnyTaken = await this.#take(due, now);
      if (!isAnyTaken) await new Promise((resolve) => setTimeout(resolve, PASSING_PAUSE_MS));
    }
    if (this.#stopped) return;
    this.#looks.at(await store.read("nextDueAt", { after: now }) ?? Infinity);
  }

  /** Claims what is due, as far as the upstreams take more. @returns whether there was any of it */
  async #take(due: readonly DueMessage[], now: number): Promise<boolean> {
    const { store, policy, directory } = this.#ports;
    const { retry, lifetimeMs, warnAfterMs } = policy();
    const { taken, passedOver, putOff } = sortDue(due, {
      now,
      lifetimeMs,
      warnAfterMs,
      maxDelayMs: retry.maxMs,
      ways: ({ message, recipients }) => waysOf(directory(), message, recipients),
      road: (name) => ({ closed: this.lane(name).closed(), isFull: this.lane(name).isFull }),
    });
    // Before the write is on its way: an upstream that is back meanwhile wakes what it puts off.
    for (const name of new Set(putOff.map(({ upstream }) => upstream))) this.lane(name).putOff();
    await Promise.all([
      ...taken.map(({ message, ways }) => this.#claim(message, ways, now)),
      ...passedOver.length > 0 ? [store.write("passOver", { rows: passedOver })] : [],
      ...putOff.length > 0 ? [store.write("putOff", { rows: putOff, now })] : [],
    ]);
    return taken.length > 0;
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
        sentByHour: this.#sentByHour.get(name),
        octets: (id) => this.#ports.store.octets(id),
        back: (back) => this.#wake(back),
        probe: (wanted) => this.#wake(wanted, 1),
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
      this.#looks.at(settled?.dueAt ?? Infinity);
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
    if (this.#full.some((name) => this.lane(name).hasRoom)) this.look();
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
