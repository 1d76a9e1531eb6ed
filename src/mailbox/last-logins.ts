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

  /** How long the next login of an account has to wait, milliseconds, or 0. */
  waitMs(account: string, delayMs: number): number {
    const waitMs = (this.#at.get(account.toLowerCase()) ?? -Infinity) + delayMs - this.#clock.now();
    // A clock that was set back must not make anyone wait longer than the delay.
    return waitMs > 0 && waitMs <= delayMs ? waitMs : 0;
  }

  /** An account has logged in. */
  note(account: string): void {
    const key = account.toLowerCase();
    this.#at.delete(key);
    this.#at.set(key, this.#clock.now());
    if (this.#at.size > MOST) this.#at.delete(this.#at.keys().next().value!);
  }
}
