const LF = 10;

/** A line, or a part of one that is too long to be held. */
export interface LinePart {
  readonly octets: Uint8Array;
  /** Where it stands in `octets`, its line end included. */
  readonly from: number;
  readonly to: number;
  /** Whether the line begins here. */
  readonly begins: boolean;
  /** Whether the line ends here, with LF or with the file. */
  readonly ends: boolean;
}

/** A line whose beginning is this long may be given in parts: nobody has to look at more of it. */
const HELD_OCTETS = 4096;

/** Cuts octets into lines, in memory for one piece and the beginning of a line. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<LinePart[]> {
  let held = new Uint8Array(0);
  let begins = true;
  for await (const piece of pieces) {
    const octets = held.length === 0 ? piece : joined(held, piece);
    const parts: LinePart[] = [];
    let from = 0;
    for (let end = octets.indexOf(LF); end >= 0; end = octets.indexOf(LF, from)) {
      parts.push({ octets, from, to: end + 1, begins, ends: true });
      from = end + 1;
      begins = true;
    }
    if (octets.length - from > HELD_OCTETS) {
      // A CR at the end may belong to the line end: it waits for what comes.
      const to = octets.length - 1;
      parts.push({ octets, from, to, begins, ends: false });
      from = to;
      begins = false;
    }
    held = octets.slice(from);
    yield parts;
  }
  if (held.length > 0) yield [{ octets: held, from: 0, to: held.length, begins, ends: true }];
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
