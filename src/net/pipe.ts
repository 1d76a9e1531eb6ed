import { Duplex } from "node:stream";
import { Connection } from "./connection.ts";

/**
 * Two connections that are each other's peer, in memory: the own client drives the own server without a socket.
 * @param cut cuts what is sent into the pieces in which it arrives; the default delivers as written
 */
export function pipe(cut: (octets: Uint8Array) => Uint8Array[] = (octets) => [octets]): [Connection, Connection] {
  const [left, right] = streamPair(cut);
  const a = { address: "192.0.2.1", port: 1 };
  const b = { address: "192.0.2.2", port: 2 };
  return [new Connection(left, b, a), new Connection(right, a, b)];
}

class End extends Duplex {
  other: End | null = null;
  /** Ends the other end's write once what it wrote was taken. */
  #taken: ((error?: Error | null) => void) | null = null;
  readonly #cut: (octets: Uint8Array) => Uint8Array[];

  constructor(cut: (octets: Uint8Array) => Uint8Array[]) {
    super();
    this.#cut = cut;
  }

  override _read(): void {
    const taken = this.#taken;
    this.#taken = null;
    taken?.();
  }

  override _write(octets: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    const other = this.other;
    if (!other || other.destroyed) return done(new Error("the other end of the pipe is closed"));
    let room = true;
    for (const piece of this.#cut(octets)) room = other.push(piece);
    if (room) done();
    else other.#taken = done;
  }

  override _final(done: (error?: Error | null) => void): void {
    this.other?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.other && !this.other.readableEnded && !this.other.destroyed) this.other.push(null);
    const taken = this.#taken;
    this.#taken = null;
    taken?.(new Error("the other end of the pipe is closed"));
    done(error);
  }
}

/** The two streams of a pipe, for whoever plays one side without a Connection: what one end writes the other reads. */
export function streamPair(cut: (octets: Uint8Array) => Uint8Array[] = (octets) => [octets]): [Duplex, Duplex] {
  const left = new End(cut);
  const right = new End(cut);
  left.other = right;
  right.other = left;
  return [left, right];
}
