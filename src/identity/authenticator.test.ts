import { expect, test } from "vitest";
import type { Account } from "../settings.ts";
import { Secret } from "../wire/secret.ts";
import { createAuthenticator } from "./authenticator.ts";
import type { Directory } from "./directory.ts";
import { createPasswordChecker, hashPassword, type PasswordChecker } from "./passwords.ts";
import { createLoginThrottle, type LoginThrottle } from "./throttle.ts";

const accounts: Partial<Account>[] = [
  { login: "alice", password: new Secret("correct horse") },
  { login: "bob", passwordHash: new Secret(await hashPassword("battery")) },
  { login: "nobody" },
  { login: "empty", password: new Secret("") },
];

const directory = {
  account: (login: string) => accounts.find((account) => account.login === login.toLowerCase()),
} as unknown as Directory;

function set({ delayMs = 0, real }: { delayMs?: number; real?: LoginThrottle } = {}) {
  const calls: string[] = [];
  const throttle: LoginThrottle = real ?? {
    delayMs: () => delayMs,
    failed: ({ login, address }) => void calls.push(`failed ${login} ${address}`),
    succeeded: ({ login, address }) => void calls.push(`succeeded ${login} ${address}`),
    report: () => [],
    lift: () => false,
  };
  const checker = createPasswordChecker();
  const checked: string[] = [];
  const passwords: PasswordChecker = {
    check(password, hash) {
      checked.push(password);
      return checker.check(password, hash);
    },
  };
  const authenticator = createAuthenticator({
    directory: () => directory,
    passwords,
    throttle,
    clock: { now: () => 0 },
  });
  const login = (name: string, password: string) =>
    authenticator.login({ login: name, password: new Secret(password), address: "192.0.2.1" });
  return { login, calls, checked };
}

test.each([
  ["alice", "correct horse", true],
  ["ALICE", "correct horse", true],
  ["alice", "correct hors", false],
  ["alice", "", false],
  ["bob", "battery", true],
  ["bob", "Battery", false],
  ["nobody", "", false],
  ["nobody", "anything", false],
  ["stranger", "anything", false],
])("login %s with %j: %s", async (name, password, ok) => {
  const { login, calls } = set();
  const result = await login(name, password);
  expect(result.ok).toBe(ok);
  if (!result.ok) expect(result).toEqual({ ok: false, waitMs: 0 });
  expect(calls).toEqual([`${ok ? "succeeded" : "failed"} ${name.toLowerCase()} 192.0.2.1`]);
});

test.each(["alice", "empty", "bob", "nobody", "stranger"])(
  "a wrong password of %s costs one hash: time tells nobody which logins there are",
  async (name) => {
    const { login, checked } = set();
    await login(name, "wrong");
    expect(checked).toHaveLength(1);
  },
);

test("who has to wait is not checked at all, the right password neither", async () => {
  const { login, calls } = set({ delayMs: 5000 });
  expect(await login("alice", "correct horse")).toEqual({ ok: false, waitMs: 5000 });
  expect(calls).toEqual([]);
});

test("guesses that come all at once are told no more than those that come one by one", async () => {
  const { login } = set({ real: createLoginThrottle() });
  const guesses = ["1", "2", "3", "4", "5", "6", "battery", "7"];
  const results = await Promise.all(guesses.map((guess) => login("bob", guess)));
  expect(results.slice(0, 4)).toEqual(Array(4).fill({ ok: false, waitMs: 0 }));
  expect(results.slice(4).every((result) => !result.ok && result.waitMs > 0)).toBe(true);
});

test("a password may come in another spelling of Unicode than it was set in", async () => {
  accounts.push({ login: "käthe", passwordHash: new Secret(await hashPassword("sch\u00f6n")) });
  const { login } = set();
  expect(await login("käthe", "scho\u0308n")).toMatchObject({ ok: true });
  expect(await login("käthe", "sch\u00f6n")).toMatchObject({ ok: true });
  expect(await login("käthe", "schon")).toMatchObject({ ok: false });
});
