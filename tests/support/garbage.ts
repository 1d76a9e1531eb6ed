import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/** Octets of the heap of this thread that are in use once all garbage is collected. */
export async function heapInUse(): Promise<number> {
  collect ??= findCollector();
  // What promises and streams of this turn still hold is let go of in the next ones.
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collect();
  }
  return process.memoryUsage().heapUsed;
}

function findCollector(): () => void {
  const { gc } = globalThis as { gc?: () => void };
  if (gc) return gc;
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
