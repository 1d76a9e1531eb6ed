import { expect, test } from "vitest";
import { createDevicePace } from "./device-pace.ts";

const device = (messagesPerMinute: number, messagesPerHour: number, name = "scanner") => ({
  name,
  messagesPerMinute,
  messagesPerHour,
});

test("within any minute no more than the limit, each device for itself", () => {
  const pace = createDevicePace();
  const limited = device(3, 0);
  expect([0, 10_000, 50_000].map((now) => pace.take(limited, now))).toEqual([null, null, null]);
  expect(pace.take(limited, 59_000)).toEqual({ limit: 3, unit: "minute", waitMs: 1000 });
  expect(pace.take(device(3, 0, "camera"), 59_000)).toBeNull();
  expect(pace.take(limited, 60_000)).toBeNull();
  expect(pace.take(limited, 60_001)).toEqual({ limit: 3, unit: "minute", waitMs: 9999 });
});

test("a message that must wait does not count", () => {
  const pace = createDevicePace();
  const limited = device(1, 0);
  pace.take(limited, 0);
  for (let now = 1; now < 60_000; now += 1000) expect(pace.take(limited, now)).not.toBeNull();
  expect(pace.take(limited, 60_000)).toBeNull();
});

test("the hour counts beside the minute", () => {
  const pace = createDevicePace();
  const limited = device(2, 3);
  expect([0, 1, 60_001].map((now) => pace.take(limited, now))).toEqual([null, null, null]);
  expect(pace.take(limited, 120_002)).toEqual({ limit: 3, unit: "hour", waitMs: 3_479_998 });
  expect(pace.take(limited, 3_600_000)).toBeNull();
});

test("without a limit nothing is counted; one that is set later counts from then on", () => {
  const pace = createDevicePace();
  for (let now = 0; now < 100; now++) expect(pace.take(device(0, 0), now)).toBeNull();
  expect(pace.take(device(1, 0), 100)).toBeNull();
  expect(pace.take(device(1, 0), 101)).toMatchObject({ waitMs: 59_999 });
});
