/** What stands in place of a secret wherever somebody might see it. */
export const SECRET_SHOWN = "(secret)";

/**
 * A password, token or key that cannot be printed by accident: as text, as JSON, in a log or in a debugger's view it is
 * "(secret)", and a copy posted to a worker is empty. Only `reveal` gives it away, so that every use can be found.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself: for the wire, for a hash or for the sealed store, never for a message. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return SECRET_SHOWN;
  }

  toJSON(): string {
    return SECRET_SHOWN;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return SECRET_SHOWN;
  }
}
