import type { Directory } from "../identity/directory.ts";
import type { Envelope } from "../store/operations/queue.ts";
import type { Store } from "../store/store.ts";
import type { SmtpReply } from "../smtp/reply.ts";
import type { AcceptingQueue, FirstAttempt } from "./intake.ts";
import type { Job, JobRecipient, QueuedRow, RecipientRow } from "./job.ts";
import { Lane, type LanePorts } from "./lane.ts";
import { retryDelayMs, type RetrySchedule } from "./retry.ts";
import { chooseUpstreams } from "./route.ts";
import type { Attempt } from "./settlement.ts";
import { createSettler, type Settler } from "./settler.ts";

/** What the worker needs. */
export interface WorkerPorts extends Omit<LanePorts, "attempted" | "divided" | "unavailable" | "octets" | "upstream"> {
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
  /** Memory for messages between acceptance and delivery, octets. */
  readonly hotMemory: number;
}

/** Messages that are read back from the queue at a time; those that stayed in memory come on top. */
const MAX_JOBS = 200;
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
  #coldJobs = 0;
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
    this.#heartbeat = setInterval(() => this.#extendClaims(), HEARTBEAT_MS);
    this.look();
  }

  /** Ends what is under way and takes nothing more. What waits is durable and goes on with the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
    await Promise.all([...this.#lanes.values()].map((lane) => lane.stop()));
    await this.#settler.stop();
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
    this.#dispatch(message as QueuedRow, recipients as readonly RecipientRow[], octets);
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

  /** Lets upstreams be tried again at once that could not be used, and looks. */
  retryNow(): void {
    for (const lane of this.#lanes.values()) lane.retryNow();
    this.look();
  }

  async #takeDue(): Promise<void> {
    const { store, clock } = this.#ports;
    let now = clock.now();
    while (this.#coldJobs < MAX_JOBS && !this.#stopped) {
      now = clock.now();
      const due = await store.read("dueMessages", {
        now,
        limit: DUE_BATCH,
        except: [...this.#underWay.keys()],
        full: [],
      });
      await Promise.all(due.map(({ message, recipients }) => this.#claim(message, recipients, now)));
      if (due.length === 0) break;
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

  async #claim(
    message: QueuedRow,
    recipients: readonly RecipientRow[],
    now: number,
  ): Promise<void> {
    const { store, owner, policy, random } = this.#ports;
    const attempts = Math.max(...recipients.map((recipient) => recipient.attempts)) + 1;
    const positions = await store.write("claim", {
      messageId: message.id,
      positions: recipients.map((recipient) => recipient.position),
      owner,
      now,
      until: now + retryDelayMs(policy().retry, attempts, random()),
    });
    const claimed = recipients.filter((recipient) => positions.includes(recipient.position));
    if (claimed.length === 0) return;
    this.#dispatch(message, claimed.map((row) => ({ ...row, attempts: row.attempts + 1 })), null);
  }

  /** Routes a claimed message: recipients that go the same way stay together. */
  #dispatch(message: QueuedRow, recipients: readonly JobRecipient[], octets: Uint8Array | null): void {
    const directory = this.#ports.directory();
    const ways = Map.groupBy(recipients, (recipient) =>
      JSON.stringify(chooseUpstreams(directory, {
        sender: message.sender,
        recipient: recipient.address,
        account: message.account,
        clientAddress: message.clientAddress,
      })));
    this.#underWay.set(message.id, { jobs: ways.size, hotOctets: octets?.length ?? 0 });
    if (octets === null) this.#coldJobs += ways.size;
    for (const [way, group] of ways) {
      this.#advance({ message, recipients: group, via: JSON.parse(way), failed: 0, octets, again: false }, null);
    }
  }

  /** Hands a job to the next upstream of its way, or settles it as deferred when there is none left. */
  #advance(job: Job, last: Attempt | null): void {
    const name = job.via[job.failed];
    if (name !== undefined) return this.#lane(name).add(job);
    this.#settle(job, last ?? this.#noUpstream(job));
  }

  #noUpstream(job: Job): Attempt {
    const text = "no upstream is configured that may take this sender's mail";
    const reply: SmtpReply = { code: 451, enhanced: "4.4.4", lines: [text], local: true };
    return {
      id: this.#ports.nextId(),
      upstream: "",
      sessionId: null,
      startedAt: this.#ports.clock.now(),
      replies: job.recipients.map(() => reply),
      upstreamDown: true,
      unknown: false,
    };
  }

  #lane(name: string): Lane {
    let lane = this.#lanes.get(name);
    if (!lane) {
      lane = new Lane(name, {
        ...this.#ports,
        upstream: (wanted) => this.#ports.directory().upstream(wanted),
        octets: (id) => this.#ports.store.octets(id),
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
  #count({ message, octets }: Job): void {
    if (octets === null) this.#coldJobs++;
    const underWay = this.#underWay.get(message.id);
    if (underWay) underWay.jobs++;
  }

  #release(job: Job): void {
    const underWay = this.#underWay.get(job.message.id);
    if (job.octets === null) this.#coldJobs--;
    if (underWay && --underWay.jobs === 0) {
      this.#underWay.delete(job.message.id);
      this.#hotOctets -= underWay.hotOctets;
    }
    if (this.#coldJobs < MAX_JOBS / 2 && job.octets === null) this.look();
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
