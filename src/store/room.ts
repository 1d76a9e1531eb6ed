import { statfsSync } from "node:fs";
import type { Clock } from "../wire/clock.ts";

/** What stays free on the disk: for the log of the database, for what is under way, and for whoever comes to mend it. */
export const RESERVE_OCTETS = 64 * 1000 * 1000;
/** How long an answer of the file system is believed. */
const BELIEVE_MS = 2_000;
/** How often the disk is looked at where no mail asks for it. */
const LOOK_EVERY_MS = 10_000;
/** A message is written to the log, then to the database. */
const COPIES = 2;

/** How the disk stands. */
export interface RoomState {
  /** Whether mail of any size is refused. */
  readonly isFull: boolean;
  /** Infinity where the file system does not say. */
  readonly freeOctets: number;
  /** What is kept free. */
  readonly reserveOctets: number;
}

/** The room on the disk. */
export interface Room {
  /** Whether there is too little of it for a message of so many octets; 0: for a small one. */
  refuses(octets: number): boolean;
  state(): RoomState;
}

/** What tells about the disk. */
export interface RoomParts {
  /** A folder on it. */
  readonly folder: string;
  readonly clock: Clock;
  /** Told when mail begins to be refused, and when it no longer is. */
  readonly changed: (state: RoomState) => void;
  /** Free octets of the disk of a folder; absent: the file system is asked. */
  readonly freeOctets?: (folder: string) => number;
}

/** Watches the room on the disk of a folder. It is looked at when it is asked for. */
export function createRoom({ folder, clock, changed, freeOctets = askFileSystem }: RoomParts): Room {
  let askedAt = -Infinity;
  let state: RoomState = { isFull: false, freeOctets: Infinity, reserveOctets: RESERVE_OCTETS };
  const look = () => {
    const now = clock.now();
    if (Math.abs(now - askedAt) <= BELIEVE_MS) return state;
    askedAt = now;
    const before = state.isFull;
    const free = freeOctets(folder);
    state = { ...state, isFull: free <= RESERVE_OCTETS, freeOctets: free };
    if (state.isFull !== before) changed(state);
    return state;
  };
  return {
    refuses: (octets) => look().freeOctets - octets * COPIES <= RESERVE_OCTETS,
    state: look,
  };
}

/** Looks at the room now and then, so that a change is told though no mail comes. */
export function watchRoom(room: Room): { readonly stop: () => void } {
  room.state();
  const timer = setInterval(() => room.state(), LOOK_EVERY_MS);
  return { stop: () => clearInterval(timer) };
}

/** Where the file system gives no answer, the store finds out by itself what it can take. */
function askFileSystem(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Infinity;
  }
}
