import type { SmtpReply } from "../smtp/reply.ts";
import type { Closed } from "./closed.ts";
import { LineWatch, type LineWatchPorts } from "./line.ts";

/** How long an upstream is left alone whose quota is used up: it is asked again now and then. */
const QUOTA_MS = 3_600_000;

/** What watching an upstream needs. */
export interface GatePorts extends LineWatchPorts {
  /** It is to be tried again by one of the messages that wait for it. */
  readonly probe: () => void;
}

/** Whether an upstream can be used. One that cannot is left alone for a while, then one message finds out. */
export class Gate {
  readonly #ports: GatePorts;
  readonly #line: LineWatch;
  #closed: Closed | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDoubtful = false;
  /** Another run may have left some. */
  #hasWaiting = true;

  constructor(ports: GatePorts) {
    this.#ports = ports;
    this.#line = new LineWatch({ ...ports, back: () => this.answered() });
  }

  /** Why the upstream is left alone; null: it can be tried. */
  closed(now: number): Closed | null {
    return this.#closed && this.#closed.until > now ? this.#closed : null;
  }

  /**
   * Why it could not be used when it was tried last, until it answers, with the time when it is asked next; null: nothing
   * is known against it.
   */
  trouble(now: number): Closed | null {
    if (!this.#isDoubtful || !this.#closed) return this.closed(now);
    return { ...this.#closed, until: this.#line.askedAt ?? this.#closed.until };
  }

  /** It could not be used when it was tried last: more than one message need not find out whether it can be again. */
  get isDoubtful(): boolean {
    return this.#isDoubtful;
  }

  /** A session could not be opened. */
  failed(reply: SmtpReply, sessionId: number, now: number): Closed {
    const { waitMs, isWatched } = this.#line.failed(reply);
    this.#isDoubtful = true;
    this.#hasWaiting = true;
    clearTimeout(this.#timer);
    // A line is probed without mail; whatever else it was, only mail can tell.
    if (!isWatched) this.#timer = setTimeout(() => this.#ports.probe(), waitMs);
    return this.#closed = { reply, sessionId, until: now + waitMs, isProbed: true };
  }

  /** What we may send is used up. */
  usedUp(reply: SmtpReply, sessionId: number, now: number): void {
    this.#closed = { reply, sessionId, until: now + QUOTA_MS, isProbed: false };
  }

  /** Messages were put off because of it. */
  putOff(): void {
    this.#hasWaiting = true;
  }

  /** A session could be opened, or would be: what waits for the upstream can go. */
  answered(): void {
    this.#line.answered();
    this.open();
    this.#isDoubtful = false;
    if (!this.#hasWaiting) return;
    this.#hasWaiting = false;
    this.#ports.back();
  }

  /** Forgets that it could not be used: somebody asks for another try. */
  open(): void {
    this.#closed = null;
    clearTimeout(this.#timer);
  }

  /** Something else has come through: where the line was down, it may be back. */
  probeNow(): void {
    this.#line.probeNow();
  }

  /** Asks no more. */
  stop(): void {
    this.#line.stop();
    clearTimeout(this.#timer);
  }
}
