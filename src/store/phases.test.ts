import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type TemporaryStore, temporaryStore } from "../../tests/support/store.ts";
import { bucketOf, DURATION_BUCKETS_MS, type Hop, HOPS, phasesOf, type SessionOutcome } from "../dialogue/phases.ts";
import { SessionLog, type SessionRecord } from "../dialogue/session.ts";
import { StoreError } from "./errors.ts";
import { PhaseRecorder } from "./phases.ts";
import type { Store } from "./store.ts";

const MINUTE_MS = 60_000;
const settings = { flushIntervalMs: 3_600_000, keepMs: 30 * 86_400_000, keepTranscripts: 3 };

let stored: TemporaryStore;
beforeAll(async () => void (stored = await temporaryStore()));
afterAll(() => stored.remove());
afterEach(async () => {
  const all = { firstSession: 1e15, transcripts: 0, minutesBefore: 1e15 };
  await stored.store.write("pruneTelemetry", all);
});

let lastId = 0;

/** A session that has ended; its phases last as long as given. */
function recordOf(
  { hop = "smtp-server" as Hop, endedAt = 10 * MINUTE_MS, durations = [5], outcome = "completed" as SessionOutcome } =
    {},
): SessionRecord {
  const durationMs = durations.reduce((sum, duration) => sum + duration, 0);
  const phases = durations.map((duration, index) => ({
    phase: phasesOf(hop)[index]!,
    startedAt: endedAt - durationMs,
    durationMs: duration,
    octetsIn: duration + 1,
    octetsOut: duration + 2,
    commands: index + 1,
    refusals: index,
  }));
  return {
    id: ++lastId,
    hop,
    startedAt: endedAt - durationMs,
    durationMs,
    peer: { address: "192.0.2.1", port: 1 },
    localPort: 25,
    peerName: null,
    account: null,
    tls: null,
    phases,
    endedIn: phases[phases.length - 1]!.phase,
    outcome,
    cause: null,
    messages: 1,
    transcript: [[0, "server", "220 hello"]],
    linesDropped: 0,
  };
}

const traffic = () => stored.store.read("trafficSince", { minute: 0 });

/** The figures of sessions, added up by hand. */
function sumOf(records: readonly SessionRecord[]) {
  const phases = new Map<string, Record<string, unknown>>();
  const hops = new Map<string, Record<string, unknown>>();
  const add = (sum: Record<string, unknown>, key: string, value: number) =>
    void (sum[key] = Number(sum[key] ?? 0) + value);
  for (const record of records) {
    const minute = Math.floor((record.startedAt + record.durationMs) / MINUTE_MS);
    const hopKey = `${minute} ${record.hop}`;
    const hop = hops.get(hopKey) ?? {};
    hops.set(hopKey, hop);
    add(hop, "sessions", 1);
    add(hop, "completed", record.outcome === "completed" ? 1 : 0);
    add(hop, "messages", record.messages);
    for (const phase of record.phases) {
      const key = `${hopKey} ${phase.phase}`;
      const sum = phases.get(key) ?? { histogram: new Array(DURATION_BUCKETS_MS.length + 1).fill(0) };
      phases.set(key, sum);
      add(sum, "sessions", 1);
      add(sum, "failures", record.outcome !== "completed" && phase.phase === record.endedIn ? 1 : 0);
      for (const field of ["commands", "refusals", "octetsIn", "octetsOut", "durationMs"] as const) {
        add(sum, field, phase[field]);
      }
      add(hop, "octetsIn", phase.octetsIn);
      add(hop, "octetsOut", phase.octetsOut);
      (sum["histogram"] as number[])[bucketOf(phase.durationMs)]!++;
    }
  }
  return { phases: Object.fromEntries(phases), hops: Object.fromEntries(hops) };
}

/** The figures of the store, in the same shape. */
async function found() {
  const { phases, hops } = await traffic();
  return {
    phases: Object.fromEntries(phases.map(({ minute, hop, phase, histogram, ...row }) => [
      `${minute} ${hop} ${phase}`,
      { ...row, histogram: JSON.parse(histogram) as number[] },
    ])),
    hops: Object.fromEntries(hops.map(({ minute, hop, dropped: _, ...row }) => [`${minute} ${hop}`, row])),
  };
}

const anyRecord = fc.record({
  hop: fc.constantFrom(...HOPS),
  endedAt: fc.integer({ min: 1, max: 3 }).map((minute) => minute * MINUTE_MS),
  durations: fc.array(fc.constantFrom(0, 1, 2, 7, 100, 400_000), { minLength: 1, maxLength: 3 }),
  outcome: fc.constantFrom("completed", "dropped", "timeout", "refused"),
}).map((values) => recordOf(values as Parameters<typeof recordOf>[0]));

test("counters and histograms add up exactly, over batches and restarts", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(anyRecord, { maxLength: 8 }), { maxLength: 5 }), async (batches) => {
      await stored.store.write("pruneTelemetry", { firstSession: 1e15, transcripts: 0, minutesBefore: 1e15 });
      let recorder = new PhaseRecorder(stored.store, settings, () => 0);
      for (const [index, batch] of batches.entries()) {
        if (index === 2) recorder = new PhaseRecorder(stored.store, settings, () => 0);
        for (const record of batch) recorder.ended(record);
        await recorder.flush();
      }
      expect(await found()).toEqual(sumOf(batches.flat()));
    }),
    { numRuns: 25 },
  );
  await stored.reopen();
}, 60_000);

test("thousands of sessions at once are counted exactly; what was not kept of them is counted too", async () => {
  const recorder = new PhaseRecorder(stored.store, settings, () => 0);
  const records = Array.from({ length: 5000 }, () => recordOf());
  for (const record of records) recorder.ended(record);
  await recorder.flush();
  await recorder.flush();
  expect(await found()).toEqual(sumOf(records));
  const { hops } = await traffic();
  const kept = (await stored.store.read("sessionList", { limit: 10_000 })).length;
  expect(kept + hops[0]!.dropped).toBe(5000);
  expect(kept).toBeGreaterThan(0);
});

test("sessions that end while a batch is written wait for the next interval", async () => {
  vi.useFakeTimers();
  try {
    const batches: number[] = [];
    const store = {
      write: (name: string, args: { readonly sessions: readonly unknown[] }) => {
        if (name === "recordTelemetry") batches.push(args.sessions.length);
        if (batches.length < 3) recorder.ended(recordOf());
        return Promise.resolve();
      },
    } as unknown as Store;
    const recorder = new PhaseRecorder(store, { ...settings, flushIntervalMs: 1_000 }, () => 0);
    recorder.ended(recordOf());
    await vi.advanceTimersByTimeAsync(1_500);
    expect(batches).toEqual([1]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(batches.length).toBe(2);
    await recorder.flush();
    expect(batches.length).toBe(3);
  } finally {
    vi.useRealTimers();
  }
});

test("more sessions than a batch holds are written without a wait for the next interval", async () => {
  vi.useFakeTimers();
  try {
    let rows = 0;
    const write = (_name: string, args: { readonly sessions?: readonly unknown[] }) => {
      rows += args.sessions?.length ?? 0;
      return Promise.resolve();
    };
    const recorder = new PhaseRecorder({ write } as unknown as Store, settings, () => 0);
    for (let count = 0; count < 1_600; count++) recorder.ended(recordOf());
    await vi.advanceTimersByTimeAsync(1);
    expect(rows).toBe(1_500);
    await recorder.flush();
    expect(rows).toBe(1_600);
  } finally {
    vi.useRealTimers();
  }
});

test("a batch that cannot be written loses no figure, and its sessions are counted as dropped", async () => {
  let failing = true;
  const store: Store = Object.create(stored.store, {
    write: {
      value: (name: "recordTelemetry", args: never) =>
        failing ? Promise.reject(new StoreError("SQLITE_FULL", "full")) : stored.store.write(name, args),
    },
  });
  const recorder = new PhaseRecorder(store, settings, () => 0);
  const records = [recordOf(), recordOf({ durations: [1, 2] }), recordOf({ outcome: "timeout" })];
  for (const record of records) recorder.ended(record);
  await expect(recorder.flush()).rejects.toThrow("full");
  failing = false;
  const later = recordOf();
  recorder.ended(later);
  await recorder.flush();
  expect(await found()).toEqual(sumOf([...records, later]));
  expect((await traffic()).hops[0]!.dropped).toBe(3);
});

test("transcripts are kept for the newest completed sessions and for all that failed", async () => {
  const recorder = new PhaseRecorder(stored.store, settings, () => 0);
  const completed = Array.from({ length: 6 }, () => recordOf());
  const failed = [recordOf({ outcome: "timeout" }), recordOf({ outcome: "dropped" })];
  for (const record of [failed[0]!, ...completed, failed[1]!]) recorder.ended(record);
  await recorder.flush();
  await stored.store.write("pruneTelemetry", { firstSession: 0, transcripts: 3, minutesBefore: 0 });
  const has = async ({ id }: SessionRecord) => Boolean((await stored.store.read("sessionDetail", { id }))?.transcript);
  expect(await Promise.all(completed.map(has))).toEqual([false, false, false, true, true, true]);
  expect(await Promise.all(failed.map(has))).toEqual([true, true]);
});

test("what is old is forgotten, with all that belongs to it, and what is new stays", async () => {
  const recorder = new PhaseRecorder(stored.store, settings, () => 0);
  const old = recordOf({ endedAt: 5 * MINUTE_MS, outcome: "timeout" });
  const fresh = recordOf({ endedAt: 9 * MINUTE_MS, outcome: "timeout" });
  for (const record of [old, fresh]) recorder.ended(record);
  await recorder.flush();
  await stored.store.write("pruneTelemetry", { firstSession: fresh.id, transcripts: 0, minutesBefore: 7 });
  expect(await stored.store.read("sessionDetail", { id: old.id })).toBeNull();
  expect((await stored.store.read("sessionDetail", { id: fresh.id }))?.transcript).not.toBeNull();
  expect(await found()).toEqual(sumOf([fresh]));
});

test("who listens hears of each session as it opens and ends, and open ones are known", () => {
  const recorder = new PhaseRecorder(stored.store, settings, () => 0);
  const heard: string[] = [];
  const stop = recorder.listen((event) => void heard.push(event.kind));
  const start = { id: 1, hop: "smtp-server", peer: { address: "192.0.2.1", port: 1 }, localPort: 25 } as const;
  const log = new SessionLog(start, recorder, { now: () => 0 });
  expect(recorder.open).toEqual([log]);
  log.end("completed");
  log.end("failed");
  stop();
  new SessionLog({ ...start, id: 2 }, recorder, { now: () => 0 }).end("completed");
  expect(heard).toEqual(["opened", "ended"]);
  expect(recorder.open).toEqual([]);
});
