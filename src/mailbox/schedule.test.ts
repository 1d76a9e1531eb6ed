import { expect, test } from "vitest";
import { negative } from "../pop3/reply.ts";
import type { FetchReport } from "./fetch.ts";
import { delayAfter, describeReport, dueAtStart, stateAfter } from "./schedule.ts";

const MINUTE = 60_000;
const fine: FetchReport = { fetched: 1, removed: 0, refusals: [], brake: null, failure: null };
const failed = (code?: string): FetchReport => ({ ...fine, failure: negative("no", code, "because") });
const before = { id: 1, lastFetchAt: 1, lastOutcome: "ok", nextFetchAt: 2, failures: 0, pausedBecause: null };
const MIDDLE = 0.5;

test("after a poll that went well the interval passes, longer or shorter by a tenth", () => {
  expect([0, MIDDLE, 1].map((random) => delayAfter(fine, 10 * MINUTE, 0, random) / MINUTE)).toEqual([9, 10, 11]);
});

test("failures that may pass are repeated soon, then ever later, but not later than a quarter of an hour", () => {
  const delays = [1, 2, 3, 4, 5, 6, 50].map((failures) => delayAfter(failed("SYS/TEMP"), 5 * MINUTE, failures, MIDDLE));
  expect(delays.map((delay) => delay / MINUTE)).toEqual([1, 2, 4, 8, 15, 15, 15]);
  expect(delayAfter(failed(), 1_000, 1, MIDDLE)).toBe(1_000);
  expect(delayAfter(failed(), 60 * MINUTE, 50, MIDDLE)).toBe(60 * MINUTE);
});

test("a wrong password and a server that wants fewer logins are not pressed", () => {
  expect(delayAfter(failed("AUTH"), 5 * MINUTE, 1, MIDDLE)).toBe(15 * MINUTE);
  expect(delayAfter(failed("AUTH"), 5 * MINUTE, 9, MIDDLE)).toBe(360 * MINUTE);
  expect(delayAfter(failed("LOGIN-DELAY"), 5 * MINUTE, 9, MIDDLE)).toBe(15 * MINUTE);
});

test("the state after a poll counts failures and forgets them, and a brake pauses", () => {
  expect(stateAfter({ ...before, failures: 2 }, failed(), 5 * MINUTE, 1_000, MIDDLE)).toEqual({
    id: 1,
    lastFetchAt: 1_000,
    lastOutcome: "because",
    nextFetchAt: 1_000 + 4 * MINUTE,
    failures: 3,
    pausedBecause: null,
  });
  expect(stateAfter({ ...before, failures: 2 }, fine, MINUTE, 0, MIDDLE)).toMatchObject({
    failures: 0,
    lastOutcome: "ok",
  });
  const braked = stateAfter(before, { ...fine, brake: "all gone" }, MINUTE, 0, MIDDLE);
  expect(braked).toMatchObject({ pausedBecause: "all gone", nextFetchAt: null, lastOutcome: "paused: all gone" });
  expect(stateAfter(braked, fine, MINUTE, 0, MIDDLE)).toMatchObject({ pausedBecause: null, nextFetchAt: MINUTE });
  // The line was down: nothing was seen that could have lifted the pause.
  expect(stateAfter(braked, failed(), MINUTE, 0, MIDDLE)).toMatchObject({
    pausedBecause: "all gone",
    nextFetchAt: null,
  });
});

test("at the start a source is due as written, at once when it never was polled, and never while it is paused", () => {
  expect(dueAtStart(before, MINUTE, 0, MIDDLE)).toBe(2);
  expect(dueAtStart({ ...before, nextFetchAt: 90 * MINUTE }, MINUTE, 0, MIDDLE)).toBe(MINUTE);
  expect(dueAtStart({ ...before, nextFetchAt: null }, MINUTE, 0, MIDDLE)).toBe(500);
  expect(dueAtStart({ ...before, pausedBecause: "all gone" }, MINUTE, 0, MIDDLE)).toBeNull();
});

test("refused messages are told", () => {
  expect(describeReport({ ...fine, refusals: ["3: -ERR gone"] })).toBe("1 message was refused: 3: -ERR gone");
  expect(describeReport({ ...fine, refusals: ["3: -ERR gone", "4: -ERR no"] })).toBe(
    "2 messages were refused, the first: 3: -ERR gone",
  );
});
