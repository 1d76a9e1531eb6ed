import { CHUNK_OCTETS } from "../store/chunks.ts";
import { SMALL_READ_OCTETS, type Store } from "../store/store.ts";

/** A message in the spool. */
export interface Spooled {
  readonly id: number;
  readonly octets: number;
}

/** Small messages that are read together. */
interface Batch {
  readonly from: number;
  /** The first message behind it. */
  readonly to: number;
  readonly octets: Promise<(Uint8Array | null)[]>;
}

/**
 * The messages of one session, which clients take in their order: once a client does so, the small messages that come
 * next are read with one request, and those behind them while these are sent. Holds two batches at most.
 */
export class ReadAhead {
  readonly #store: Store;
  readonly #messages: readonly Spooled[];
  #current: Batch | null = null;
  #next: Batch | null = null;
  #last = -1;

  constructor(store: Store, messages: readonly Spooled[]) {
    this.#store = store;
    this.#messages = messages;
  }

  /**
   * The octets of a message, in pieces.
   * @throws StoreError; an Error where the spool has less than the whole: half of it is no message
   */
  async *open(index: number): AsyncGenerator<Uint8Array> {
    const { id, octets: size } = this.#messages[index]!;
    let octets = 0;
    if (isSmall(size)) {
      const message = await this.#small(index);
      octets = message?.length ?? 0;
      if (message) yield message;
    } else {
      this.#last = index;
      for await (const piece of this.#store.octets(id)) {
        octets += piece.length;
        yield piece;
      }
    }
    if (octets !== size) throw new Error(`the spool holds ${octets} of the ${size} octets of mailbox message ${id}`);
  }

  async #small(index: number): Promise<Uint8Array | null> {
    const inOrder = index === this.#last + 1;
    this.#last = index;
    if (!has(this.#current, index)) {
      this.#current = has(this.#next, index) ? this.#next : this.#read(index, inOrder ? SMALL_READ_OCTETS : 0);
      this.#next = null;
      const { to } = this.#current!;
      if (inOrder && isSmall(this.#messages[to]?.octets)) this.#next = this.#read(to, SMALL_READ_OCTETS);
    }
    const { from, octets } = this.#current!;
    return (await octets)[index - from]!;
  }

  /** Begins to read a small message and those behind it, as far as they are small and have so many octets in all. */
  #read(from: number, mostOctets: number): Batch {
    let to = from + 1;
    let { octets } = this.#messages[from]!;
    for (; isSmall(this.#messages[to]?.octets); to++) {
      octets += this.#messages[to]!.octets;
      if (octets > mostOctets) break;
    }
    const reading = this.#store.smallMessages(this.#messages.slice(from, to).map(({ id }) => id));
    // Marked as handled: the client may never come to it.
    reading.catch(() => undefined);
    return { from, to, octets: reading };
  }
}

/** Whether a message is one chunk that is not full. */
function isSmall(size: number | undefined): boolean {
  return size !== undefined && size < CHUNK_OCTETS;
}

function has(batch: Batch | null, index: number): boolean {
  return batch !== null && batch.from <= index && index < batch.to;
}
