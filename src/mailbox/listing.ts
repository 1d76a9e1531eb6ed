import { Buffer } from "node:buffer";
import type { SpooledList } from "./read-ahead.ts";
import type { MessageList } from "../pop3/server/ports.ts";

const SPACE = 32;
const LF = 10;
const ZERO = 48;

/** The messages that a session lists. Each takes some 60 octets, outside the heap: a mailbox may hold 200,000 of them. */
export class Listing implements MessageList, SpooledList {
  readonly length: number;
  readonly #text: Buffer;
  readonly #ids: Float64Array;
  readonly #octets: Float64Array;
  /** Where the UIDLs begin in the text. */
  readonly #uidlAt: Uint32Array;

  /** @param text the lines "id octets uidl" of the query `servedMessages`; copied, since it lies in shared memory */
  constructor(text: Uint8Array) {
    this.#text = Buffer.from(text.slice().buffer);
    this.length = countLines(this.#text);
    this.#ids = new Float64Array(this.length);
    this.#octets = new Float64Array(this.length);
    this.#uidlAt = new Uint32Array(this.length);
    this.#read();
  }

  /** Where a message is in the spool. */
  idOf(index: number): number {
    return this.#ids[index]!;
  }

  octetsOf(index: number): number {
    return this.#octets[index]!;
  }

  uidlOf(index: number): string {
    const from = this.#uidlAt[index]!;
    const end = this.#text.indexOf(LF, from);
    return this.#text.toString("latin1", from, end < 0 ? this.#text.length : end);
  }

  /**
   * Gives the memory back at once: a mailbox that is listed over and over would fill it until the next full collection.
   * Only the length may be asked for from then on.
   */
  free(): void {
    for (const { buffer } of [this.#text, this.#ids, this.#octets, this.#uidlAt]) (buffer as ArrayBuffer).transfer(0);
  }

  #read(): void {
    let at = 0;
    const readNumber = () => {
      let number = 0;
      for (; this.#text[at] !== SPACE; at++) number = number * 10 + this.#text[at]! - ZERO;
      at++;
      return number;
    };
    for (let index = 0; index < this.length; index++) {
      this.#ids[index] = readNumber();
      this.#octets[index] = readNumber();
      this.#uidlAt[index] = at;
      at = this.#text.indexOf(LF, at) + 1;
    }
  }
}

function countLines(text: Uint8Array): number {
  if (text.length === 0) return 0;
  let lines = 1;
  for (let at = text.indexOf(LF); at >= 0; at = text.indexOf(LF, at + 1)) lines++;
  return lines;
}
