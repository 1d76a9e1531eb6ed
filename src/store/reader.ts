import type { DatabaseLocation } from "./database.ts";
import { CHUNK_OCTETS } from "./chunks.ts";
import type { QueryName } from "./queries.ts";
import { StoreThread } from "./thread.ts";

/** Reads of octets that may be under way at once; each has its own part of the shared memory. */
const SLOTS = 16;

/** The reader, seen from the engines' thread: queries, and octets through shared memory (writer.ts says why). */
export class Reader {
  readonly #thread: StoreThread;
  readonly #arena: Uint8Array;
  readonly #free = Array.from({ length: SLOTS }, (_, slot) => slot);
  readonly #waiting: ((slot: number) => void)[] = [];

  private constructor(thread: StoreThread, arena: SharedArrayBuffer) {
    this.#thread = thread;
    this.#arena = new Uint8Array(arena);
  }

  /** @throws StoreError */
  static async start(location: DatabaseLocation): Promise<Reader> {
    const arena = new SharedArrayBuffer(SLOTS * CHUNK_OCTETS);
    return new Reader(await StoreThread.start({ role: "reader", location, arena }), arena);
  }

  /** Runs a query. @throws StoreError */
  query(name: QueryName, args: unknown): Promise<unknown> {
    const { id, result } = this.#thread.call();
    this.#thread.send({ read: { id, name, args } });
    return result;
  }

  /** The octets of a chunk, or null where there is none. @throws StoreError */
  async chunk(spoolId: number, position: number): Promise<Uint8Array | null> {
    const slot = this.#free.pop() ?? await new Promise<number>((resolve) => this.#waiting.push(resolve));
    try {
      const at = slot * CHUNK_OCTETS;
      const { id, result } = this.#thread.call();
      this.#thread.send({ chunk: { id, spoolId, position, at } });
      const length = await result as number | null;
      return length === null ? null : new Uint8Array(this.#arena.subarray(at, at + length));
    } finally {
      const next = this.#waiting.shift();
      if (next) next(slot);
      else this.#free.push(slot);
    }
  }

  /** Waits for all reads, then ends the thread. */
  close(): Promise<void> {
    return this.#thread.close();
  }
}
