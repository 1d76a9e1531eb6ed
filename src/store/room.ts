import { statfsSync } from "node:fs";
import type { Clock } from "../wire/clock.ts";

/** What stays free on the disk: for the log of the database, for what is under way, and for whoever comes to mend it. */
export const RESERVE_OCTETS = 64 * 1000 * 1000;
/** How long an answer of the file system, or of the database, is believed. */
const BELIEVE_MS = 2_000;
/** With less than this beyond what is kept free the file system is asked each time: seconds of mail could take it all. */
const NEAR_OCTETS = 256 * 1000 * 1000;
/** What the log of the database needs between two checkpoints, however much room there is in the database itself. */
const LOG_OCTETS = RESERVE_OCTETS / 2;
/** What stays free however large the log is: for its index, and for a file system that writes nothing in place. */
const LEAST_OCTETS = 8 * 1000 * 1000;
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
  /** The room within the database. Absent: there is none. Never rejects. */
  readonly within?: () => Promise<RoomWithin>;
}

/** The room within the files of a database. */
export interface RoomWithin {
  /** Octets of the database that hold nothing any more and are used before it grows: it never gets smaller. */
  readonly reusableOctets: number;
  /** The size of its log, which is written from its beginning again after each checkpoint. */
  readonly logOctets: number;
}

/** None, and nothing is known of a log. */
export const NO_ROOM_WITHIN: RoomWithin = { reusableOctets: 0, logOctets: 0 };

/**
 * Octets that mail may take: what is free beyond what is kept free, and what can be used again within the database. The
 * latter counts as long as the log, to which all is written first, finds on the disk what its file does not have yet of 32
 * MB; 8 MB in any case. Where a reader holds the log up and it needs more all the same, a write fails and mail is refused
 * by that. 0 or less: none.
 */
export function roomFor(freeOctets: number, { reusableOctets, logOctets }: RoomWithin): number {
  const room = freeOctets - RESERVE_OCTETS;
  const isLogServed = freeOctets > Math.max(LEAST_OCTETS, LOG_OCTETS - logOctets);
  return isLogServed ? room + reusableOctets : room;
}

/** Watches the room on the disk of a folder. It is looked at when it is asked for. */
export function createRoom({ folder, clock, changed, ...ask }: RoomParts): Room {
  const { freeOctets = askFileSystem, within = () => Promise.resolve(NO_ROOM_WITHIN) } = ask;
  let askedAt = -Infinity;
  let database = { ...NO_ROOM_WITHIN, askedAt: -Infinity, isAsked: false };
  let state: RoomState = { isFull: false, freeOctets: Infinity, reserveOctets: RESERVE_OCTETS };
  const isRecent = (at: number) => Math.abs(clock.now() - at) <= BELIEVE_MS;
  const settle = () => {
    const before = state.isFull;
    const free = freeOctets(folder);
    state = { ...state, isFull: roomFor(free, database) <= 0, freeOctets: free };
    if (state.isFull !== before) changed(state);
  };
  const askDatabase = async () => {
    database = { ...database, isAsked: true };
    database = { ...await within(), askedAt: clock.now(), isAsked: false };
    settle();
  };
  const look = () => {
    const isNear = state.freeOctets - RESERVE_OCTETS < NEAR_OCTETS;
    if (isRecent(askedAt) && !isNear) return state;
    askedAt = clock.now();
    settle();
    if (isNear && !database.isAsked && !isRecent(database.askedAt)) void askDatabase();
    return state;
  };
  return {
    refuses: (octets) => roomFor(look().freeOctets, database) - octets * COPIES <= 0,
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
