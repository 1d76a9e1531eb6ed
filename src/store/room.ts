import { statfsSync } from "node:fs";
import type { Clock } from "../wire/clock.ts";

/** What stays free on the disk: for the log of the database, for what is under way, and for whoever comes to mend it. */
const RESERVE_OCTETS = 64 * 1000 * 1000;
/** How long an answer of the file system is believed. */
const BELIEVE_MS = 2_000;
/** A message is written to the log, then to the database. */
const COPIES = 2;

/** Whether the disk of a folder has room for a message of so many octets; 0: for a small one. */
export function createRoom(folder: string, clock: Clock): (octets: number) => boolean {
  let askedAt = -Infinity;
  let free = Infinity;
  return (octets) => {
    const now = clock.now();
    if (now - askedAt > BELIEVE_MS) {
      askedAt = now;
      free = freeOctets(folder);
    }
    return free - octets * COPIES > RESERVE_OCTETS;
  };
}

/** Where the file system gives no answer, the store finds out by itself what it can take. */
function freeOctets(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Infinity;
  }
}
