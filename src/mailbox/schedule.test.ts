import { expect, test } from "vitest";
import { negative, Pop3Error } from "../pop3/reply.ts";
import { type FailureKind, kindOfFailure } from "./failure.ts";
import { ConnectionError, DeadlineError, InterruptedError, TlsError } from "../net/errors.ts";
import { type FetchReport, NOTHING_DONE } from "./report.ts";
import { delayAfter, describeReport, dueAtStart, hasLineReturned, isDueAtLogin, stateAfter } from "./schedule.ts";

const MINUTE = 60_000;
const fine: FetchReport = { ...NOTHING_DONE, fetched: 1 };
const failed = (failureKind: FailureKind = "server"): FetchReport => ({
  ...fine,
  failure: negative("no", undefined, "because"),
  failureKind,
});
const before = {
  id: 1,
  lastFetchAt: 1,
  lastOutcome: "ok",
  nextFetchAt: 2,
  failures: 0,
  pausedBecause: null,
  failureKind: null,
};
const MIDDLE = 0.5;

test("after a poll that went well the interval passes, longer or shorter by a tenth", () => {
  expect([0, MIDDLE, 1].map((random) => delayAfter(fine, 10 * MINUTE, 0, random) / MINUTE)).toEqual([9, 10, 11]);
});

test("failures that may pass are repeated soon, then ever later, but not later than a quarter of an hour", () => {
  const delays = [1, 2, 3, 4, 5, 6, 50].map((failures) =>
    delayAfter(failed("temporary"), 5 * MINUTE, failures, MIDDLE)
  );
  expect(delays.map((delay) => delay / MINUTE)).toEqual([1, 2, 4, 8, 15, 15, 15]);
  expect(delayAfter(failed(), 1_000, 1, MIDDLE)).toBe(1_000);
  expect(delayAfter(failed(), 60 * MINUTE, 50, MIDDLE)).toBe(60 * MINUTE);
});

test("a wrong password, a fault that stays and a server that wants fewer logins are not pressed", () => {
  const delays = (kind: FailureKind) =>
    [1, 2, 9].map((failures) => delayAfter(failed(kind), 5 * MINUTE, failures, MIDDLE));
  expect(delays("auth")).toEqual([15, 30, 360].map((minutes) => minutes * MINUTE));
  expect(delays("login")).toEqual([5, 10, 120].map((minutes) => minutes * MINUTE));
  expect(delays("permanent")).toEqual([60, 120, 360].map((minutes) => minutes * MINUTE));
  expect(delays("login-delay")).toEqual([15, 15, 15].map((minutes) => minutes * MINUTE));
  expect(delayAfter(failed("auth"), 600 * MINUTE, 1, MIDDLE)).toBe(600 * MINUTE);
});

test("a mailbox that is in use is tried again soon, and a line that is down sooner", () => {
  const delays = (kind: FailureKind) =>
    [1, 2, 3, 9].map((failures) => delayAfter(failed(kind), 60 * MINUTE, failures, MIDDLE));
  expect(delays("in-use")).toEqual([1, 2, 4, 60].map((minutes) => minutes * MINUTE));
  expect(delays("line")).toEqual([0.5, 1, 2, 5].map((minutes) => minutes * MINUTE));
});

test("what a server says in CAPA that it wants between two logins is kept, chance or not", () => {
  expect(delayAfter({ ...fine, loginDelayMs: 10 * MINUTE }, 5 * MINUTE, 0, 0)).toBe(10 * MINUTE);
  expect(delayAfter({ ...failed("login-delay"), loginDelayMs: 7 * MINUTE }, 5 * MINUTE, 1, 0)).toBe(7 * MINUTE);
  expect(delayAfter({ ...failed("line"), loginDelayMs: 7 * MINUTE }, 5 * MINUTE, 1, MIDDLE)).toBe(7 * MINUTE);
});

test("each response code, and each way in which nothing was answered, is a kind of its own", () => {
  const said = (step: string, code?: string) => kindOfFailure(new Pop3Error(step, negative("no", code)));
  expect(["IN-USE", "LOGIN-DELAY", "AUTH", "SYS/TEMP", "SYS/PERM"].map((code) => said("PASS", code))).toEqual([
    "in-use",
    "login-delay",
    "auth",
    "temporary",
    "permanent",
  ]);
  expect(["PASS", "USER", "AUTH PLAIN", "login", "STLS", "UIDL", "RETR 3"].map((step) => said(step))).toEqual([
    "login",
    "login",
    "login",
    "login",
    "tls",
    "server",
    "server",
  ]);
  const local = [
    new ConnectionError("x"),
    new DeadlineError("x"),
    new TlsError("x"),
    new InterruptedError("x"),
    Error("x"),
  ];
  expect(local.map(kindOfFailure)).toEqual(["line", "line", "tls", "stopped", "here"]);
});

test("a client that logs in makes a source due that was not polled lately, unless its server wants to be left alone", () => {
  const at = (state: Partial<typeof before> & { failureKind?: FailureKind | null }) =>
    isDueAtLogin({ ...before, ...state }, MINUTE, MINUTE + 1);
  expect(at({})).toBe(true);
  expect(at({ lastFetchAt: 2 })).toBe(false);
  expect(isDueAtLogin(before, Infinity, 1e15)).toBe(false);
  expect(at({ pausedBecause: "all gone" as unknown as null })).toBe(false);
  const kinds = ["line", "in-use", "temporary", "auth", "login", "login-delay", "permanent"] as const;
  expect(kinds.map((failureKind) => at({ failureKind: failureKind as unknown as null }))).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

test("the line is back when a source can be polled that had none", () => {
  expect(hasLineReturned({ ...before, failureKind: "line" }, before)).toBe(true);
  expect(hasLineReturned({ ...before, failureKind: "auth" }, before)).toBe(false);
  expect(hasLineReturned({ ...before, failureKind: "line" }, { ...before, failureKind: "tls" })).toBe(false);
});

test("the state after a poll counts failures and forgets them, and a brake pauses", () => {
  expect(stateAfter({ ...before, failures: 2 }, failed(), 5 * MINUTE, 1_000, MIDDLE)).toEqual({
    id: 1,
    lastFetchAt: 1_000,
    lastOutcome: "because",
    nextFetchAt: 1_000 + 4 * MINUTE,
    failures: 3,
    pausedBecause: null,
    failureKind: "server",
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

test("failures are told in plain words, with what the server said", () => {
  const told = (failureKind: FailureKind, code: string) =>
    describeReport({ ...fine, failure: negative("no", code), failureKind });
  expect(told("auth", "AUTH")).toBe("the server says that the user name or the password is wrong (-ERR [AUTH] no)");
  expect(told("permanent", "SYS/PERM")).toMatch(
    /will not pass by itself: tell whoever runs it \(-ERR \[SYS\/PERM\] no\)/,
  );
  expect(describeReport(failed("line"))).toBe("because");
});

test("refused messages are told", () => {
  expect(describeReport({ ...fine, refusals: ["3: -ERR gone"] })).toBe("1 message was refused: 3: -ERR gone");
  expect(describeReport({ ...fine, refusals: ["3: -ERR gone", "4: -ERR no"] })).toBe(
    "2 messages were refused, the first: 3: -ERR gone",
  );
});
