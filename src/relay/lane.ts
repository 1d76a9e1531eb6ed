import type { Upstream } from "../settings.ts";
import { type Recorder, SessionLog } from "../dialogue/session.ts";
import type { NextId } from "../store/ids.ts";
import { localFailure, type SmtpReply } from "../smtp/reply.ts";
import { closeSession, dropSession, openSession, type SmtpClientSession, SmtpRefusal } from "../smtp/client/session.ts";
import { serverLimits } from "../smtp/client/limits.ts";
import { sendMessage } from "../smtp/client/transaction.ts";
import type { Clock } from "../wire/clock.ts";
import { cutJob, type Job } from "./job.ts";
import { outgoing, targetOf } from "./outgoing.ts";
import { createPace, type Pace } from "./pace.ts";
import type { Attempt } from "./settlement.ts";

/** What a lane needs. */
export interface LanePorts {
  readonly clock: Clock;
  readonly nextId: NextId;
  readonly recorder: Recorder;
  readonly hostname: () => string;
  /** The upstream as it is configured at this moment; undefined once it is gone. */
  readonly upstream: (name: string) => Upstream | undefined;
  /** Reads a message back that did not stay in memory. */
  readonly octets: (messageId: number) => AsyncIterable<Uint8Array>;
  /** The upstream takes fewer recipients at a time: the job has become two. */
  readonly divided: (job: Job) => void;
  /** An attempt has ended: the job is no longer the lane's. */
  readonly attempted: (job: Job, attempt: Attempt) => void;
  /** The upstream could not be reached or used; nothing of the job was sent. */
  readonly unavailable: (job: Job, attempt: Attempt) => void;
}

/** How long an unused connection is kept: long enough for the next page of a scanner, short of any server's limit. */
const IDLE_MS = 20_000;
/** How long an upstream that could not be used is left alone: doubles from the first to the last. */
const DOWN_FIRST_MS = 5_000;
const DOWN_MAX_MS = 60_000;

interface Parked {
  readonly session: SmtpClientSession;
  readonly upstream: Upstream;
  sent: number;
  timer?: ReturnType<typeof setTimeout>;
}

/**
 * A connection that can take a message; null: the job has been given back; "full": it waits for the other connections,
 * this one could not be had.
 */
type Readiness = Parked | null | "full";

/** The road to one upstream: its waiting jobs, its connections, its pace, and whether it can be used. */
export class Lane {
  readonly name: string;
  readonly #ports: LanePorts;
  readonly #waiting: Job[] = [];
  readonly #parked: Parked[] = [];
  #running = 0;
  #failures = 0;
  #downUntil = 0;
  #fullUntil = 0;
  #lastFailure: { readonly reply: SmtpReply; readonly sessionId: number } | null = null;
  #pace: { readonly perMinute: number; readonly pace: Pace } = { perMinute: 0, pace: createPace(0) };
  #stopped = false;
  #whenIdle: (() => void)[] = [];

  constructor(name: string, ports: LanePorts) {
    this.name = name;
    this.#ports = ports;
  }

  /** Jobs that wait for a connection. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Connections at work. */
  get running(): number {
    return this.#running;
  }

  /** Why the upstream cannot be used at the moment, or null. */
  get down(): { readonly reply: SmtpReply; readonly until: number } | null {
    const down = this.#lastFailure && this.#downUntil > this.#ports.clock.now();
    return down ? { reply: this.#lastFailure!.reply, until: this.#downUntil } : null;
  }

  /** Takes a job. It ends in `attempted` or `unavailable`; after `stop` it stays as it is in the queue. */
  add(job: Job): void {
    if (this.#stopped) return;
    if (this.down && this.#running === 0) return this.#giveBack(job);
    this.#waiting.push(job);
    const upstream = this.#ports.upstream(this.name);
    const isFull = this.#fullUntil > this.#ports.clock.now();
    const wanted = this.#running === 0 || (!isFull && this.#waiting.length > this.#running);
    if (wanted && this.#running < (upstream?.maxConnections ?? 1)) void this.#run();
  }

  /** Forgets that the upstream could not be used: somebody asks for another try. */
  retryNow(): void {
    this.#downUntil = 0;
  }

  /** Takes nothing more from its queue; resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting.length = 0;
    if (this.#running > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    await Promise.all(this.#parked.splice(0).map((parked) => this.#close(parked)));
  }

  async #run(): Promise<void> {
    this.#running++;
    try {
      let connection: Parked | null = null;
      for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
        await this.#keepPace();
        const ready: Readiness = await this.#ready(connection, job);
        if (ready === "full") return;
        connection = ready && await this.#send(ready, job);
      }
      if (connection) this.#park(connection);
    } finally {
      this.#running--;
      if (this.#running === 0) { for (const resolve of this.#whenIdle.splice(0)) resolve(); }
    }
  }

  async #ready(connection: Parked | null, job: Job): Promise<Readiness> {
    const upstream = this.#ports.upstream(this.name);
    if (connection && this.#isUsable(connection, upstream)) return connection;
    if (connection) await this.#close(connection);
    for (let parked = this.#parked.pop(); parked; parked = this.#parked.pop()) {
      clearTimeout(parked.timer);
      if (this.#isUsable(parked, upstream)) return parked;
      await this.#close(parked);
    }
    return upstream ? await this.#open(upstream, job) : (this.#gone(job), null);
  }

  #isUsable({ session, upstream, sent }: Parked, current: Upstream | undefined): boolean {
    const most = Math.min(upstream.messagesPerConnection || Infinity, serverLimits(session.extensions).messages);
    return upstream === current && sent < most;
  }

  async #open(upstream: Upstream, job: Job): Promise<Readiness> {
    const { clock, nextId, recorder, hostname } = this.#ports;
    const startedAt = clock.now();
    const log = new SessionLog(
      {
        id: nextId(),
        hop: "smtp-client",
        peer: { address: upstream.host, port: upstream.port },
        localPort: 0,
        peerName: upstream.name,
      },
      recorder,
      clock,
    );
    try {
      const session = await openSession(targetOf(upstream, hostname()), log);
      this.#failures = 0;
      this.#downUntil = 0;
      return { session, upstream, sent: 0 };
    } catch (error) {
      const reply = error instanceof SmtpRefusal ? error.reply : localFailure(error);
      this.#lastFailure = { reply, sessionId: log.id };
      // As long as another connection works or is being tried, the upstream may only be short of room: the job is left
      // to that one. The last one that fails speaks for all.
      if (this.#running > 1 && !this.#stopped) {
        this.#waiting.push(job);
        this.#fullUntil = clock.now() + DOWN_FIRST_MS;
        return "full";
      }
      this.#downUntil = clock.now() + Math.min(DOWN_MAX_MS, DOWN_FIRST_MS * 2 ** this.#failures++);
      this.#giveBack(job, startedAt);
      for (const other of this.#waiting.splice(0)) this.#giveBack(other, startedAt);
      return null;
    }
  }

  async #send(connection: Parked, whole: Job): Promise<Parked | null> {
    const startedAt = this.#ports.clock.now();
    const { session } = connection;
    const [job, rest] = cutJob(whole, serverLimits(session.extensions).recipients);
    if (rest) {
      this.#ports.divided(whole);
      this.#waiting.unshift(rest);
    }
    const reused = connection.sent > 0;
    connection.sent++;
    const result = await sendMessage(session, outgoing(job, this.#ports.octets));
    const { unknown, broken } = result;
    if (broken) dropSession(session, broken);
    // A server that tires of an idle connection closes it, with or without a 421 (RFC 5321 section 3.8).
    const untouched = result.recipients.every((reply) => reply.local || reply.code === 421);
    if (broken && reused && !unknown && untouched && !job.again) {
      // The server had closed the connection meanwhile, as it may at any time: that is no failed attempt.
      this.#waiting.unshift({ ...job, again: true });
      return null;
    }
    this.#ports.attempted(job, {
      id: this.#ports.nextId(),
      upstream: this.name,
      sessionId: session.dialogue.log.id,
      startedAt,
      replies: result.recipients,
      upstreamDown: false,
      unknown,
      takesOverReports: session.extensions.has("DSN"),
    });
    return broken ? null : connection;
  }

  #giveBack(job: Job, startedAt = this.#ports.clock.now()): void {
    const { reply, sessionId } = this.#lastFailure!;
    this.#report(job, reply, sessionId, startedAt);
  }

  #gone(job: Job): void {
    const reply: SmtpReply = {
      code: 451,
      enhanced: "4.3.5",
      lines: ["the upstream is no longer configured"],
      local: true,
    };
    this.#report(job, reply, null, this.#ports.clock.now());
  }

  #report(job: Job, reply: SmtpReply, sessionId: number | null, startedAt: number): void {
    this.#ports.unavailable(job, {
      id: this.#ports.nextId(),
      upstream: this.name,
      sessionId,
      startedAt,
      replies: job.recipients.map(() => reply),
      upstreamDown: true,
      unknown: false,
    });
  }

  async #keepPace(): Promise<void> {
    const perMinute = this.#ports.upstream(this.name)?.messagesPerMinute ?? 0;
    if (perMinute !== this.#pace.perMinute) this.#pace = { perMinute, pace: createPace(perMinute) };
    for (;;) {
      const waitMs = this.#pace.pace.take(this.#ports.clock.now());
      if (waitMs === 0 || this.#stopped) return;
      await new Promise((resolve) => setTimeout(resolve, Math.min(waitMs, 1_000)));
    }
  }

  #park(connection: Parked): void {
    if (this.#stopped) return void this.#close(connection);
    connection.session.dialogue.log.rest();
    this.#parked.push(connection);
    connection.timer = setTimeout(() => {
      const index = this.#parked.indexOf(connection);
      if (index >= 0) this.#parked.splice(index, 1);
      void this.#close(connection);
    }, IDLE_MS);
  }

  #close(connection: Parked): Promise<void> {
    clearTimeout(connection.timer);
    return closeSession(connection.session);
  }
}
