import { Buffer } from "node:buffer";

/** So much of a header section is held, in octets. */
const MAX_OCTETS = 65_536;
/** More pieces than this are joined: each of them takes more memory than its octets. */
const MAX_PIECES = 64;

/** Where octets go. They are the caller's again afterwards. */
export type Emit = (octets: Uint8Array) => void;

/** A field that says nothing, which another may replace. */
interface Aside<Name> {
  readonly name: Name;
  readonly octets: Uint8Array;
  /** How many octets of the section stand before it. */
  readonly at: number;
}

/** A header section as far as it is known, until something can be put in front of it. Memory is bounded. */
export class HeldSection<Name> {
  /** Null: it was too long for that. */
  #held: Uint8Array[] | null = [];
  #octets = 0;
  /** Pieces held that are our own; those behind them are the caller's. */
  #ownPieces = 0;
  #aside: Aside<Name>[] = [];
  #asideOctets = 0;

  /** Whether nothing was given out yet. */
  get isHeld(): boolean {
    return this.#held !== null;
  }

  /** Holds octets, or gives them out. */
  give(octets: Uint8Array, emit: Emit): void {
    if (this.#held === null) return emit(octets);
    this.#held.push(octets);
    this.#octets += octets.length;
  }

  /** Holds a field that says nothing apart; only while the section is held. @param octets are its own from now on */
  setAside(name: Name, octets: Uint8Array): void {
    this.#aside.push({ name, octets, at: this.#octets });
    this.#asideOctets += octets.length;
  }

  /**
   * What is held past the end of a piece must be our own; what is too much is given out.
   * @returns the names of the fields that were held apart and had to be given out with it
   */
  keep(emit: Emit): readonly Name[] {
    if (this.#held === null) return [];
    if (this.#octets + this.#asideOctets > MAX_OCTETS) {
      const names = this.#aside.map(({ name }) => name);
      this.release(emit, () => true);
      return names;
    }
    for (; this.#ownPieces < this.#held.length; this.#ownPieces++) {
      this.#held[this.#ownPieces] = this.#held[this.#ownPieces]!.slice();
    }
    if (this.#held.length > MAX_PIECES) {
      this.#held = [Buffer.concat(this.#held)];
      this.#ownPieces = 1;
    }
    return [];
  }

  /** Gives out what is held, with those fields held apart that stay, where they stood. */
  release(emit: Emit, stays: (name: Name) => boolean): void {
    const aside = this.#aside.filter(({ name }) => stays(name));
    const held = this.#held ?? [];
    this.#held = null;
    this.#aside = [];
    let at = 0;
    for (const octets of held) {
      let from = 0;
      for (let next = aside[0]; next && next.at < at + octets.length; next = aside[0]) {
        if (next.at - at > from) emit(octets.subarray(from, next.at - at));
        from = next.at - at;
        emit(next.octets);
        aside.shift();
      }
      emit(from === 0 ? octets : octets.subarray(from));
      at += octets.length;
    }
    for (const { octets } of aside) emit(octets);
  }
}
