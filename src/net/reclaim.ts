import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Octets that may pass between two collections: what a large message leaves behind at most. */
const RECLAIM_OCTETS = 8 * 1024 * 1024;
/** Pieces below this size are part of what V8 counts anyway, and of no weight. */
const LARGE_OCTETS = 4 * 1024;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options: { type: "minor" }) => void;
let passed = 0;

/**
 * Counts octets that pass through connections and collects garbage now and then. V8 gives little weight to memory
 * outside its heap, which is where pieces of messages lie: left alone it keeps some 60 MB of them before it looks.
 */
export function reclaim(octets: number): void {
  if (octets < LARGE_OCTETS) return;
  passed += octets;
  if (passed < RECLAIM_OCTETS) return;
  passed = 0;
  collect({ type: "minor" });
}
