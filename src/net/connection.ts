import type { Duplex } from "node:stream";
import { type Line, OctetQueue } from "../wire/lines.ts";
import { Deadline, type Waiter } from "./deadline.ts";
import { endStream, letGo } from "./closing.ts";
import type { Endpoint, TlsInfo } from "./endpoint.ts";
import { ConnectionError, DeadlineError, InterruptedError } from "./errors.ts";
import { Output } from "./output.ts";
import { type Flow, reclaim } from "./reclaim.ts";

export type { Endpoint, TlsInfo } from "./endpoint.ts";

/** Octets that may wait unread before the peer is slowed down. */
const READ_AHEAD_OCTETS = 128 * 1024;
/** Octets that may wait unsent before `flush` makes the writer wait. */
const WRITE_BEHIND_OCTETS = 128 * 1024;

/** Every connection ends with it: made once. */
const CLOSED = new ConnectionError("connection closed");

/**
 * A connection as the engines see it: pull lines or pieces, write, flush, with a deadline on each wait. Stands on any
 * Node stream: a TCP socket, a TLS socket, or one end of an in-memory pipe.
 *
 * What was written is sent at the latest when the connection waits for input, so that replies to a pipelined group leave
 * together (RFC 2920). One reader at a time.
 */
export class Connection {
  /** The other side: the client itself, where a proxy has brought it. */
  peer: Endpoint;
  /** This side: where its listener listens; of a connection to a server what the system chose. */
  readonly local: Endpoint;
  /** Application octets, without TLS's own. */
  octetsIn = 0;
  octetsOut = 0;
  tls: TlsInfo | null = null;

  #stream: Duplex;
  readonly #queue = new OctetQueue();
  readonly #output = new Output();
  #reader: Waiter | null = null;
  #drainer: Waiter | null = null;
  /** The peer has closed its side in order. */
  #ended = false;
  #failure: Error | null = null;
  #paused = false;
  readonly #flow: Flow = { round: -1 };
  readonly #deadline = new Deadline(() => (this.#reader ?? this.#drainer) !== null, () => this.#expire());

  constructor(stream: Duplex, peer: Endpoint, local: Endpoint) {
    this.#stream = stream;
    this.peer = peer;
    this.local = local;
    this.#attach();
  }

  /** Whether a whole line has come already. */
  hasLine(): boolean {
    return this.#queue.hasLine();
  }

  /** Whether the peer has closed its side, or the connection is broken: nothing more can be asked over it. */
  get isOver(): boolean {
    return this.#ended || this.#failure !== null;
  }

  /** Octets that came and were not read yet. */
  get unreadOctets(): number {
    return this.#queue.octets;
  }

  /**
   * The next line, or null when the peer has closed its side; a line whose end it did not send is none.
   * @param maxOctets longest line allowed, line end included
   * @param timeoutMs how long to wait for its end
   * @param what what is awaited, for the error: "a command", "the reply to MAIL FROM"
   * @throws DeadlineError, InterruptedError, ConnectionError
   */
  readLine(maxOctets: number, timeoutMs: number, what: string): Promise<Line | null> {
    const line = this.#queue.takeLine(maxOctets);
    if (line || this.#ended) return Promise.resolve(line ?? null);
    return this.#waitForInput(timeoutMs, what, maxOctets);
  }

  /** The next line where all of it has come already: no wait, and nothing to be awaited. */
  takeLine(maxOctets: number): Line | undefined {
    return this.#queue.takeLine(maxOctets);
  }

  /**
   * The next octets as they came, or null when the peer has closed its side.
   * @throws DeadlineError, InterruptedError, ConnectionError
   */
  async readPiece(timeoutMs: number, what: string): Promise<Uint8Array | null> {
    let piece = this.#queue.takePiece();
    while (!piece) {
      if (this.#ended) return null;
      await this.#waitForInput(timeoutMs, what);
      piece = this.#queue.takePiece();
    }
    return piece;
  }

  /**
   * The first octets that were not read yet, at least `least` and at most `most`; fewer only when the peer has closed its
   * side. They are still to be read.
   * @param expiresAt when they must have come, milliseconds since the epoch
   * @throws DeadlineError, InterruptedError, ConnectionError
   */
  async peek(least: number, most: number, expiresAt: number, what: string): Promise<Uint8Array> {
    while (this.#queue.octets < least && !this.#ended) await this.#waitForInput(expiresAt - Date.now(), what);
    return this.#queue.peek(most);
  }

  /** Drops octets that came and were not read: what `peek` has shown. */
  skip(octets: number): void {
    this.#queue.skip(octets);
  }

  /** Puts octets back, to be read next: what stood behind the end of a message's data. */
  unread(piece: Uint8Array): void {
    this.#queue.unshift(piece);
  }

  /** Takes octets to send; they leave with the next `flush` or wait for input. The array is no longer the caller's. */
  write(octets: Uint8Array | string): void {
    const piece = typeof octets === "string" ? Buffer.from(octets, "utf8") : octets;
    if (piece.length === 0) return;
    this.#output.push(piece);
    this.octetsOut += piece.length;
    reclaim(piece.length, this.#flow);
  }

  /**
   * Sends what was written. Resolves at once while little waits in the socket, otherwise when the peer has taken it.
   * @throws DeadlineError, ConnectionError
   */
  flush(timeoutMs: number, what: string): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#output.sendTo(this.#stream);
    const { destroyed, errored, writableLength } = this.#stream;
    // The events that tell of it come later; a writer that never has to wait would never let them come.
    if (destroyed || errored) return Promise.reject(new ConnectionError("connection closed by the peer"));
    if (writableLength <= WRITE_BEHIND_OCTETS) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#drainer = { resolve: () => resolve(), reject, what, lineOctets: 0 };
      this.#deadline.set(timeoutMs);
    });
  }

  /** Whether so much was written that a `flush` is due before more. */
  get wantsFlush(): boolean {
    return this.#output.octets + this.#stream.writableLength >= WRITE_BEHIND_OCTETS;
  }

  /** Breaks off a wait for input with an InterruptedError; a connection that is not waiting goes on. */
  interrupt(reason: string): void {
    const reader = this.#reader;
    this.#reader = null;
    reader?.reject(new InterruptedError(reason));
  }

  /** Sends what was written, then closes this side. Resolves when it has left or the connection is gone. */
  async end(): Promise<void> {
    this.#deadline.clear();
    if (this.#failure) return this.destroy();
    this.#output.sendTo(this.#stream);
    await endStream(this.#stream);
    this.#fail(() => CLOSED);
    if (this.#ended) this.#stream.destroy();
    else letGo(this.#stream);
  }

  /** Drops the connection at once; a pending wait fails. */
  destroy(): void {
    this.#fail(() => CLOSED);
    this.#deadline.clear();
    this.#stream.destroy();
  }

  /**
   * Moves the connection onto another stream, which `upgrade` makes of the present one: TLS, by STARTTLS or from the
   * first octet. What the peer sent before the handshake is dropped, so that nothing passes from the clear into the
   * protected part (RFC 3207 section 6).
   * @param unread "given": what came is the beginning of the handshake itself, TLS begins with the connection
   */
  async upgrade(
    upgrade: (stream: Duplex) => Promise<{ stream: Duplex; tls: TlsInfo }>,
    unread: "dropped" | "given" = "dropped",
  ): Promise<void> {
    this.#output.sendTo(this.#stream);
    this.#detach();
    const waiting = this.#queue.takeAll();
    if (unread === "given" && waiting.length > 0) this.#stream.unshift(waiting);
    try {
      const { stream, tls } = await upgrade(this.#stream);
      this.#stream = stream;
      this.tls = tls;
    } catch (cause) {
      // Half a handshake leaves nothing that could be spoken on.
      this.#fail(() => new ConnectionError("the connection could not be protected", { cause }));
      this.#stream.destroy();
      throw cause;
    }
    this.#ended = false;
    this.#attach();
  }

  #attach(): void {
    const stream = this.#stream;
    this.#paused = false;
    stream.on("data", this.#onData);
    stream.on("end", this.#onEnd);
    stream.on("error", this.#onError);
    stream.on("close", this.#onClose);
    stream.on("drain", this.#onDrain);
  }

  #detach(): void {
    const stream = this.#stream;
    stream.pause();
    stream.off("data", this.#onData);
    stream.off("end", this.#onEnd);
    stream.off("error", this.#onError);
    stream.off("close", this.#onClose);
    stream.off("drain", this.#onDrain);
    // Whoever works on the stream from now on hears its errors; an error that nobody hears would end the process.
    stream.on("error", () => undefined);
  }

  readonly #onData = (piece: Uint8Array): void => {
    this.octetsIn += piece.length;
    reclaim(piece.length, this.#flow);
    // Not as the Buffer that it is: Deno searches and cuts a plain array faster.
    this.#queue.push(new Uint8Array(piece.buffer, piece.byteOffset, piece.length));
    if (this.#queue.octets >= READ_AHEAD_OCTETS && !this.#reader) {
      this.#paused = true;
      this.#stream.pause();
    }
    this.#wakeReader();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wakeReader();
  };

  readonly #onError = (cause: Error): void => this.#fail(() => new ConnectionError("connection broke", { cause }));

  readonly #onClose = (): void => this.#fail(() => new ConnectionError("connection closed by the peer"));

  readonly #onDrain = (): void => {
    const drainer = this.#drainer;
    this.#drainer = null;
    drainer?.resolve(null);
  };

  #wakeReader(): void {
    const reader = this.#reader;
    if (!reader) return;
    const line = reader.lineOctets > 0 ? this.#queue.takeLine(reader.lineOctets) : undefined;
    if (reader.lineOctets > 0 && !line && !this.#ended) return;
    this.#reader = null;
    reader.resolve(line ?? null);
  }

  /** The first failure counts: only it is made, since to make an error means to write down a stack. */
  #fail(make: () => Error): void {
    this.#failure ??= make();
    for (const waiter of this.#takeWaiters()) waiter.reject(this.#failure);
  }

  #takeWaiters(): Waiter[] {
    const waiters = [this.#reader, this.#drainer].filter((waiter) => waiter !== null);
    this.#reader = null;
    this.#drainer = null;
    return waiters;
  }

  #waitForInput(timeoutMs: number, what: string, lineOctets = 0): Promise<Line | null> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#output.sendTo(this.#stream);
    if (this.#paused) {
      this.#paused = false;
      this.#stream.resume();
    }
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject, what, lineOctets };
      this.#deadline.set(timeoutMs);
    });
  }

  #expire(): void {
    for (const { reject, what } of this.#takeWaiters()) {
      reject(new DeadlineError(`timed out while waiting for ${what}`));
    }
  }
}
