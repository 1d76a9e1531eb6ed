import { expect, test } from "vitest";
import { createPace, type PaceLimits, recovered, slowDown } from "./pace.ts";

const NO_LIMITS: PaceLimits = { connections: 8, perMinute: 0, perDay: 0, recipientsPerDay: 0 };
const MINUTE = 60_000;
const HOUR = 3_600_000;

test("no pace is any pace", () => {
  const pace = createPace(() => ({ ...NO_LIMITS }));
  expect(Array.from({ length: 1000 }, () => pace.take(5))).toEqual(new Array(1000).fill(0));
});

test.each([1, 6, 30, 100])(
  "%i a minute: never more in any minute than a small burst beside them, and none is lost",
  (perMinute) => {
    const pace = createPace(() => ({ ...NO_LIMITS, perMinute }));
    const sent: number[] = [];
    for (let now = 0; now < 600_000;) {
      const waitMs = pace.take(now);
      if (waitMs === 0) sent.push(now);
      now += waitMs || 1;
    }
    const burst = Math.max(1, Math.floor(perMinute / 10));
    for (const start of sent) {
      expect(sent.filter((at) => at >= start && at < start + 60_000).length).toBeLessThanOrEqual(perMinute + burst);
    }
    expect(sent.length).toBeGreaterThanOrEqual(10 * perMinute - 1);
  },
);

test("each complaint halves the connections and the rate, those of the same moment count once", () => {
  const limits = { ...NO_LIMITS, perMinute: 60 };
  const first = slowDown(null, limits, 60, 0);
  expect(first).toMatchObject({ connections: 4, perMinute: 30, fullPerMinute: 60 });
  expect(slowDown(first, limits, 60, 4_000)).toBe(first);
  const second = slowDown(first, limits, 60, 10_000);
  expect(second).toMatchObject({ connections: 2, perMinute: 15 });
  const fourth = slowDown(slowDown(second, limits, 60, 20_000), limits, 60, 30_000);
  expect(fourth).toMatchObject({ connections: 1, perMinute: 6 });
});

test("without a limit the rate of the last minute is what was too fast", () => {
  expect(slowDown(null, NO_LIMITS, 300, 0)).toMatchObject({ perMinute: 150, fullPerMinute: 300 });
  // A single message that met a busy server does not say much, one recipient's even less: the next may follow soon.
  const first = slowDown(null, NO_LIMITS, 1, 0);
  expect(first).toMatchObject({ perMinute: 30, fullPerMinute: 60 });
  // Who goes on to complain is heard.
  expect(slowDown(first, NO_LIMITS, 1, 10_000)).toMatchObject({ perMinute: 15 });
});

test("a limit that is lower than the slowest pace is halved all the same", () => {
  expect(slowDown(null, { ...NO_LIMITS, perMinute: 4 }, 4, 0)).toMatchObject({ perMinute: 2 });
});

test("each minute without a complaint gives one connection and a tenth of the rate, until it is over", () => {
  const limits = { ...NO_LIMITS, perMinute: 60 };
  const slow = slowDown(slowDown(null, limits, 60, 0), limits, 60, 10_000);
  const at = (minutes: number) => recovered(slow, limits, 10_000 + minutes * MINUTE);
  expect(at(0)).toMatchObject({ connections: 2, perMinute: 15 });
  expect(at(1)).toMatchObject({ connections: 3, perMinute: 21 });
  expect(at(5)).toMatchObject({ connections: 7, perMinute: 45 });
  expect(at(7)).toMatchObject({ connections: 8, perMinute: 57 });
  expect(at(8)).toBe(null);
  expect(recovered(null, limits, 0)).toBe(null);
});

test("a pace that was slowed says so, lets less through, and comes back", () => {
  const pace = createPace(() => NO_LIMITS);
  for (let sent = 0; sent < 80; sent++) expect(pace.take(1_000)).toBe(0);
  pace.slow(1_000);
  expect(pace.state(1_000)).toMatchObject({ connections: 4, maxConnections: 8, perMinute: 40, slowedAt: 1_000 });
  expect(pace.take(1_000)).toBe(0);
  expect(pace.take(1_000)).toBe(1_500);
  expect(pace.connections(1_000 + 2 * MINUTE)).toBe(6);
  expect(pace.state(1_000 + 9 * MINUTE)).toMatchObject({ connections: 8, perMinute: null, slowedAt: null });
});

test("the messages of a day are counted over 24 hours, those of an earlier run too", () => {
  const start = 1_000 * HOUR;
  const pace = createPace(() => ({ ...NO_LIMITS, perDay: 5 }), { messages: new Map([[976, 2], [975, 9]]) });
  expect(pace.state(start)).toMatchObject({ sentInDay: 2, perDay: 5 });
  for (let sent = 0; sent < 3; sent++) {
    expect(pace.dayFull(start)).toBe(null);
    expect(pace.take(start)).toBe(0);
  }
  expect(pace.dayFull(start)).toEqual({ limit: "messages", until: 1_001 * HOUR });
  expect(pace.dayFull(start + HOUR)).toBe(null);
  expect(pace.state(start + HOUR)).toMatchObject({ sentInDay: 3 });
});

test("the recipients of a day are counted beside its messages, and those that were not taken do not count", () => {
  const start = 1_000 * HOUR;
  const pace = createPace(() => ({ ...NO_LIMITS, perDay: 5, recipientsPerDay: 10 }), {
    messages: new Map([[980, 1]]),
    recipients: new Map([[976, 1], [975, 9], [980, 3]]),
  });
  expect(pace.recipientsLeft(start)).toBe(6);
  pace.countRecipients(6, start);
  expect(pace.dayFull(start)).toEqual({ limit: "recipients", until: 1_001 * HOUR });
  pace.countRecipients(-4, start);
  expect(pace.dayFull(start)).toBe(null);
  expect(pace.state(start)).toMatchObject({ sentInDay: 1, recipientsInDay: 6, recipientsPerDay: 10 });
  expect(pace.recipientsLeft(start + 5 * HOUR)).toBe(8);
  // The later of two limits is the one that counts.
  pace.countRecipients(8, start + 5 * HOUR);
  for (let sent = 0; sent < 5; sent++) pace.take(start + 5 * HOUR);
  expect(pace.dayFull(start + 5 * HOUR)).toEqual({ limit: "messages", until: 1_030 * HOUR });
});

test("without a limit of a day there are recipients without end", () => {
  const pace = createPace(() => NO_LIMITS);
  pace.countRecipients(1_000_000, 0);
  expect([pace.recipientsLeft(0), pace.dayFull(0)]).toEqual([Infinity, null]);
});
