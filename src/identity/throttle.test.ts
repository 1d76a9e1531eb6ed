import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createLoginThrottle, defaultThrottlePolicy, type LoginAttempt, type LoginThrottle } from "./throttle.ts";

const alice = { address: "192.168.1.20", login: "alice@example.net" };
const start = 1_000_000_000_000;

function failTimes(throttle: LoginThrottle, count: number, attempt: LoginAttempt = alice, now = start): void {
  for (let n = 0; n < count; n++) throttle.failed(attempt, now);
}

test("the first failures are free, then the delay doubles up to its limit", () => {
  const throttle = createLoginThrottle();
  const delays: number[] = [];
  for (let n = 0; n < 11; n++) {
    delays.push(throttle.delayMs(alice, start));
    throttle.failed(alice, start);
  }
  expect(delays).toEqual([0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test("the delay runs from the last failure", () => {
  const throttle = createLoginThrottle();
  failTimes(throttle, 10);
  expect(throttle.delayMs(alice, start + 10_000)).toBeLessThanOrEqual(20_000);
  expect(throttle.delayMs(alice, start + 30_000)).toBe(0);
});

test("failures are forgotten with time", () => {
  const throttle = createLoginThrottle();
  failTimes(throttle, 10);
  const later = start + 3 * defaultThrottlePolicy.halfLifeMs; // 1.25 failures are left
  throttle.failed(alice, later);
  expect(throttle.delayMs(alice, later)).toBe(0);
});

test("an address is slowed for every login, a login from every address", () => {
  const throttle = createLoginThrottle();
  failTimes(throttle, 10);
  expect(throttle.delayMs({ address: alice.address, login: "bob" }, start)).toBe(30_000);
  expect(throttle.delayMs({ address: "10.0.0.1", login: "ALICE@example.net" }, start)).toBe(30_000);
  expect(throttle.delayMs({ address: "10.0.0.1", login: "bob" }, start)).toBe(0);
});

test("a login that is at home at an address is slowed only by its own failures there", () => {
  const throttle = createLoginThrottle();
  throttle.succeeded(alice, start);
  failTimes(throttle, 10, { address: alice.address, login: "old-printer" });
  failTimes(throttle, 10, { address: "203.0.113.9", login: alice.login });
  expect(throttle.delayMs(alice, start)).toBe(0);
  failTimes(throttle, 10);
  expect(throttle.delayMs(alice, start)).toBe(30_000);
  throttle.succeeded(alice, start);
  expect(throttle.delayMs(alice, start)).toBe(0);
});

test("trust ends after a while", () => {
  const throttle = createLoginThrottle();
  throttle.succeeded(alice, start);
  const later = start + defaultThrottlePolicy.trustMs;
  failTimes(throttle, 10, { address: alice.address, login: "old-printer" }, later);
  expect(throttle.delayMs(alice, later - 1)).toBe(0);
  expect(throttle.delayMs(alice, later)).toBe(30_000);
});

test("success with one login does not clear an address that guesses others", () => {
  const throttle = createLoginThrottle();
  failTimes(throttle, 10, { address: "10.0.0.1", login: "bob" });
  throttle.succeeded({ address: "10.0.0.1", login: "mallory" }, start);
  expect(throttle.delayMs({ address: "10.0.0.1", login: "bob" }, start)).toBe(30_000);
  expect(throttle.delayMs({ address: "10.0.0.1", login: "carol" }, start)).toBe(30_000);
});

test.each([
  ["2001:db8::1", "2001:db8:0:0:ffff::2", true],
  ["2001:db8::1", "2001:DB8:0000::7%eth0", true],
  ["2001:db8::1", "2001:db8:0:1::1", false],
  ["::ffff:192.0.2.1", "192.0.2.1", true],
  ["::1", "::2", true],
  ["192.0.2.1", "192.0.2.2", false],
])("%s and %s count as one: %s", (one, other, same) => {
  const throttle = createLoginThrottle();
  failTimes(throttle, 10, { address: one, login: "a" });
  expect(throttle.delayMs({ address: other, login: "b" }, start) > 0).toBe(same);
});

test("memory is bounded: the oldest failures are forgotten first", () => {
  const throttle = createLoginThrottle({ ...defaultThrottlePolicy, maxEntries: 30 });
  failTimes(throttle, 10);
  for (let n = 0; n < 100; n++) throttle.failed({ address: `10.0.0.${n}`, login: `user${n}` }, start);
  expect(throttle.delayMs(alice, start)).toBe(0);
});

test("what failed is reported by address and by login, the latest first, with the delays in force", () => {
  const throttle = createLoginThrottle();
  failTimes(throttle, 5);
  throttle.failed({ address: "2001:db8::1", login: "Bob" }, start + 500);
  expect(throttle.report(start + 500)).toEqual([
    { address: null, login: "bob", failures: 1, lastFailedAt: start + 500, delayMs: 0 },
    { address: "2001:db8:0:0", login: null, failures: 1, lastFailedAt: start + 500, delayMs: 0 },
    { address: null, login: alice.login, failures: 5, lastFailedAt: start, delayMs: 1_497 },
    { address: alice.address, login: null, failures: 5, lastFailedAt: start, delayMs: 1_497 },
  ]);
  expect(throttle.report(start + 10 * defaultThrottlePolicy.halfLifeMs)).toEqual([]);
});

test("that an address is slowed down is told once, until its failures are forgotten", () => {
  const told: string[] = [];
  const throttle = createLoginThrottle(defaultThrottlePolicy, (address) => told.push(address));
  failTimes(throttle, 3);
  expect(told).toEqual([]);
  failTimes(throttle, 20);
  failTimes(throttle, 5, { address: "10.0.0.1", login: "bob" });
  expect(told).toEqual([alice.address, "10.0.0.1"]);
  failTimes(throttle, 5, alice, start + 10 * defaultThrottlePolicy.halfLifeMs);
  expect(told).toEqual([alice.address, "10.0.0.1", alice.address]);
});

test("a clock that is set back makes nobody wait longer than the limit", () => {
  const throttle = createLoginThrottle();
  failTimes(throttle, 10);
  expect(throttle.delayMs(alice, 0)).toBe(30_000);
});

test("whatever happens, a delay is a whole number of milliseconds within the limit", () => {
  const event = fc.record({
    kind: fc.constantFrom("failed", "succeeded"),
    attempt: fc.record({ address: fc.constantFrom("::1", "10.0.0.1", "nonsense"), login: fc.string({ maxLength: 3 }) }),
    now: fc.integer({ min: 0, max: 3_600_000 }),
  });
  fc.assert(fc.property(fc.array(event, { maxLength: 40 }), (events) => {
    const throttle = createLoginThrottle();
    for (const { kind, attempt, now } of events) {
      if (kind === "failed") throttle.failed(attempt, now);
      else throttle.succeeded(attempt, now);
      const delayMs = throttle.delayMs(attempt, now);
      expect(Number.isInteger(delayMs) && delayMs >= 0 && delayMs <= 30_000).toBe(true);
    }
  }));
});
