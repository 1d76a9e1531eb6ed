import type { Clock } from "../wire/clock.ts";

/** 2026-01-01T00:00:00Z: ids count from here, which keeps them below 2^53 until the year 2095. */
const EPOCH = Date.UTC(2026, 0, 1);
/** Ids that one millisecond holds; a busier one borrows from the next. */
const PER_MS = 4096;
/** The half of each millisecond that a server leaves: it would have to give 2048 ids in one. */
export const BESIDE = PER_MS / 2;
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Gives the next id. */
export type NextId = () => number;

/**
 * Makes the one source of ids of a process: sessions, messages, deliveries and mailbox messages are all numbered by it.
 * An id is an integer that grows with time, so that a table in the order of its ids is in the order of events, and the
 * message can be numbered before the database has seen it.
 * @param seed where within the first millisecond to begin, 0 to 4095: two nodes of one store seldom meet
 * @param newest the newest id that was given before: a clock that has been set back, or that a board without a battery
 * starts at some early date, must not give an id again
 * @param lane where each millisecond begins: 0, or BESIDE for a command that works while a server does, so that they
 * never give the same
 */
export function createIds(clock: Clock, seed: number, newest = 0, lane = 0): NextId {
  let last = Math.max(0, newest);
  let begun = false;
  return () => {
    const floor = (clock.now() - EPOCH) * PER_MS + lane;
    last = floor > last ? floor + (begun ? 0 : seed % (PER_MS - lane)) : last + 1;
    begun = true;
    return last;
  };
}

/** When an id was given, milliseconds since the epoch. */
export function timeOfId(id: number): number {
  return Math.floor(id / PER_MS) + EPOCH;
}

/** The first id that may have been given at a time or later: a range of times as a range of ids. */
export function firstIdAt(timeMs: number): number {
  return Math.max(0, (timeMs - EPOCH) * PER_MS);
}

/** An id as people see it: upper-case Crockford base32, "1Q4W7Z0K8". */
export function formatId(id: number): string {
  let text = "";
  let rest = id;
  do {
    text = ALPHABET[rest % 32] + text;
    rest = Math.floor(rest / 32);
  } while (rest > 0);
  return text;
}

/** Reads an id as people write it (any case; I and L for 1, O for 0), or null when it is none. */
export function parseId(text: string): number | null {
  const plain = text.trim().toUpperCase().replaceAll(/[IL]/g, "1").replaceAll("O", "0");
  if (!/^[0-9A-HJKMNP-TV-Z]{1,11}$/.test(plain)) return null;
  let id = 0;
  for (const character of plain) id = id * 32 + ALPHABET.indexOf(character);
  return Number.isSafeInteger(id) ? id : null;
}
