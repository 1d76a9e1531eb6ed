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
   * The octets of a message: a small one whole, a large one in pieces.
   * @throws StoreError; an Error where the spool has less than the whole: half of it is no message
   */
  open(index: number): Promise<Uint8Array> | AsyncGenerator<Uint8Array> {
    const message = this.#messages[index]!;
    return isSmall(message.octets) ? this.#small(index, message) : this.#large(index, message);
  }

  async *#large(index: number, message: Spooled): AsyncGenerator<Uint8Array> {
    this.#last = index;
    let octets = 0;
    for await (const piece of this.#store.octets(message.id)) {
      octets += piece.length;
      yield piece;
    }
    requireAll(message, octets);
  }

  async #small(index: number, message: Spooled): Promise<Uint8Array> {
    const inOrder = index === this.#last + 1;
    this.#last = index;
    if (!has(this.#current, index)) {
      this.#current = has(this.#next, index) ? this.#next : this.#read(index, inOrder ? SMALL_READ_OCTETS : 0);
      this.#next = null;
      const { to } = this.#current!;
      if (inOrder && isSmall(this.#messages[to]?.octets)) this.#next = this.#read(to, SMALL_READ_OCTETS);
    }
    const { from, octets } = this.#current!;
    const whole = (await octets)[index - from] ?? NOTHING;
    requireAll(message, whole.length);
    return whole;
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

const NOTHING = new Uint8Array(0);

function requireAll({ id, octets }: Spooled, found: number): void {
  if (found !== octets) throw new Error(`the spool holds ${found} of the ${octets} octets of mailbox message ${id}`);
}

/** Whether a message is one chunk that is not full. */
function isSmall(size: number | undefined): boolean {
  return size !== undefined && size < CHUNK_OCTETS;
}

function has(batch: Batch | null, index: number): boolean {
  return batch !== null && batch.from <= index && index < batch.to;
}
