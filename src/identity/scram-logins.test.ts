import { expect, test } from "vitest";
import type { Account } from "../settings.ts";
import { deriveScramKeys, formatScramKeys } from "../wire/scram.ts";
import { Secret } from "../wire/secret.ts";
import type { Directory } from "./directory.ts";
import { createScramLogins } from "./scram-logins.ts";
import { createLoginThrottle } from "./throttle.ts";

const key = new Uint8Array(32).fill(7);
const address = "192.0.2.1";
const stored = await deriveScramKeys("battery", Buffer.alloc(16, 1), 4096);
const alice = { login: "Alice", password: new Secret("correct horse") };
const bob = { login: "bob", passwordHash: new Secret("$scrypt$"), scramKeys: new Secret(formatScramKeys(stored)) };
const carol = { login: "carol", passwordHash: new Secret("$scrypt$") };
const nobody = { login: "nobody" };

function set(accounts: readonly Partial<Account>[], clock = { now: () => 1_000_000 }) {
  const directory = {
    accounts,
    account: (login: string) => accounts.find((account) => account.login!.toLowerCase() === login.toLowerCase()),
  } as unknown as Directory;
  const throttle = createLoginThrottle();
  const logins = createScramLogins({ directory: () => directory, throttle, clock, key, newNonce: () => "once" });
  const keysOf = async (login: string) => {
    const start = await logins.challenge({ login, address });
    if (!start.ok) throw new Error("slowed down");
    return start.keys;
  };
  return { ...logins, throttle, keysOf };
}

test("SCRAM is offered while every account that can log in has keys for it", () => {
  expect(set([]).offered()).toBe(true);
  expect(set([alice, bob, nobody]).offered()).toBe(true);
  expect(set([alice, bob, nobody]).without()).toEqual([]);
  expect(set([alice, bob, carol]).offered()).toBe(false);
  expect(set([alice, bob, carol]).without()).toEqual(["carol"]);
  expect(set([{ login: "a", password: new Secret("two\u0007parts") }]).offered()).toBe(false);
});

test("keys are those that were stored, or those of the password in the file", async () => {
  const logins = set([alice, bob]);
  await logins.prepare();
  expect(await logins.keysOf("BOB")).toEqual(stored);
  const derived = await logins.keysOf("alice");
  expect(await deriveScramKeys("correct horse", derived.salt, derived.iterations)).toEqual(derived);
  expect((await set([alice]).keysOf("ALICE")).salt).toEqual(derived.salt);
});

test("an unknown login has keys that stay the same and look like those of an account", async () => {
  const logins = set([alice, nobody]);
  const [known, unknown] = [await logins.keysOf("alice"), await logins.keysOf("mallory")];
  expect(await set([bob]).keysOf("Mallory")).toEqual(unknown);
  expect(unknown.iterations).toBe(known.iterations);
  for (const field of ["salt", "storedKey", "serverKey"] as const) {
    expect(unknown[field].length).toBe(known[field].length);
    expect((await logins.keysOf("mallory2"))[field]).not.toEqual(unknown[field]);
    expect((await logins.keysOf("nobody"))[field]).not.toEqual(unknown[field]);
  }
});

test("a proven login is let in, one that is not counts as a failure", () => {
  const logins = set([alice]);
  expect(logins.settle({ login: "alice", address, proven: true })).toEqual({ ok: true, account: alice });
  expect(logins.settle({ login: "alice", address, proven: false })).toEqual({ ok: false, waitMs: 0 });
  expect(logins.settle({ login: "mallory", address, proven: true })).toEqual({ ok: false, waitMs: 0 });
  expect(logins.throttle.report(1_000_000).map(({ login, failures }) => [login, failures])).toContainEqual([
    "alice",
    1,
  ]);
});

test("who guesses waits before the keys are given, and before a proof is looked at", async () => {
  const logins = set([alice]);
  for (let n = 0; n < 4; n++) logins.settle({ login: "alice", address, proven: false });
  expect(await logins.challenge({ login: "alice", address })).toEqual({ ok: false, waitMs: 1_000 });
  expect(logins.settle({ login: "alice", address, proven: true })).toEqual({ ok: false, waitMs: 1_000 });
});
