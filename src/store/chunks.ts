/** Octets of a chunk: every one of a message but the last has this length. */
export const CHUNK_OCTETS = 64 * 1024;

/** Chunks that were written and can be filled anew: to make and collect one for each 64 KB costs more than to fill it. */
const spare: Uint8Array[] = [];
/** Most of them that are kept: 2 MB. */
const MOST_SPARE = 32;

/** Gives back a chunk of CHUNK_OCTETS that nobody looks at any more. */
export function reuseChunk(chunk: Uint8Array): void {
  if (chunk.length === CHUNK_OCTETS && spare.length < MOST_SPARE) spare.push(chunk);
}

/**
 * Cuts octets that come in pieces of any size into chunks, in memory for one chunk.
 * Chunks are filled, not joined: a message of any size is copied once.
 */
export class ChunkCutter {
  #chunk: Uint8Array = new Uint8Array(0);
  #filled = 0;

  /** Takes a piece; gives the chunks that it has filled. */
  push(piece: Uint8Array): Uint8Array[] {
    const full: Uint8Array[] = [];
    let from = 0;
    while (from < piece.length) {
      this.#grow(piece.length - from);
      const part = piece.subarray(from, from + this.#chunk.length - this.#filled);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
      if (this.#filled === CHUNK_OCTETS) {
        full.push(this.#chunk);
        this.#chunk = new Uint8Array(0);
        this.#filled = 0;
      }
    }
    return full;
  }

  /** Octets that wait for a chunk to be full. */
  get pendingOctets(): number {
    return this.#filled;
  }

  /** The last chunk, which need not be full; empty when nothing waits. */
  end(): Uint8Array {
    const last = this.#chunk.slice(0, this.#filled);
    reuseChunk(this.#chunk);
    this.#chunk = new Uint8Array(0);
    this.#filled = 0;
    return last;
  }

  /** Small messages are many: a chunk starts small and doubles. */
  #grow(wanted: number): void {
    if (this.#filled + wanted <= this.#chunk.length || this.#chunk.length === CHUNK_OCTETS) return;
    const size = Math.min(CHUNK_OCTETS, Math.max(4096, this.#chunk.length * 2, this.#filled + wanted));
    const larger = size === CHUNK_OCTETS && spare.pop() || new Uint8Array(size);
    larger.set(this.#chunk.subarray(0, this.#filled));
    this.#chunk = larger;
  }
}
