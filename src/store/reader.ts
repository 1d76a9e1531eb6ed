import type { DatabaseLocation } from "./database.ts";
import { CHUNK_OCTETS } from "./chunks.ts";
import type { QueryName } from "./queries.ts";
import { StoreThread } from "./thread.ts";

/** Reads of octets that may be under way at once; each has its own part of the shared memory. */
const SLOTS = 8;
/** Octets of such a part: what small messages that are read together may have in all. */
export const SLOT_OCTETS = 4 * CHUNK_OCTETS;
/**
 * Chunks of a large message that are read at once while few are read: each read costs two changes of threads. While many
 * are, one at a time: what each of them holds adds up.
 */
const CHUNKS_AT_ONCE = 2;

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
    const arena = new SharedArrayBuffer(SLOTS * SLOT_OCTETS);
    return new Reader(await StoreThread.start({ role: "reader", location, arena }), arena);
  }

  /** Runs a query. @throws StoreError */
  query(name: QueryName, args: unknown): Promise<unknown> {
    const { id, result } = this.#thread.call();
    this.#thread.send({ read: { id, name, args } });
    return result;
  }

  /** The octets of the chunk at a position, or of some more behind it; none: the message has ended before. @throws StoreError */
  chunks(spoolId: number, position: number): Promise<Uint8Array> {
    return this.#inSlot(async (at) => {
      const { id, result } = this.#thread.call();
      const most = this.#free.length >= SLOTS / 2 ? CHUNKS_AT_ONCE : 1;
      this.#thread.send({ chunks: { id, spoolId, position, most, at } });
      return this.#copy(at, await result as number);
    });
  }

  /**
   * The octets of messages of one chunk each, in the order of the ids, null where there are none. In all they have no
   * more than SLOT_OCTETS.
   * @throws StoreError
   */
  small(spoolIds: readonly number[]): Promise<(Uint8Array | null)[]> {
    return this.#inSlot(async (at) => {
      const { id, result } = this.#thread.call();
      this.#thread.send({ small: { id, spoolIds, at } });
      const lengths = await result as (number | null)[];
      // One copy for all of them: few large arrays cost less to allocate and to collect than many small ones.
      const all = this.#copy(at, lengths.reduce<number>((sum, length) => sum + (length ?? 0), 0));
      let from = 0;
      return lengths.map((length) => length === null ? null : all.subarray(from, from += length));
    });
  }

  /** Runs a read that has a part of the shared memory for itself. */
  async #inSlot<T>(read: (at: number) => Promise<T>): Promise<T> {
    const slot = this.#free.pop() ?? await new Promise<number>((resolve) => this.#waiting.push(resolve));
    try {
      return await read(slot * SLOT_OCTETS);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(slot);
      else this.#free.push(slot);
    }
  }

  /** Octets may wait to be sent when their part of the shared memory is used again: they are copied. */
  #copy(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#arena.subarray(at, at + length));
  }

  /** Waits for all reads, then ends the thread. */
  close(): Promise<boolean> {
    return this.#thread.close();
  }
}
