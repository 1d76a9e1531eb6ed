import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Octets that may pass a thread between two collections. What is resident stays so: at 4 MB a message of 50 MB left 50 MB
 * behind on Deno, at a megabyte and less 30 MB; at half a megabyte large messages took 8 % more CPU.
 */
const RECLAIM_OCTETS = 1024 * 1024;
/** A message that passes through comes by one connection and leaves by another. */
const FLOWS_OF_ONE = 2;
/** What is smaller is part of what V8 counts anyway, and of no weight. */
const LARGE_OCTETS = 4 * 1024;

/** Most messages side by side that count: what may be garbage is bounded. */
const MOST_FLOWS = 32;

/** A connection whose octets pass. */
export interface Flow {
  /** The round between two collections in which it was counted last. */
  round: number;
}

interface CollectOptions {
  readonly type: "minor" | "major";
  /** "last-resort": collects until nothing more is found, and gives free pages back to the system. */
  readonly flavor?: "last-resort";
}

type Collect = (options: CollectOptions) => void;

let collect: Collect | undefined;
let passed = 0;
let round = 0;
let flows = 0;

/**
 * Counts octets that pass through this thread, and collects young garbage now and then.
 *
 * V8 gives little weight to memory outside its heap, which is where the pieces of messages lie, and knows nothing of the
 * copies that a prepared statement of libSQL holds until it is collected: left alone a message of 50 MB leaves 60 MB
 * behind in each thread that it passes.
 */
export function reclaim(octets: number, flow?: Flow): void {
  if (octets < LARGE_OCTETS) return;
  if (flow && flow.round !== round) {
    flow.round = round;
    flows++;
  }
  passed += octets;
  if (passed < octetsBetweenCollections(flows)) return;
  passed = 0;
  flows = 0;
  round++;
  collect ??= findCollector();
  collect({ type: "minor" });
}

/**
 * How many octets pass between two collections while so many connections are at work. A piece that outlives two
 * collections is taken for old, and what is old stays until a full collection: the more messages pass side by side, the
 * longer each piece waits for its turn, and the rarer collections have to be.
 */
export function octetsBetweenCollections(flows: number): number {
  return RECLAIM_OCTETS * Math.min(MOST_FLOWS, Math.max(1, flows / FLOWS_OF_ONE));
}

/**
 * Collects all garbage of this thread and gives back the pages that it has lain in: once, when everything is loaded,
 * since loading leaves tens of megabytes behind.
 */
export function reclaimAll(): void {
  collect ??= findCollector();
  collect({ type: "major", flavor: "last-resort" });
}

/**
 * The launcher starts both runtimes with --expose-gc. Without it the collector can still be had on Node; the one on Deno
 * knows full collections only, whose cost grows with the heap: better none at all.
 */
function findCollector(): Collect {
  const { gc } = globalThis as { gc?: Collect };
  if (gc) return gc;
  if ("deno" in process.versions) return () => undefined;
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as Collect;
}
