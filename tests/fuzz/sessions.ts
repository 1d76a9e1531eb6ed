/** Sessions for fuzzing: octets as Latin-1 text, made of whole sessions, of their parts, and of noise. */

/** Gives numbers from 0 up to 1. */
export type Random = () => number;

/** What sessions of a protocol are made of. */
export interface Dictionary {
  /** Whole sessions that are in order. */
  readonly sessions: readonly string[];
  /** Lines and pieces that may stand anywhere. */
  readonly parts: readonly string[];
}

/** Octets that mean something to a line protocol, and some that mean trouble. */
const OCTETS = [
  "\r",
  "\n",
  "\r\n",
  ".",
  "\r\n.\r\n",
  "\0",
  " ",
  "\t",
  ":",
  "<",
  ">",
  "=",
  "*",
  "\x7f",
  "\xff",
  "\xc3",
  '"',
];

/** Makes the next session: in order, mutated, put together from parts, spliced, or noise. */
export function makeSession(random: Random, dictionary: Dictionary): string {
  const kind = random();
  if (kind < 0.05) return pick(random, dictionary.sessions);
  if (kind < 0.5) return mutate(random, pick(random, dictionary.sessions), dictionary);
  if (kind < 0.8) return mutateSometimes(random, fromParts(random, dictionary), dictionary);
  if (kind < 0.9) return splice(random, pick(random, dictionary.sessions), pick(random, dictionary.sessions));
  return noise(random, 1 + Math.floor(random() * 300));
}

/** Cuts a session into the pieces in which it arrives: whole, in a few, or octet by octet. */
export function cutSession(random: Random, octets: Uint8Array): Uint8Array[] {
  const kind = random();
  if (kind < 0.4) return [octets];
  const most = kind < 0.5 ? 3 : 200;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < octets.length;) {
    const size = 1 + Math.floor(random() * most);
    pieces.push(octets.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

function fromParts(random: Random, { parts }: Dictionary): string {
  return Array.from({ length: Math.floor(random() * 14) }, () => pick(random, parts)).join("");
}

function mutateSometimes(random: Random, text: string, dictionary: Dictionary): string {
  return random() < 0.5 ? text : mutate(random, text, dictionary);
}

function mutate(random: Random, text: string, { parts }: Dictionary): string {
  let mutated = text;
  for (let count = 1 + Math.floor(random() * 5); count > 0; count--) {
    const at = Math.floor(random() * (mutated.length + 1));
    const end = Math.min(mutated.length, at + Math.floor(random() * 20));
    const [before, within, behind] = [mutated.slice(0, at), mutated.slice(at, end), mutated.slice(end)];
    const kind = Math.floor(random() * 8);
    if (kind === 0) mutated = before + behind;
    else if (kind === 1) mutated = before + within + within + behind;
    else if (kind === 2) mutated = before + pick(random, OCTETS) + within + behind;
    else if (kind === 3) mutated = before + noise(random, 1) + within.slice(1) + behind;
    else if (kind === 4) mutated = before + pick(random, parts) + within + behind;
    else if (kind === 5) mutated = before;
    else if (kind === 6) {
      mutated = before + within.replaceAll("\r\n", pick(random, ["\n", "\r", "\r\r\n", "\n\r"])) + behind;
    } else mutated = before + within.repeat(Math.floor(random() * 40)) + behind;
  }
  return mutated;
}

function splice(random: Random, one: string, other: string): string {
  return one.slice(0, Math.floor(random() * one.length)) + other.slice(Math.floor(random() * other.length));
}

function noise(random: Random, octets: number): string {
  let text = "";
  for (let count = 0; count < octets; count++) {
    text += random() < 0.3 ? pick(random, OCTETS) : String.fromCharCode(Math.floor(random() * 256));
  }
  return text;
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)]!;
}
