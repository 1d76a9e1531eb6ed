import { statfsSync } from "node:fs";
import type { Clock } from "../wire/clock.ts";

/** What stays free on the disk: for the log of the database, for what is under way, and for whoever comes to mend it. */
export const RESERVE_OCTETS = 64 * 1000 * 1000;
/** How long an answer of the file system, or of the database, is believed. */
const BELIEVE_MS = 2_000;
/** With less than this beyond what is kept free the file system is asked each time: seconds of mail could take it all. */
const NEAR_OCTETS = 256 * 1000 * 1000;
/** What the log of the database may need, however much room there is in the database itself. */
const LOG_OCTETS = RESERVE_OCTETS / 2;
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
  /** Whether there is too little of it for a message of so many octets; 0: for a small one, or for more of one. */
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
  /** Octets within the database that hold nothing any more: it never gets smaller. Absent: none. Never rejects. */
  readonly reusableOctets?: () => Promise<number>;
}

/**
 * Octets that mail may take: what is free beyond what is kept free, and what can be used again within the database, as long
 * as its log has room beside it. 0 or less: none.
 */
export function roomFor(freeOctets: number, reusableOctets: number): number {
  const room = freeOctets - RESERVE_OCTETS;
  return freeOctets > LOG_OCTETS ? room + reusableOctets : room;
}

/** Watches the room on the disk of a folder. It is looked at when it is asked for. */
export function createRoom({ folder, clock, changed, ...ask }: RoomParts): Room {
  const { freeOctets = askFileSystem, reusableOctets = () => Promise.resolve(0) } = ask;
  let askedAt = -Infinity;
  let reusable = { octets: 0, askedAt: -Infinity, isAsked: false };
  let state: RoomState = { isFull: false, freeOctets: Infinity, reserveOctets: RESERVE_OCTETS };
  const isRecent = (at: number) => Math.abs(clock.now() - at) <= BELIEVE_MS;
  const settle = () => {
    const before = state.isFull;
    const free = freeOctets(folder);
    state = { ...state, isFull: roomFor(free, reusable.octets) <= 0, freeOctets: free };
    if (state.isFull !== before) changed(state);
  };
  const askDatabase = async () => {
    reusable = { ...reusable, isAsked: true };
    reusable = { octets: await reusableOctets(), askedAt: clock.now(), isAsked: false };
    settle();
  };
  const look = () => {
    const isNear = state.freeOctets - RESERVE_OCTETS < NEAR_OCTETS;
    if (isRecent(askedAt) && !isNear) return state;
    askedAt = clock.now();
    settle();
    if (isNear && !reusable.isAsked && !isRecent(reusable.askedAt)) void askDatabase();
    return state;
  };
  return {
    refuses: (octets) => roomFor(look().freeOctets, reusable.octets) - octets * COPIES <= 0,
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
