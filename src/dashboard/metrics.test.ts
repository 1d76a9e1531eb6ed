import { afterEach, beforeEach, expect, test } from "vitest";
import { HOSTILE, openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { SessionLog } from "../dialogue/session.ts";
import { writeFamilies } from "./metrics-format.ts";

let desk: TestDashboard;

beforeEach(async () => {
  desk = await openTestDashboard();
});

afterEach(async () => {
  await desk.close();
});

/** A session of which the establishment took 30 ms, and in which the transfer failed. */
function fail(): void {
  const peer = { address: "192.0.2.1", port: 1 };
  const log = new SessionLog(
    { id: 1, hop: "smtp-client", peer, localPort: 0, peerName: HOSTILE },
    desk.recorder,
    desk.clock,
  );
  desk.clock.ms += 30;
  log.enter("transfer");
  log.messages = 2;
  desk.clock.ms += 700;
  log.end("timeout", "it was silent");
}

async function sampled(): Promise<Map<string, number>> {
  const cookie = await desk.signIn();
  const response = await desk.ask("/metrics", { cookie });
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const lines = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

test("sessions count by hop, phase and how they ended, with their durations in cumulative buckets", async () => {
  fail();
  const samples = await sampled();
  const of = (name: string, labels: string) => samples.get(`waypost_${name}{hop="smtp-client"${labels}}`);
  expect(of("sessions_total", ',outcome="timeout"')).toBe(1);
  expect(of("messages_total", "")).toBe(2);
  expect(of("phase_failures_total", ',phase="transfer"')).toBe(1);
  expect(of("phase_failures_total", ',phase="establishment"')).toBe(0);
  const bucket = (le: string) => of("phase_duration_seconds_bucket", `,phase="transfer",le="${le}"`);
  expect([bucket("0.5"), bucket("1"), bucket("300"), bucket("+Inf")]).toEqual([0, 1, 1, 1]);
  expect(of("phase_duration_seconds_sum", ',phase="transfer"')).toBeCloseTo(0.7);
});

test("the queue tells its depth and age; an upstream that is named no more is no label of its own", async () => {
  desk.clock.ms += 60_000;
  const samples = await sampled();
  expect(samples.get('waypost_queue_recipients{state="waiting",upstream="provider"}')).toBe(2);
  expect(samples.get("waypost_queue_oldest_age_seconds")).toBeGreaterThan(600);
  expect(samples.get("waypost_mailbox_messages")).toBe(1);
  expect(samples.get("waypost_sources_failing")).toBe(1);
  expect([...samples.keys()].join()).not.toMatch(/anna|home|192\.0\.2/);
});

test("without a token or a cookie nothing is told, except to the networks that the settings name", async () => {
  expect((await desk.ask("/metrics")).status).toBe(401);
  Object.assign(desk.ports, { mayScrape: () => true });
  expect((await desk.ask("/metrics")).status).toBe(200);
  expect((await desk.ask("/api/v1/queue")).status).toBe(401);
  expect((await desk.ask("/metrics", { headers: { authorization: "Bearer wrong" } })).status).toBe(401);
});

test("labels are escaped", () => {
  const samples = [{ labels: { a: 'x"\\\n' }, value: Infinity }];
  expect(writeFamilies([{ name: "m", type: "gauge", help: "a\\b\nc", samples }])).toBe(
    '# HELP m a\\\\b\\nc\n# TYPE m gauge\nm{a="x\\"\\\\\\n"} +Inf\n',
  );
});
