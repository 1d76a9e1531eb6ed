import type { Upstream } from "../settings.ts";
import { localFailure } from "../smtp/reply.ts";
import { dropSession, SmtpRefusal } from "../smtp/client/session.ts";
import { type Closed, closedForTheDay, GONE, notTried } from "./closed.ts";
import { Gate } from "./gate.ts";
import { createHeed, type Heed } from "./heed.ts";
import { cutJob, type Job, takeOut } from "./job.ts";
import type { LanePorts, LaneState, Readiness } from "./lane-ports.ts";
import { createPace, limitsOf, type Pace } from "./pace.ts";
import { ConnectionPool, type PooledConnection } from "./pool.ts";
import { limitOf } from "./replies.ts";
import { mostRecipients, sendJob } from "./sending.ts";
import { createTurns, type Turns } from "./turns.ts";

/** Messages read back at a time for an upstream, so that a slow one holds up no other; those in memory come on top. */
const MAX_COLD = 100;
/** How long no more connections are tried where one of several could not be had. */
const FULL_MS = 5_000;

/** The road to one upstream: its waiting jobs, its connections, its pace, and whether it can be used. */
export class Lane {
  readonly name: string;
  readonly #ports: LanePorts;
  readonly #waiting: Job[] = [];
  readonly #pool: ConnectionPool;
  readonly #pace: Pace;
  readonly #gate: Gate;
  readonly #heed: Heed;
  readonly #turns: Turns;
  #running = 0;
  /** Jobs in hand whose messages are read back from the queue. */
  #cold = 0;
  #fullUntil = 0;
  #stopped = false;
  #whenIdle: (() => void)[] = [];

  constructor(name: string, ports: LanePorts) {
    this.name = name;
    this.#ports = ports;
    this.#pool = new ConnectionPool(ports);
    this.#pace = createPace(() => limitsOf(ports.upstream(name)), ports.sentByHour);
    this.#gate = new Gate({
      ...ports,
      upstream: () => ports.upstream(name),
      back: () => ports.back(name),
      probe: () => ports.probe(name),
    });
    this.#heed = createHeed(this.#pace, this.#gate);
    this.#turns = createTurns({
      clock: ports.clock,
      pace: this.#pace,
      closed: (now) => this.closed(now),
      isStopped: () => this.#stopped,
      giveBack: (job, closed) => closed ? this.#giveBack(job, closed) : void this.#waiting.push(job),
    });
  }

  /** Whether it takes no more jobs whose messages are read back from the queue: enough of them wait. */
  get isFull(): boolean {
    return this.#cold >= (this.#gate.isDoubtful ? 1 : MAX_COLD);
  }

  /** Whether it is time to look for more such jobs. */
  get hasRoom(): boolean {
    return this.#cold < (this.#gate.isDoubtful ? 1 : MAX_COLD / 2);
  }

  /** Why nothing is to be sent at the moment; null: it is. */
  closed(now = this.#ports.clock.now()): Closed | null {
    const closed = this.#gate.closed(now);
    if (closed) return closed;
    const full = this.#pace.dayFull(now);
    return full && closedForTheDay(full);
  }

  /** Messages are being put off because it is closed: they are to be told of when it no longer is. */
  putOff(): void {
    this.#gate.putOff();
  }

  /** What it is doing. */
  get state(): LaneState {
    const now = this.#ports.clock.now();
    const trouble = this.#gate.trouble(now) ?? this.closed(now);
    return {
      ...this.#pace.state(now),
      name: this.name,
      running: this.#running,
      waiting: this.#waiting.length,
      down: trouble && { reply: trouble.reply, until: Math.max(now, trouble.until), isAsked: trouble.isProbed },
    };
  }

  /** Takes a job. It ends in `attempted` or `unavailable`; after `stop` it stays as it is in the queue. */
  add(job: Job): void {
    if (this.#stopped) return;
    if (job.octets === null) this.#cold++;
    const closed = this.closed();
    if (closed && this.#running === 0) return this.#giveBack(job, closed);
    this.#waiting.push(job);
    this.#spread();
  }

  /** Messages that wait for a connection, or for the pace. */
  get awaiting(): readonly number[] {
    return [...this.#turns.waiting, ...this.#waiting].map(({ message }) => message.id);
  }

  /** Takes back what waits of these messages: it is not sent, and no longer the lane's. */
  recall(ids: ReadonlySet<number>): readonly Job[] {
    const recalled = [...this.#turns.recall(ids), ...takeOut(this.#waiting, ids)];
    for (const { octets } of recalled) if (octets === null) this.#cold--;
    return recalled;
  }

  /** Forgets that the upstream could not be used: somebody asks for another try. */
  retryNow(): void {
    this.#gate.open();
  }

  /** Something else has come through: where the line was down, it may be back. */
  probeNow(): void {
    this.#gate.probeNow();
  }

  /**
   * A connection for a message that its client brings at this moment; null: none is to be had without waiting. It counts
   * as one at work until `giveBack`.
   */
  async borrow(): Promise<PooledConnection | null> {
    const now = this.#ports.clock.now();
    const upstream = this.#ports.upstream(this.name);
    if (this.#stopped || !upstream || this.closed(now)) return null;
    if (this.#running >= this.#pace.connections(now) || this.#pace.take(now) > 0) return null;
    this.#running++;
    const connection = await this.#pool.take(upstream) ?? await this.#open(upstream);
    if (connection !== "full" && "session" in connection) {
      connection.sent++;
      connection.offered = 0;
      return connection;
    }
    this.#ended();
    return null;
  }

  /** Counts a recipient of the day that is offered by a lent connection; false: none is left. */
  offers(connection: PooledConnection): boolean {
    const now = this.#ports.clock.now();
    if (this.#pace.recipientsLeft(now) === 0) return false;
    this.#pace.countRecipients(1, now);
    connection.offered++;
    return true;
  }

  /**
   * Takes a connection back.
   * @param broken what broke its session; absent: it can take another message
   * @param taken recipients that the upstream has taken, or may have: the others that were offered do not count
   */
  giveBack(connection: PooledConnection, broken?: unknown, taken = 0): void {
    this.#pace.countRecipients(taken - connection.offered, this.#ports.clock.now());
    if (broken !== undefined) dropSession(connection.session, broken);
    else this.#pool.park(connection);
    this.#ended();
    this.#spread();
  }

  /** The upstream has said that we are too fast. */
  slowDown(): void {
    this.#pace.slow(this.#ports.clock.now());
  }

  /** Takes nothing more from its queue; resolves when what is under way has ended, with the jobs that were not begun. */
  async stop(): Promise<readonly Job[]> {
    this.#stopped = true;
    this.#gate.stop();
    if (this.#running > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    await this.#pool.stop();
    return this.#waiting.splice(0);
  }

  /** Puts as many connections to work as there are jobs, as far as the upstream lets us. */
  #spread(): void {
    const now = this.#ports.clock.now();
    const most = this.#fullUntil > now ? 1 : this.#pace.connections(now);
    while (this.#running < most && this.#waiting.length > (this.#running === 0 ? 0 : this.#running)) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running++;
    try {
      let connection: PooledConnection | null = null;
      for (let job = this.#waiting.shift(); job; job = this.#next()) {
        if (!await this.#turns.hasCome(job)) continue;
        const ready: Readiness = await this.#ready(connection, job);
        if (ready === "full") return;
        connection = ready && await this.#send(ready, job);
      }
      if (connection) this.#pool.park(connection);
    } finally {
      this.#ended();
    }
  }

  /** A connection is no longer at work. Where several failed at the same moment, each has counted on the others. */
  #ended(): void {
    this.#running--;
    if (this.#running === 0 && !this.#stopped) this.#spread();
    if (this.#running === 0) { for (const resolve of this.#whenIdle.splice(0)) resolve(); }
  }

  /** The next job of a connection; undefined: there is none to be begun, or the upstream wants fewer connections. */
  #next(): Job | undefined {
    if (this.#stopped || this.#running > this.#pace.connections(this.#ports.clock.now())) return undefined;
    const job = this.#waiting.shift();
    if (job) this.#spread();
    return job;
  }

  async #ready(connection: PooledConnection | null, job: Job): Promise<Readiness> {
    const upstream = this.#ports.upstream(this.name);
    if (connection && this.#pool.isUsable(connection, upstream)) return connection;
    if (connection) await this.#pool.close(connection);
    // Whose connection had gone stale gets a new one: the others that wait may have gone with it.
    const parked = job.again ? undefined : await this.#pool.take(upstream);
    if (parked) return parked;
    const startedAt = this.#ports.clock.now();
    const opened = upstream ? await this.#open(upstream) : { ...GONE, until: startedAt, isProbed: false };
    if (opened === "full") this.#waiting.push(job);
    if (opened === "full" || "session" in opened) return opened;
    for (const one of [job, ...this.#waiting.splice(0)]) this.#giveBack(one, opened, startedAt);
    return null;
  }

  /** Opens a connection; else says why the upstream is left alone from now on, or that others are at work. */
  async #open(upstream: Upstream): Promise<PooledConnection | Closed | "full"> {
    const opened = await this.#pool.open(upstream);
    const now = this.#ports.clock.now();
    if ("session" in opened) {
      this.#gate.answered();
      return opened;
    }
    const reply = opened.error instanceof SmtpRefusal ? opened.error.reply : localFailure(opened.error);
    if (limitOf(reply, upstream) !== null) this.#pace.slow(now);
    // As long as another connection works or is being tried, the upstream may only be short of room. The last one that
    // fails speaks for all.
    if (this.#running > 1 && !this.#stopped) {
      this.#fullUntil = now + FULL_MS;
      return "full";
    }
    return this.#gate.failed(reply, opened.sessionId, now);
  }

  async #send(connection: PooledConnection, whole: Job): Promise<PooledConnection | null> {
    const startedAt = this.#ports.clock.now();
    const { session, upstream } = connection;
    // Others may have used up the day since it was asked.
    const left = this.#pace.recipientsLeft(startedAt);
    if (left === 0) {
      this.#giveBack(whole, closedForTheDay(this.#pace.dayFull(startedAt)!));
      return connection;
    }
    const [job, rest] = cutJob(whole, Math.min(mostRecipients(connection), left));
    if (rest) {
      this.#ports.divided(whole);
      if (whole.octets === null) this.#cold++;
      this.#waiting.unshift(rest);
    }
    const { replies, unknown, isStale, isOver, isBroken } = await sendJob(connection, job, {
      octets: this.#ports.octets,
      count: (recipients) => this.#pace.countRecipients(recipients, startedAt),
    });
    if (isStale && !job.again) {
      // The server may close a connection at any time: that is no failed attempt.
      this.#waiting.unshift({ ...job, again: true });
      return null;
    }
    const quota = this.#heed(replies, upstream, session.dialogue.log.id, this.#ports.clock.now());
    if (job.octets === null) this.#cold--;
    this.#ports.attempted(job, {
      id: this.#ports.nextId(),
      upstream: this.name,
      sessionId: session.dialogue.log.id,
      startedAt,
      replies,
      upstreamDown: false,
      quota,
      unknown,
      takesOverReports: session.extensions.has("DSN"),
    });
    if (isOver && !isBroken) await this.#pool.close(connection);
    return isOver ? null : connection;
  }

  #giveBack(job: Job, closed: Pick<Closed, "reply" | "sessionId">, startedAt = this.#ports.clock.now()): void {
    if (job.octets === null) this.#cold--;
    const { nextId } = this.#ports;
    this.#ports.unavailable(job, notTried(job, this.name, closed, { startedAt, nextId }));
  }
}
