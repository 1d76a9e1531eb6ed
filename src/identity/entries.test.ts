import { afterAll, beforeAll, expect, test } from "vitest";
import { type TemporaryStore, temporaryStore } from "../../tests/support/store.ts";
import { deriveScramKeys, parseScramKeys } from "../wire/scram.ts";
import { checkDevice, EntryError, hashForAccount, readEntries, writeEntry } from "./entries.ts";
import { verifyPassword } from "./passwords.ts";
import { createSecretBox } from "./secrets.ts";

const limits = { allowPublicNetworks: false };
const box = createSecretBox(new Uint8Array(32).fill(7));
let stored: TemporaryStore;
beforeAll(async () => void (stored = await temporaryStore()));
afterAll(() => stored.remove());

const put = (kind: "account" | "upstream" | "route" | "device", name: string, value: Record<string, unknown>) =>
  writeEntry(stored.store, box, kind, name, value, 1);

test("entries are read as they were written, and no secret lies in the store in the clear", async () => {
  await put("upstream", "provider", {
    name: "provider",
    host: "smtp.example.net",
    username: "me",
    password: "battery",
  });
  const source = { host: "pop.example.net", username: "alice", password: "staple" };
  await put("account", "alice", { login: "alice", password: "correct horse", source: [source] });
  await put("device", "scanner", { name: "scanner", networks: ["192.168.1.20"] });
  await put("route", "1", { via: ["provider"] });
  const rows = JSON.stringify(await stored.store.read("entries", null));
  for (const secret of ["battery", "staple", "correct horse", "SCRAM-SHA-256"]) expect(rows).not.toContain(secret);
  const { stored: found, problems } = await readEntries(stored.store, box, limits);
  expect(problems).toEqual([]);
  expect(found.upstreams[0]?.password?.reveal()).toBe("battery");
  expect(found.accounts[0]?.sources[0]?.password.reveal()).toBe("staple");
  expect(found.accounts[0]?.password).toBeUndefined();
  expect(await verifyPassword("correct horse", found.accounts[0]!.passwordHash!.reveal())).toBe(true);
  const keys = parseScramKeys(found.accounts[0]!.scramKeys!.reveal())!;
  expect(await deriveScramKeys("correct horse", keys.salt, keys.iterations)).toEqual(keys);
  expect([found.devices.length, found.routes.length]).toEqual([1, 1]);
});

test("an account whose SCRAM keys another key has sealed still logs in by its hash", async () => {
  const other = createSecretBox(new Uint8Array(32).fill(9));
  await writeEntry(stored.store, other, "account", "bob", { login: "bob", password: "battery" }, 1);
  const bob = (await readEntries(stored.store, box, limits)).stored.accounts.find(({ login }) => login === "bob");
  expect(await verifyPassword("battery", bob!.passwordHash!.reveal())).toBe(true);
  expect(bob!.scramKeys).toBeUndefined();
  await stored.store.write("removeEntry", { kind: "account", name: "bob" });
});

test("a password that SCRAM cannot use has a hash alone", async () => {
  expect(Object.keys(await hashForAccount("two\u200eparts"))).toEqual(["password_hash"]);
});

test("an entry that is wrong is refused with what was expected, and not written", async () => {
  const error = await put("upstream", "bad", { name: "bad", host: "not a host", port: 99_999 }).catch((e: unknown) =>
    e
  );
  expect(error).toBeInstanceOf(EntryError);
  expect(String(error)).toMatch(/host.*expected.*\n.*port.*expected/s);
  expect((await stored.store.read("entries", null)).some((row) => row.name === "bad")).toBe(false);
});

test("an entry that cannot be read any more is left out and told of; the others serve", async () => {
  const write = (kind: "upstream", name: string, value: string) =>
    stored.store.write("putEntry", { kind, name, value, changedAt: 1 });
  await write("upstream", "torn", "{");
  await write("upstream", "older", JSON.stringify({ name: "older" }));
  const other = createSecretBox(new Uint8Array(32).fill(8));
  await writeEntry(stored.store, other, "upstream", "foreign", {
    name: "foreign",
    host: "x.example",
    username: "me",
    password: "battery",
  }, 1);
  const { stored: found, problems } = await readEntries(stored.store, box, limits);
  expect(problems.map((problem) => problem.split(":")[0]).sort()).toEqual([
    "upstream foreign",
    "upstream older",
    "upstream torn",
  ]);
  expect(problems.join()).not.toContain("battery");
  expect(found.upstreams.map((upstream) => upstream.name)).toEqual(["provider"]);
});

test("a device of the internet is left out unless the settings allow public networks as well", async () => {
  const value = { name: "anybody", networks: ["192.168.1.0/24", "8.8.8.0/24"] };
  await put("device", "anybody", value);
  const names = async (allowPublicNetworks: boolean) => {
    const { stored: found, problems } = await readEntries(stored.store, box, { allowPublicNetworks });
    return { found: found.devices.some(({ name }) => name === "anybody"), problems: problems.join() };
  };
  const refused = await names(false);
  expect(refused.found).toBe(false);
  expect(refused.problems).toContain('device anybody: device.networks: "8.8.8.0/24" — expected');
  expect(refused.problems).toContain("smtp.allow_public_networks");
  expect((await names(true)).found).toBe(true);
  expect(() => checkDevice(value, { allowPublicNetworks: false })).toThrow(EntryError);
  checkDevice(value, { allowPublicNetworks: true });
});
