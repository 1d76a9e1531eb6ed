import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { type Hop, phasesOf, type SessionOutcome } from "../dialogue/phases.ts";
import { SessionLog } from "../dialogue/session.ts";
import { createIds, formatId, type NextId } from "../store/ids.ts";
import type { PhaseBucket } from "../store/queries/dashboard-phases.ts";
import type { RangeName, SessionSummary, Traffic } from "../../web/models.ts";
import { chartOver, phaseTraffic, readTraffic } from "./reads-traffic.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long ago sessions ended, by whom, and how. */
const SESSIONS: readonly [agoMs: number, address: string, upstream: string, outcome: SessionOutcome][] = [
  [20 * DAY_MS, "192.168.1.20", "backup", "completed"],
  [5 * DAY_MS, "192.168.1.20", "provider", "timeout"],
  [20 * HOUR_MS, "192.168.1.21", "provider", "completed"],
  [20 * HOUR_MS, "192.168.1.20", "provider", "failed"],
  [40 * MINUTE_MS, "192.168.1.20", "provider", "completed"],
  [20 * MINUTE_MS, "192.168.1.21", "backup", "dropped"],
];

let desk: TestDashboard;
let cookie: string;
let now: number;
/** Sessions of the same moment are told apart by it. */
let seed = 0;

beforeAll(async () => {
  desk = await openTestDashboard();
  cookie = await desk.signIn();
  now = desk.clock.ms;
  for (const hop of ["smtp-server", "smtp-client"] as const) {
    for (const [agoMs, address, upstream, outcome] of SESSIONS) {
      desk.clock.ms = now - agoMs - 300;
      end(hop, createIds(desk.clock, ++seed), address, upstream, outcome);
    }
  }
  desk.clock.ms = now;
  await desk.recorder.flush();
});

afterAll(async () => {
  await desk.close();
});

/** A session whose phases take 100 ms each; one that does not complete ends in the second. */
function end(hop: Hop, nextId: NextId, address: string, peerName: string, outcome: SessionOutcome): number {
  const peer = { address, port: 40_000 };
  const log = new SessionLog({ id: nextId(), hop, peer, localPort: 25, peerName }, desk.recorder, desk.clock);
  for (const phase of phasesOf(hop).slice(0, outcome === "completed" ? 3 : 2)) {
    log.enter(phase);
    desk.clock.ms += 100;
    log.command("NOOP");
  }
  log.messages = 1;
  log.end(outcome);
  return log.id;
}

const read = (hop: Hop, range: RangeName, peer?: string) => readTraffic(desk.ports, { hop, range, peer });

/** Without the session that every test dashboard has: its peer says something hostile. */
function countsOf({ sessions, completed, phases }: Traffic) {
  return { sessions, completed, endedIn: phases.map(({ failures }) => failures) };
}

test.each<[RangeName, number, number, number]>([
  ["hour", 3, 2, 1],
  ["day", 5, 3, 2],
  ["week", 6, 3, 3],
  ["month", 7, 4, 3],
])("the last %s has exactly the sessions that ended in it", async (range, sessions, completed, failures) => {
  const traffic = await read("smtp-server", range);
  expect(countsOf(traffic)).toEqual({ sessions, completed, endedIn: [0, failures, 0] });
  for (const phase of traffic.phases) {
    const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
    expect(phase.course.sessions).toHaveLength(traffic.minutes.length);
    expect([sum(phase.course.sessions), sum(phase.course.failures), sum(phase.histogram)]).toEqual([
      phase.sessions,
      phase.failures,
      phase.sessions,
    ]);
  }
  expect(traffic.phases.reduce((all, { share }) => all + share!, 0)).toBeCloseTo(1);
});

test("what one peer did is counted from its sessions, and is the same as what the minutes say", async () => {
  for (const range of ["hour", "day", "week", "month"] as const) {
    const all = await read("smtp-server", range);
    const parts = await Promise.all(all.peers.map(({ name }) => read("smtp-server", range, name)));
    expect(parts.every(({ countedFrom, limitedTo }) => countedFrom === "sessions" && limitedTo === null)).toBe(true);
    for (const [index, phase] of all.phases.entries()) {
      const sums = parts.map((part) => part.phases[index]!);
      const add = (pick: (one: typeof phase) => number) => sums.reduce((sum, one) => sum + pick(one), 0);
      for (const key of ["sessions", "failures", "commands", "octetsIn", "octetsOut", "durationMs"] as const) {
        expect(add((one) => one[key])).toBe(phase[key]);
      }
      for (const bucket of phase.histogram.keys()) {
        expect(add((one) => one.histogram[bucket]!)).toBe(phase.histogram[bucket]);
      }
      for (const bucket of phase.course.sessions.keys()) {
        expect(add((one) => one.course.sessions[bucket]!)).toBe(phase.course.sessions[bucket]);
      }
    }
  }
});

test("the peers of a server are clients, those of a client are named", async () => {
  const clients = (await read("smtp-server", "month")).peers.map(({ name, sessions }) => [name, sessions]);
  expect(clients).toEqual([["192.168.1.20", 4], ["192.168.1.21", 2], ["192.168.1.7", 1]]);
  const upstreams = (await read("smtp-client", "month")).peers.map(({ name }) => name);
  expect(upstreams.slice(0, 2)).toEqual(["provider", "backup"]);
  expect(countsOf(await read("smtp-client", "week", "provider"))).toEqual({
    sessions: 4,
    completed: 2,
    endedIn: [0, 2, 0],
  });
});

test("a failing phase leads to just the sessions that ended in it, in all the time or in one bucket", async () => {
  const page = await (await desk.ask("/traffic?hop=smtp-client&range=day&peer=provider", { cookie })).text();
  const links = [...page.matchAll(/href="(\/sessions\?[^"]*)"/g)].map(([, link]) => link!.replaceAll("&amp;", "&"));
  const narrow = links.filter((link) => link.includes("phase=transfer"));
  expect(narrow).toHaveLength(3);
  for (const link of narrow) {
    const response = await desk.ask(`/api/v1${link}`, { cookie });
    const { sessions } = await response.json() as { sessions: SessionSummary[] };
    expect(sessions).toHaveLength(1);
    expect(sessions[0]).toMatchObject({
      hop: "smtp-client",
      peerName: "provider",
      outcome: "failed",
      endedIn: "transfer",
    });
    const list = await (await desk.ask(link, { cookie })).text();
    expect(list).toContain("Only sessions with provider that ended from");
    expect(list).toContain(`/sessions/${sessions[0]!.id}`);
  }
});

test("the API gives the same, and says what it expected instead", async () => {
  const ask = async (query: string) => await (await desk.ask(`/api/v1${query}`, { cookie })).json();
  expect(await ask("/traffic?hop=smtp-server&range=week&peer=192.168.1.20")).toMatchObject({
    hop: "smtp-server",
    range: "week",
    peer: "192.168.1.20",
    sessions: 3,
    countedFrom: "sessions",
    fromAt: expect.stringMatching(/^\d{4}-/),
  });
  expect(await ask("/overview?chart=month")).toMatchObject({ chart: { range: "month", bucketMinutes: 360 } });
  expect(await ask("/overview")).toMatchObject({ chart: { range: "hour", bucketMinutes: 1 } });
  expect(await ask("/traffic?range=year")).toMatchObject({
    error: { message: expect.stringContaining('range: "year" is not right, expected one of hour, day, week, month') },
  });
  expect(await ask("/sessions?from=yesterday")).toMatchObject({
    error: { message: expect.stringContaining('from: "yesterday" is not right, expected a time in UTC such as') },
  });
});

test("sessions that have not been written yet are narrowed like the others", async () => {
  desk.clock.ms = now + 1_000;
  const id = formatId(end("pop3-client", createIds(desk.clock, 0), "192.0.2.1", "home", "timeout"));
  const from = new Date(now).toISOString();
  const ask = async (query: string) => {
    const response = await desk.ask(`/api/v1/sessions?hop=pop3-client&from=${from}${query}`, { cookie });
    return (await response.json() as { sessions: SessionSummary[] }).sessions.map(({ id }) => id);
  };
  expect(await ask("")).toEqual([id]);
  expect(await ask("&peer=home")).toEqual([id]);
  expect(await ask("&peer=work")).toEqual([]);
  expect(await ask(`&to=${from}`)).toEqual([]);
});

test("median and 95th are estimated for all the time and for each bucket alone", () => {
  const row = (bucket: number, histograms: number[][]): PhaseBucket => ({
    ...{ bucket, hop: "smtp-server", phase: "transfer", sessions: 20, failures: 1, commands: 0, refusals: 0 },
    ...{ octetsIn: 0, octetsOut: 0, durationMs: 100, histograms: JSON.stringify(histograms) },
  });
  const quick = [0, 0, 10];
  const slow = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20];
  const span = { fromMinute: 0, toMinute: 30, bucketMinutes: 10 };
  const transfer = phaseTraffic([row(0, [quick, quick]), row(2, [slow])], "smtp-server", span)[1]!;
  expect(transfer.course.medianMs).toEqual([3.5, null, 1500]);
  expect(transfer.course.p95Ms).toEqual([4.85, null, 1950]);
  expect(transfer.course.failures).toEqual([1, 0, 1]);
  expect([transfer.medianMs, transfer.p95Ms, transfer.share]).toEqual([5, 1900, 1]);
});

test("a chart has a place for every bucket, with and without messages", () => {
  const rows = [{ bucket: 1, hop: "smtp-server" as const, sessions: 2, completed: 2, messages: 3 }];
  const chart = chartOver(rows, { fromMinute: 120, toMinute: 300, bucketMinutes: 60 }, "day");
  expect(chart.minutes).toEqual([120, 180, 240]);
  expect(chart.messages).toMatchObject({ "smtp-server": [0, 3, 0], "pop3-client": [0, 0, 0] });
});
