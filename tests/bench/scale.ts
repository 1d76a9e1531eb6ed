/**
 * Measures how fast every page and every route of the API answers over a database with 1,000,000 sessions and 200,000
 * messages.
 *
 *     node tests/bench/scale.ts [--folder FOLDER] [--only /path] [--times 10]
 *
 * The folder keeps the database for the next time; without one it is made anew (1.2 GB, seconds) and removed.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { createDashboard } from "../../src/dashboard/app.ts";
import { renewSetupCode } from "../../src/dashboard/setup.ts";
import { PhaseRecorder } from "../../src/store/phases.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { portsOf } from "../browser/dashboard.ts";
import { fillAtScale, type Filled, filledOf, FULL_SCALE } from "./scale-data.ts";
import { otherPaths, pathsOf } from "./scale-paths.ts";

/** What a page may take on the machine of the measurement. */
const GOAL_MS = 300;

const { values } = parseArgs({
  options: {
    folder: { type: "string" },
    only: { type: "string" },
    times: { type: "string", default: "10" },
  },
});

async function measure(folder: string): Promise<void> {
  const file = path.join(folder, "waypost.db");
  const url = pathToFileURL(file).href;
  const isNew = !existsSync(file);
  await (await openStore({ url })).close();
  const filled = isNew ? fillAtScale(file, FULL_SCALE, Date.now()) : filledOf(file, FULL_SCALE);
  const store = await openStore({ url });
  try {
    await measureAll(store, filled);
  } finally {
    await store.close();
  }
}

async function measureAll(store: Store, filled: Filled): Promise<void> {
  const clock = { now: () => Date.now() };
  const recorder = new PhaseRecorder(
    store,
    { flushIntervalMs: 3_600_000, keepMs: 1e12, keepTranscripts: 2_000 },
    clock.now,
  );
  const ports = {
    ...portsOf(store, recorder, clock, []),
    randomBytes: (length: number) => new Uint8Array(randomBytes(length)),
  };
  const app = createDashboard(ports);
  const headers = { host: "127.0.0.1:8025", origin: "http://127.0.0.1:8025", cookie: "" };
  const ask = (target: string, init: RequestInit = {}) =>
    Promise.resolve(app.request(`http://127.0.0.1:8025${target}`, { ...init, headers }));
  headers.cookie = await signIn(ask, await renewSetupCode(ports));
  const known = pathsOf(filled);
  const paths = [...known, ...otherPaths(app, known, filled)];
  const times = Number(values.times);
  console.log("first ms   median      max     size  status  path");
  for (const target of paths.filter((one) => values.only === undefined || one.startsWith(values.only))) {
    const taken: number[] = [];
    let size = 0;
    let status = 0;
    for (let time = 0; time < times; time++) {
      // What was shared with the request before is stale by then: each is measured on its own.
      await new Promise((resolve) =>
        setTimeout(resolve, target.endsWith("overview") || /^\/(\?|$)/.test(target) ? 1_100 : 0)
      );
      const began = performance.now();
      const response = await ask(target);
      size = (await response.arrayBuffer()).byteLength;
      taken.push(performance.now() - began);
      status = response.status;
    }
    const [first] = taken;
    taken.sort((a, b) => a - b);
    const shown = [first!, taken[Math.floor(times / 2)]!, taken.at(-1)!].map((ms) => ms.toFixed(1).padStart(8));
    const mark = taken[Math.floor(times / 2)]! > GOAL_MS ? "SLOW" : taken.at(-1)! > GOAL_MS ? "once" : "";
    console.log(shown.join(" "), String(size).padStart(8), String(status).padStart(7), "", target, mark);
  }
}

async function signIn(
  ask: (target: string, init?: RequestInit) => Promise<Response>,
  code: string | null,
): Promise<string> {
  const known = { name: "measure", password: "of the measurement" };
  const response = code === null
    ? await ask("/sign-in", { method: "POST", body: new URLSearchParams(known) })
    : await ask("/setup", { method: "POST", body: new URLSearchParams({ ...known, code, again: known.password }) });
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
}

const folder = values.folder ?? await mkdtemp(path.join(tmpdir(), "waypost-scale-"));
try {
  await measure(folder);
} finally {
  if (values.folder === undefined) await rm(folder, { recursive: true });
}
process.exit();
