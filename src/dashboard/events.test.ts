import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SessionLog } from "../dialogue/session.ts";
import { createEventHub, createHubs, type EventHub } from "./events.ts";
import { createLiveTraffic } from "./live.ts";
import type { DashboardPorts } from "./ports.ts";
import type { PhaseEvent } from "../store/phases.ts";

/** Who watches, and may. */
const anna = { name: "anna", isStillIn: () => Promise.resolve(true) };
let clock: { ms: number; now(): number };
let hub: EventHub;
let listeners: ((event: PhaseEvent) => void)[];
let phases: DashboardPorts["phases"];

beforeEach(() => {
  vi.useFakeTimers();
  clock = { ms: 1_000_000, now: () => clock.ms };
  listeners = [];
  phases = {
    open: [],
    listen: (heard) => {
      listeners.push(heard);
      return () => undefined;
    },
  };
  const live = createLiveTraffic({ phases, clock });
  hub = createEventHub(live, { clock, randomBytes: (length: number) => new Uint8Array(length) });
});

afterEach(() => {
  vi.useRealTimers();
});

function pass(messages: number, account?: string): void {
  const peer = { address: "127.0.0.1", port: 1 };
  const log = new SessionLog({
    id: 1,
    hop: "smtp-server",
    peer,
    localPort: 25,
    ...(account === undefined ? {} : { account }),
  }, {
    opened: (session) => listeners.forEach((listener) => listener({ kind: "opened", session })),
    ended: (record) => listeners.forEach((listener) => listener({ kind: "ended", record })),
  }, clock);
  log.messages = messages;
  log.end("completed");
}

async function tick(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    clock.ms += 1_000;
    await vi.advanceTimersByTimeAsync(1_000);
  }
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>, count: number): Promise<string[]> {
  const texts: string[] = [];
  for (let index = 0; index < count; index++) texts.push(new TextDecoder().decode((await reader.read()).value));
  return texts;
}

test("whatever happens within a second is told once, added up", async () => {
  const reader = hub.open(anna).body!.getReader();
  pass(1);
  pass(2);
  await tick(1);
  const [hello, pulse] = await readAll(reader, 2);
  expect(hello).toContain("event: hello");
  const data = JSON.parse(/data: (.*)/.exec(pulse!)![1]!) as Record<string, unknown>;
  expect(data["smtp-server"]).toMatchObject({ opened: 2, ended: 2, messages: 3 });
});

test("pages are told to look while there is traffic, and seldom when there is none", async () => {
  const reader = hub.open(anna).body!.getReader();
  pass(1);
  await tick(2);
  expect((await readAll(reader, 3)).at(-1)).toContain("event: changed");
  clock.ms += 60_000;
  await tick(27);
  const [text] = await readAll(reader, 1);
  expect(text).toBe(": still here\n\n");
});

test("a browser that leaves is forgotten, and nothing ticks when nobody looks", async () => {
  const first = hub.open(anna);
  const second = hub.open(anna);
  expect([hub.size, vi.getTimerCount()]).toEqual([2, 1]);
  await first.body!.cancel();
  await second.body!.cancel();
  expect([hub.size, vi.getTimerCount()]).toEqual([0, 0]);
});

test("a browser that does not read costs a few events, not memory", async () => {
  const reader = hub.open(anna).body!.getReader();
  for (let second = 0; second < 100; second++) {
    pass(1);
    await tick(1);
  }
  await hub.open(anna).body!.cancel();
  const texts = await readAll(reader, 8);
  expect(texts).toHaveLength(8);
  let more = false;
  reader.read().then(() => more = true);
  await vi.advanceTimersByTimeAsync(0);
  expect(more).toBe(false);
});

test("a stream ends after a while, so that the browser comes again and is checked again", async () => {
  const response = hub.open(anna);
  await tick(900);
  expect(hub.size).toBe(0);
  await response.body!.cancel();
});

test("no more than 64 browsers look at once", () => {
  for (let count = 0; count < 64; count++) hub.open({ ...anna, name: `user ${count % 4}` });
  expect(() => hub.open({ ...anna, name: "user 5" })).toThrow("Too many live views");
});

test("one who looks too often keeps nobody else out", () => {
  for (let count = 0; count < 24; count++) hub.open(anna);
  expect(() => hub.open(anna)).toThrow("Too many live views");
  expect(hub.open({ ...anna, name: "bernd" }).status).toBe(200);
});

test("a stream ends soon after its watcher was signed out, and after nobody can tell", async () => {
  let answer = () => Promise.resolve(true);
  const response = hub.open({ name: "bernd", isStillIn: () => answer() });
  hub.open(anna);
  await tick(30);
  expect(hub.size).toBe(2);
  answer = () => Promise.resolve(false);
  await tick(10);
  expect(hub.size).toBe(1);
  hub.open({ name: "carla", isStillIn: () => Promise.reject(new Error("no database")) });
  await tick(10);
  expect(hub.size).toBe(1);
  await response.body!.cancel();
});

test("a person hears of the own sessions alone, and not that others were busy", async () => {
  const ports = { phases, clock, randomBytes: (length: number) => new Uint8Array(length) };
  const hubFor = createHubs(createLiveTraffic(ports), ports);
  const reader = hubFor("bernd@example.net").open(anna).body!.getReader();
  expect(hubFor("bernd@example.net").size).toBe(1);
  clock.ms += 60_000;
  pass(1, "anna@example.net");
  pass(1);
  await tick(4);
  pass(2, "BERND@example.net");
  await tick(1);
  const [hello, pulse] = await readAll(reader, 2);
  expect(hello).toContain("event: hello");
  const data = JSON.parse(/data: (.*)/.exec(pulse!)![1]!) as Record<string, unknown>;
  expect(data["smtp-server"]).toMatchObject({ opened: 1, ended: 1, messages: 2 });
});
