import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createLoginThrottle, defaultThrottlePolicy, type LoginAttempt, type LoginThrottle } from "./throttle.ts";

const alice = { address: "192.168.1.20", login: "alice@example.net" };
const start = 1_000_000_000_000;
const withoutBans = () => ({ ...defaultThrottlePolicy, banLoginAfter: 0, banAddressAfter: 0 });

function failTimes(throttle: LoginThrottle, count: number, attempt: LoginAttempt = alice, now = start): void {
  for (let n = 0; n < count; n++) throttle.failed(attempt, now);
}

test("the first failures are free, then the delay doubles up to its limit", () => {
  const throttle = createLoginThrottle(withoutBans);
  const delays: number[] = [];
  for (let n = 0; n < 11; n++) {
    delays.push(throttle.delayMs(alice, start));
    throttle.failed(alice, start);
  }
  expect(delays).toEqual([0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test("the delay runs from the last failure", () => {
  const throttle = createLoginThrottle(withoutBans);
  failTimes(throttle, 10);
  expect(throttle.delayMs(alice, start + 10_000)).toBeLessThanOrEqual(20_000);
  expect(throttle.delayMs(alice, start + 30_000)).toBe(0);
});

test("failures are forgotten with time", () => {
  const throttle = createLoginThrottle(withoutBans);
  failTimes(throttle, 10);
  const later = start + 3 * defaultThrottlePolicy.halfLifeMs; // 1.25 failures are left
  throttle.failed(alice, later);
  expect(throttle.delayMs(alice, later)).toBe(0);
});

test("an address is slowed for every login, a login from every address", () => {
  const throttle = createLoginThrottle(withoutBans);
  failTimes(throttle, 10);
  expect(throttle.delayMs({ address: alice.address, login: "bob" }, start)).toBe(30_000);
  expect(throttle.delayMs({ address: "10.0.0.1", login: "ALICE@example.net" }, start)).toBe(30_000);
  expect(throttle.delayMs({ address: "10.0.0.1", login: "bob" }, start)).toBe(0);
});

test("a login that is at home at an address is slowed only by its own failures there", () => {
  const throttle = createLoginThrottle(withoutBans);
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
  const throttle = createLoginThrottle(withoutBans);
  throttle.succeeded(alice, start);
  const later = start + defaultThrottlePolicy.trustMs;
  failTimes(throttle, 10, { address: alice.address, login: "old-printer" }, later);
  expect(throttle.delayMs(alice, later - 1)).toBe(0);
  expect(throttle.delayMs(alice, later)).toBe(30_000);
});

test("success with one login does not clear an address that guesses others", () => {
  const throttle = createLoginThrottle(withoutBans);
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
  const throttle = createLoginThrottle(withoutBans);
  failTimes(throttle, 10, { address: one, login: "a" });
  expect(throttle.delayMs({ address: other, login: "b" }, start) > 0).toBe(same);
});

test("memory is bounded: the oldest failures are forgotten first", () => {
  const throttle = createLoginThrottle(() => ({ ...withoutBans(), maxEntries: 30 }));
  failTimes(throttle, 10);
  for (let n = 0; n < 100; n++) throttle.failed({ address: `10.0.0.${n}`, login: `user${n}` }, start);
  expect(throttle.delayMs(alice, start)).toBe(0);
});

test("what failed is reported by address and by login, the latest first, with the delays in force", () => {
  const throttle = createLoginThrottle(withoutBans);
  failTimes(throttle, 5);
  throttle.failed({ address: "2001:db8::1", login: "Bob" }, start + 500);
  const free = { address: null, login: null, failures: 1, lastFailedAt: start, delayMs: 0, bannedUntilAt: null };
  expect(throttle.report(start + 500)).toEqual([
    { ...free, login: "bob", lastFailedAt: start + 500, seenWith: ["2001:db8:0:0"] },
    { ...free, address: "2001:db8:0:0", lastFailedAt: start + 500, seenWith: ["bob"] },
    { ...free, login: alice.login, failures: 5, delayMs: 1_497, seenWith: [alice.address] },
    { ...free, address: alice.address, failures: 5, delayMs: 1_497, seenWith: [alice.login] },
  ]);
  expect(throttle.report(start + 10 * defaultThrottlePolicy.halfLifeMs)).toEqual([]);
});

test("that an address is slowed down is told once, until its failures are forgotten", () => {
  const told: string[] = [];
  const throttle = createLoginThrottle(withoutBans, (event) => event.kind === "slowed" && told.push(event.address));
  failTimes(throttle, 3);
  expect(told).toEqual([]);
  failTimes(throttle, 20);
  failTimes(throttle, 5, { address: "10.0.0.1", login: "bob" });
  expect(told).toEqual([alice.address, "10.0.0.1"]);
  failTimes(throttle, 5, alice, start + 10 * defaultThrottlePolicy.halfLifeMs);
  expect(told).toEqual([alice.address, "10.0.0.1", alice.address]);
});

test("a clock that is set back makes nobody wait longer than the limit", () => {
  const throttle = createLoginThrottle(withoutBans);
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
    const throttle = createLoginThrottle(withoutBans);
    for (const { kind, attempt, now } of events) {
      if (kind === "failed") throttle.failed(attempt, now);
      else throttle.succeeded(attempt, now);
      const delayMs = throttle.delayMs(attempt, now);
      expect(Number.isInteger(delayMs) && delayMs >= 0 && delayMs <= 30_000).toBe(true);
    }
  }));
});

/* Bans. */

const { banMs } = defaultThrottlePolicy;

test("a login is banned from everywhere after so many failures, until its ban ends", () => {
  const throttle = createLoginThrottle();
  failTimes(throttle, 10);
  expect(throttle.delayMs({ address: "10.0.0.1", login: alice.login }, start)).toBe(banMs);
  expect(throttle.delayMs(alice, start + banMs - 1)).toBe(1);
  expect(throttle.delayMs(alice, start + banMs)).toBe(0);
  const row = throttle.report(start).find(({ login }) => login === alice.login);
  expect(row).toMatchObject({ failures: 10, delayMs: banMs, bannedUntilAt: start + banMs });
});

test("failures that come one after the other ban as those at one moment do", () => {
  const throttle = createLoginThrottle();
  for (let n = 0; n < 10; n++) throttle.failed(alice, start + n * 1_000);
  expect(throttle.delayMs(alice, start + 9_000)).toBe(banMs);
});

test("one device with an old password bans itself, not those behind its gateway", () => {
  const throttle = createLoginThrottle();
  for (let now = start; now < start + 3_600_000; now += 1_000) {
    if (throttle.delayMs(alice, now) === 0) throttle.failed(alice, now);
    const { bannedUntilAt } = throttle.report(now).find(({ address }) => address === alice.address)!;
    expect(bannedUntilAt).toBeNull();
  }
});

test("an address that tries many logins is banned; who lately logged in from there is not", () => {
  const throttle = createLoginThrottle();
  throttle.succeeded(alice, start);
  for (let n = 0; n < 20; n++) throttle.failed({ address: alice.address, login: `guess${n}` }, start);
  expect(throttle.delayMs({ address: alice.address, login: "bob" }, start)).toBe(banMs);
  expect(throttle.delayMs({ address: "10.0.0.1", login: "bob" }, start)).toBe(0);
  expect(throttle.delayMs(alice, start)).toBe(0);
  expect(throttle.report(start).find(({ address }) => address === alice.address)?.seenWith).toEqual([
    "guess19",
    "guess18",
    "guess17",
    "guess16",
    "guess15",
  ]);
});

test("a ban is told once for each of its beginnings", () => {
  const told: unknown[] = [];
  const throttle = createLoginThrottle(
    () => defaultThrottlePolicy,
    (event) => event.kind === "banned" && told.push([event.suspect, event.untilAt - start]),
  );
  failTimes(throttle, 15);
  expect(told).toEqual([[{ login: alice.login }, banMs]]);
  failTimes(throttle, 5, alice, start + banMs);
  expect(told.slice(1)).toEqual([
    [{ login: alice.login }, 2 * banMs],
  ]);
});

test("a ban that lasts longer than its failures are remembered is still shown", () => {
  const throttle = createLoginThrottle(() => ({ ...defaultThrottlePolicy, banMs: 7 * 86_400_000 }));
  failTimes(throttle, 10);
  const later = start + 86_400_000;
  expect(throttle.report(later)).toMatchObject([{
    login: alice.login,
    failures: 0,
    bannedUntilAt: start + 7 * 86_400_000,
  }]);
});

test.each([
  ["the login", { login: "ALICE@example.net" }],
  ["the address", { address: "::ffff:192.168.1.20" }],
])("lifting %s forgets what is counted against it, and nothing else", (_, suspect) => {
  const throttle = createLoginThrottle();
  failTimes(throttle, 20);
  expect(throttle.lift(suspect)).toBe(true);
  const left = throttle.report(start);
  expect(left.map(({ address, login }) => address ?? login)).toEqual([
    "login" in suspect ? alice.address : alice.login,
  ]);
  expect(throttle.lift(suspect)).toBe(false);
  expect(throttle.lift({ login: "nobody" })).toBe(false);
});

test("new limits hold from the next failure on", () => {
  let policy = withoutBans();
  const throttle = createLoginThrottle(() => policy);
  failTimes(throttle, 12);
  expect(throttle.delayMs(alice, start)).toBe(30_000);
  policy = { ...policy, banLoginAfter: 5, banMs: 60_000 };
  throttle.failed(alice, start);
  expect(throttle.delayMs(alice, start)).toBe(60_000);
});
