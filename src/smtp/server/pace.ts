/** How slow a client may be with a message. */
export interface PacePolicy {
  /** For the whole of its data, pauses included, milliseconds. */
  readonly maxMessageMs: number;
  /** Octets a second on average; 0: as slow as it likes. */
  readonly minOctetsPerSecond: number;
}

/** The average counts only after it: a client may begin slowly. */
const GRACE_MS = 60_000;

/** How far a message is behind what it must come at. Pure: times are given, in milliseconds. */
export class MessagePace {
  readonly #policy: PacePolicy;
  readonly #startedAt: number;
  #octets = 0;
  /** Time in which the client was waited for; what we take to store octets is not its fault. */
  #waitedMs = 0;

  constructor(policy: PacePolicy, now: number) {
    this.#policy = policy;
    this.#startedAt = now;
  }

  /** How long the next octets may take; 0 or less: the client is too slow. */
  leftMs(now: number): number {
    const { maxMessageMs, minOctetsPerSecond } = this.#policy;
    const inAll = this.#startedAt + maxMessageMs - now;
    if (minOctetsPerSecond === 0) return inAll;
    return Math.min(inAll, GRACE_MS + (this.#octets / minOctetsPerSecond) * 1000 - this.#waitedMs);
  }

  /** Octets came, which were waited for so long. */
  came(octets: number, waitedMs: number): void {
    this.#octets += octets;
    this.#waitedMs += waitedMs;
  }
}
