import { ChunkCutter, reuseChunk } from "./chunks.ts";
import type { Store } from "./store.ts";

/** Chunks of one message that may wait for the disk before whoever brings it is slowed down. */
const CHUNKS_UNDER_WAY = 4;

/**
 * A message on its way into the spool. A small one stays in memory, to be written with its row in one group; a large one
 * is written chunk by chunk as it comes. Exactly one of `finish` and `abort` ends it.
 */
export class Spooler {
  /** Octets taken so far. */
  size = 0;
  readonly #store: Store;
  readonly #spoolId: number;
  readonly #cutter = new ChunkCutter();
  #position = 0;
  #underWay: Promise<void>[] = [];
  #failure: unknown = null;

  constructor(store: Store, spoolId: number) {
    this.#store = store;
    this.#spoolId = spoolId;
  }

  /** Takes octets; they are the caller's again afterwards. A promise: wait before giving more. */
  write(octets: Uint8Array): Promise<void> | void {
    this.size += octets.length;
    for (const chunk of this.#cutter.push(octets)) this.#append(chunk);
    if (this.#underWay.length > CHUNKS_UNDER_WAY) return this.#wait(CHUNKS_UNDER_WAY);
  }

  /**
   * The message is whole. Gives its octets when it is small, to be written with its row; null when all its chunks are
   * durable already.
   * @throws StoreError when a chunk could not be written; `abort` is due then
   */
  async finish(): Promise<Uint8Array | null> {
    const last = this.#cutter.end();
    if (this.#position === 0) return last;
    if (last.length > 0) this.#append(last);
    await this.#wait(0);
    if (this.#failure) throw this.#failure;
    return null;
  }

  /** The message will never be whole: removes what was written. Never throws. */
  async abort(): Promise<void> {
    await this.#wait(0);
    if (this.#position === 0) return;
    // Chunks without a message are swept at the next start; nobody waits for their removal.
    await this.#store.write("discardSpool", { spoolId: this.#spoolId }).catch(() => undefined);
  }

  #append(octets: Uint8Array): void {
    if (this.#failure) return;
    const position = this.#position++;
    const written = this.#store.write("appendChunk", { spoolId: this.#spoolId, position, octets });
    const settled = written.catch((error: unknown) => {
      this.#failure ??= error;
    }).then(() => {
      this.#underWay = this.#underWay.filter((promise) => promise !== settled);
      reuseChunk(octets);
    });
    this.#underWay.push(settled);
  }

  async #wait(most: number): Promise<void> {
    while (this.#underWay.length > most) await this.#underWay[0];
  }
}
