/** Takes messages one by one, as they are read from wherever they were kept. */
export interface MessageSink {
  /** A message begins; `where` names it for people: a file, the number in an mbox. */
  begin(where: string): void;
  /** Octets of the message, which are the caller's again once it resolves. */
  take(octets: Uint8Array): Promise<void> | void;
  /** The message is whole. */
  end(): Promise<void>;
}

/** Octets that are gathered before they are passed on. */
const PIECE_OCTETS = 64 * 1024;
const CRLF = new Uint8Array([13, 10]);
const LF = 10;
const CR = 13;

/** Gathers small pieces into large ones, of which it owns the memory. */
export class Gatherer {
  readonly #pass: (octets: Uint8Array) => Promise<void> | void;
  readonly #buffer = new Uint8Array(PIECE_OCTETS);
  #filled = 0;
  /** The last octet that was put in; -1: none. */
  last = -1;

  constructor(pass: (octets: Uint8Array) => Promise<void> | void) {
    this.#pass = pass;
  }

  async put(octets: Uint8Array): Promise<void> {
    if (octets.length === 0) return;
    this.last = octets[octets.length - 1]!;
    for (let from = 0; from < octets.length;) {
      if (this.#filled === PIECE_OCTETS) await this.flush();
      const part = octets.subarray(from, from + PIECE_OCTETS - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
    }
  }

  /** Whether so many octets can be put in by `putNow`. */
  hasRoomFor(octets: number): boolean {
    return this.#filled + octets <= PIECE_OCTETS;
  }

  /** Puts octets in for which there is room. */
  putNow(octets: Uint8Array, from: number, to: number): void {
    if (to === from) return;
    for (let at = from, into = this.#filled; at < to; at++, into++) this.#buffer[into] = octets[at]!;
    this.#filled += to - from;
    this.last = octets[to - 1]!;
  }

  async flush(): Promise<void> {
    const octets = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    if (octets.length > 0) await this.#pass(octets);
  }
}

/** Ends the message's last line where it is not: POP3 could not send it otherwise (RFC 1939 section 3). */
export async function endLine(gatherer: Gatherer): Promise<void> {
  if (gatherer.last === LF || gatherer.last === -1) return;
  await gatherer.put(gatherer.last === CR ? CRLF.subarray(1) : CRLF);
}
