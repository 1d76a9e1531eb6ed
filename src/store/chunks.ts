import { Buffer } from "node:buffer";
import { SpareArrays } from "../wire/spare.ts";

/** Octets of a chunk: every one of a message but the last has this length. */
export const CHUNK_OCTETS = 64 * 1024;

/** What most messages fit into: they are many, and a whole chunk for each that comes would be too much. */
const SMALL_OCTETS = 8 * 1024;

/** 2 MB of chunks that were written, and 256 KB for small messages. */
const chunks = new SpareArrays(CHUNK_OCTETS, 32);
const smallOnes = new SpareArrays(SMALL_OCTETS, 32);
const NOTHING = new Uint8Array(0);

/** Gives back what was filled and nobody looks at any more. */
export function reuseChunk(chunk: Uint8Array): void {
  if (chunk.length === SMALL_OCTETS) smallOnes.give(chunk);
  else chunks.give(chunk);
}

/**
 * Cuts octets that come in pieces of any size into chunks, in memory for one chunk.
 * Chunks are filled, not joined: a message of any size is copied once.
 */
export class ChunkCutter {
  #chunk: Uint8Array = NOTHING;
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
        this.#chunk = NOTHING;
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
    const last = copyOf(this.#chunk.subarray(0, this.#filled));
    reuseChunk(this.#chunk);
    this.#chunk = NOTHING;
    this.#filled = 0;
    return last;
  }

  #grow(wanted: number): void {
    const needed = this.#filled + wanted;
    if (needed <= this.#chunk.length || this.#chunk.length === CHUNK_OCTETS) return;
    const larger = needed <= SMALL_OCTETS ? smallOnes.take() : chunks.take();
    larger.set(this.#chunk.subarray(0, this.#filled));
    reuseChunk(this.#chunk);
    this.#chunk = larger;
  }
}

/** Small copies share memory: one with memory of its own costs ten times as much. */
function copyOf(octets: Uint8Array): Uint8Array {
  const copy = Buffer.allocUnsafe(octets.length);
  copy.set(octets);
  // Not as the Buffer that it is: Deno searches and cuts a plain array faster.
  return new Uint8Array(copy.buffer, copy.byteOffset, copy.length);
}
