/**
 * Arrays of one size that are filled again and again: to make one and to collect it costs more than to fill it. What is in
 * one that is taken is of no meaning.
 */
export class SpareArrays {
  readonly #octets: number;
  readonly #most: number;
  readonly #spare: Uint8Array[] = [];

  /**
   * @param octets the length of each
   * @param most how many are kept
   */
  constructor(octets: number, most: number) {
    this.#octets = octets;
    this.#most = most;
  }

  /** One that nobody else looks at. */
  take(): Uint8Array {
    return this.#spare.pop() ?? new Uint8Array(this.#octets);
  }

  /** Gives one back that nobody looks at any more; one of another length is left to the collector. */
  give(array: Uint8Array): void {
    if (array.length === this.#octets && this.#spare.length < this.#most) this.#spare.push(array);
  }
}
