import type { Clock } from "../wire/clock.ts";

/** Accounts that are remembered; beyond, those that logged in longest ago are forgotten. */
const MOST = 10_000;

/** When each account logged in last, for LOGIN-DELAY (RFC 2449 section 6.5). */
export class LastLogins {
  readonly #clock: Clock;
  readonly #at = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A login, which counts where it is not too soon; gives how long to wait, milliseconds, or 0. */
  login(account: string, delayMs: number): number {
    if (delayMs === 0) return 0;
    const key = account.toLowerCase();
    const now = this.#clock.now();
    const waitMs = (this.#at.get(key) ?? -Infinity) + delayMs - now;
    // A clock that was set back must not make anyone wait longer than the delay.
    if (waitMs > 0 && waitMs <= delayMs) return waitMs;
    this.#at.delete(key);
    this.#at.set(key, now);
    if (this.#at.size > MOST) this.#at.delete(this.#at.keys().next().value!);
    return 0;
  }
}
