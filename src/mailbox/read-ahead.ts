import { CHUNK_OCTETS } from "../store/chunks.ts";
import { SMALL_READ_OCTETS, type Store } from "../store/store.ts";

/** Messages in the spool. */
export interface SpooledList {
  readonly length: number;
  idOf(index: number): number;
  octetsOf(index: number): number;
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
  readonly #messages: SpooledList;
  #current: Batch | null = null;
  #next: Batch | null = null;
  #last = -1;

  constructor(store: Store, messages: SpooledList) {
    this.#store = store;
    this.#messages = messages;
  }

  /**
   * The octets of a message: a small one whole, a large one in pieces.
   * @throws StoreError; an Error where the spool has less than the whole: half of it is no message
   */
  open(index: number): Promise<Uint8Array> | AsyncGenerator<Uint8Array> {
    return this.#isSmall(index) ? this.#small(index) : this.#large(index);
  }

  async *#large(index: number): AsyncGenerator<Uint8Array> {
    this.#last = index;
    let octets = 0;
    for await (const piece of this.#store.octets(this.#messages.idOf(index))) {
      octets += piece.length;
      yield piece;
    }
    this.#requireAll(index, octets);
  }

  async #small(index: number): Promise<Uint8Array> {
    const inOrder = index === this.#last + 1;
    this.#last = index;
    if (!has(this.#current, index)) {
      this.#current = has(this.#next, index) ? this.#next : this.#read(index, inOrder ? SMALL_READ_OCTETS : 0);
      this.#next = null;
      const { to } = this.#current!;
      if (inOrder && this.#isSmall(to)) this.#next = this.#read(to, SMALL_READ_OCTETS);
    }
    const { from, octets } = this.#current!;
    const whole = (await octets)[index - from] ?? NOTHING;
    this.#requireAll(index, whole.length);
    return whole;
  }

  /** Begins to read a small message and those behind it, as far as they are small and have so many octets in all. */
  #read(from: number, mostOctets: number): Batch {
    const ids: number[] = [];
    let octets = 0;
    for (let to = from; this.#isSmall(to); to++) {
      octets += this.#messages.octetsOf(to);
      if (ids.length > 0 && octets > mostOctets) break;
      ids.push(this.#messages.idOf(to));
    }
    const reading = this.#store.smallMessages(ids);
    // Marked as handled: the client may never come to it.
    reading.catch(() => undefined);
    return { from, to: from + ids.length, octets: reading };
  }

  /** Whether there is such a message, and it is one chunk that is not full. */
  #isSmall(index: number): boolean {
    return index < this.#messages.length && this.#messages.octetsOf(index) < CHUNK_OCTETS;
  }

  #requireAll(index: number, found: number): void {
    const octets = this.#messages.octetsOf(index);
    if (found === octets) return;
    const id = this.#messages.idOf(index);
    throw new Error(`the spool holds ${found} of the ${octets} octets of mailbox message ${id}`);
  }
}

const NOTHING = new Uint8Array(0);

function has(batch: Batch | null, index: number): boolean {
  return batch !== null && batch.from <= index && index < batch.to;
}
