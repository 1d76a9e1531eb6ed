import type { Line } from "../wire/lines.ts";

/** Who waits for a connection. */
export interface Waiter {
  readonly resolve: (line: Line | null) => void;
  readonly reject: (error: Error) => void;
  /** What is awaited, for the error. */
  readonly what: string;
  /** It waits for a whole line, so long at most; 0: for anything. */
  readonly lineOctets: number;
}

/**
 * One timer for all waits of a connection: it is moved only when a wait ends before it would fire, which long timeouts
 * rarely do.
 */
export class Deadline {
  readonly #isAwaited: () => boolean;
  readonly #expire: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = 0;
  #expiresAt = 0;

  /**
   * @param isAwaited whether anything waits: the timer may fire after its wait has ended
   * @param expire called when the time is up and something waits
   */
  constructor(isAwaited: () => boolean, expire: () => void) {
    this.#isAwaited = isAwaited;
    this.#expire = expire;
  }

  /** Allows the wait that begins so many milliseconds. */
  set(timeoutMs: number): void {
    const now = Date.now();
    this.#expiresAt = now + Math.max(0, timeoutMs);
    if (this.#timer !== undefined && this.#timerAt <= this.#expiresAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = this.#expiresAt;
    this.#timer = setTimeout(this.#onTimer, this.#expiresAt - now);
  }

  /** Nothing will wait any more. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    if (!this.#isAwaited()) return;
    const left = this.#expiresAt - Date.now();
    if (left > 0) this.set(left);
    else this.#expire();
  };
}
