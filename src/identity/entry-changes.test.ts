import { afterEach, beforeEach, expect, test } from "vitest";
import { type TestDirectory, testDirectory } from "../../tests/browser/directory.ts";
import { directoryOf } from "../../tests/support/relay.ts";
import { type TemporaryStore, temporaryStore } from "../../tests/support/store.ts";
import type { AuditDetail } from "./audit.ts";
import { referencesTo } from "./entry-references.ts";
import { verifyPassword } from "./passwords.ts";

let stored: TemporaryStore;
let configured: TestDirectory;
let time = 1_000;
beforeEach(async () => {
  stored = await temporaryStore();
  configured = testDirectory(stored.store, directoryOf({ upstreams: [{ name: "provider" }] }), () => ++time);
});
afterEach(() => stored.remove());

const ada = { login: "ada@example.net", password: "correct horse", upstream: "provider" };
const addAda = () => configured.entries.add({ kind: "account", name: ada.login, value: ada }, "anna");

async function log() {
  const rows = await stored.store.read("auditLog", { limit: 10 });
  return rows.map(({ actor, kind, name, action, detail }) => ({
    ...{ actor, kind, name, action },
    changes: (JSON.parse(detail) as AuditDetail).changes,
  }));
}

test("an entry is in use at once, and the log says who added it, without its secrets", async () => {
  await addAda();
  expect(configured.directory().account("ADA@example.net")?.upstream).toBe("provider");
  expect(await log()).toEqual([{
    actor: "anna",
    kind: "account",
    name: "ada@example.net",
    action: "added",
    changes: [{ key: "upstream", from: null, to: "provider" }, { key: "password", secret: true }],
  }]);
  expect(JSON.stringify(await stored.sql("select * from audit"))).not.toContain("scrypt");
});

test("a change keeps the secrets that it leaves, and tells of others only that they are new", async () => {
  const source = { host: "pop.example.net", username: "ada", password: "staple", interval: "5m" };
  await configured.entries.add({ kind: "account", name: ada.login, value: { ...ada, source } }, "anna");
  const [before] = await configured.entries.list("account");
  const rewrite = (value: Record<string, unknown>) => ({
    ...value,
    upstream: undefined,
    password: "battery",
    source: { ...value["source"] as object, interval: "1h" },
  });
  await configured.entries.change({ kind: "account", name: "ADA@example.net", rewrite }, "bernd");
  const account = configured.directory().account(ada.login)!;
  expect(account.sources[0]!.password.reveal()).toBe("staple");
  expect(await verifyPassword("battery", account.passwordHash!.reveal())).toBe(true);
  expect((await log())[0]).toMatchObject({
    actor: "bernd",
    action: "changed",
    changes: [
      { key: "upstream", from: "provider", to: null },
      { key: "source[pop.example.net].interval", from: "5m", to: "1h" },
      { key: "password", secret: true },
    ],
  });
  await expect(
    configured.entries.change({ kind: "account", name: ada.login, seenAt: before!.changedAt, rewrite }, "anna"),
  ).rejects.toMatchObject({ reason: "changed" });
});

test("what changes nothing is not written", async () => {
  await addAda();
  await configured.entries.change({ kind: "account", name: ada.login, rewrite: (value) => ({ ...value }) }, "anna");
  expect(await log()).toHaveLength(1);
});

test.each(
  [
    [{ kind: "device", name: "scanner", value: { name: "scanner", networks: ["8.8.8.8"] } }, "device.networks"],
    [{ kind: "device", name: "a", value: { name: "a", networks: ["10.0.0.1"], upstream: "no" } }, "device.upstream"],
    [{ kind: "account", name: "x", value: { login: "x", addresses: ["a@b", "@"] } }, "account.addresses[1]"],
    [{ kind: "device", name: "..", value: { name: "..", networks: ["10.0.0.1"] } }, "device.name"],
    [{ kind: "account", name: "a\ud800", value: { login: "a\ud800" } }, "account.login"],
    [{ kind: "route", value: { via: ["provider", "gone"], account: "nobody" } }, "route.via[1]"],
  ] as const,
)("%j is refused with its key, and nothing is written", async (addition, key) => {
  await expect(configured.entries.add(addition, "anna")).rejects.toMatchObject({
    errors: expect.arrayContaining([expect.objectContaining({ key })]),
  });
  expect(await stored.sql("select * from entry")).toEqual([]);
  expect(await log()).toEqual([]);
});

test("a name is taken once, in upper or lower case, and the file's is not ours to change", async () => {
  await addAda();
  const again = { kind: "account", name: "Ada@Example.net", value: { ...ada, login: "Ada@Example.net" } } as const;
  await expect(configured.entries.add(again, "anna")).rejects.toMatchObject({ reason: "exists" });
  const provider = { kind: "upstream", name: "Provider" } as const;
  await expect(configured.entries.remove(provider, "anna")).rejects.toMatchObject({ reason: "file" });
  await expect(configured.entries.remove({ kind: "device", name: "none" }, "anna")).rejects.toMatchObject({
    reason: "missing",
  });
});

test("two who add the same at the same moment get one entry, and one of them is told", async () => {
  const both = await Promise.allSettled([addAda(), addAda()]);
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(await log()).toHaveLength(1);
});

test("an upstream that is added comes behind those that are there, whatever its name", async () => {
  for (const name of ["spare", "another"]) {
    await configured.entries.add({ kind: "upstream", name, value: { name, host: `${name}.example` } }, "anna");
  }
  expect(configured.directory().upstreams.map(({ name }) => name)).toEqual(["provider", "spare", "another"]);
});

test("routes are tried in the order in which they were put", async () => {
  const add = (sender: string) =>
    configured.entries.add({ kind: "route", value: { sender, via: ["provider"] } }, "anna");
  const names = [await add("a@x.net"), await add("b@x.net"), await add("c@x.net")];
  await configured.entries.moveRoute(names[2]!, "up", "bernd");
  await configured.entries.moveRoute(names[0]!, "up", "bernd");
  expect(configured.directory().routes.map(({ sender }) => sender)).toEqual(["a@x.net", "c@x.net", "b@x.net"]);
  await add("d@x.net");
  expect(configured.directory().routes.map(({ sender }) => sender)).toEqual([
    "a@x.net",
    "c@x.net",
    "b@x.net",
    "d@x.net",
  ]);
  expect((await log())[1]).toMatchObject({
    actor: "bernd",
    name: "from c@x.net → provider",
    action: "moved",
    changes: [{ key: "position", from: 3, to: 2 }],
  });
});

test("a removal says what the entry was, and what names it is found", async () => {
  await addAda();
  await configured.entries.add({ kind: "route", value: { account: ada.login, via: ["provider"] } }, "anna");
  expect(referencesTo(configured.directory(), "upstream", "provider")).toEqual([
    { kind: "route", name: "1" },
    { kind: "account", name: "ada@example.net" },
  ]);
  expect(referencesTo(configured.directory(), "account", "ADA@example.net")).toEqual([{ kind: "route", name: "1" }]);
  await configured.entries.remove({ kind: "account", name: ada.login }, "anna");
  expect(configured.directory().accounts).toEqual([]);
  expect((await log())[0]).toMatchObject({
    action: "removed",
    changes: [{ key: "upstream", from: "provider", to: null }, { key: "password", secret: true }],
  });
});

test("clients that a new device holds wait no more", async () => {
  const row = { isPrivate: true, helo: "x", sender: "", recipient: null, attempts: 1, firstAt: 1, lastAt: 1 };
  const rows = ["10.0.0.7", "10.0.1.7"].map((address) => ({ ...row, address, dismissedAt: null }));
  await stored.store.write("noteRefusedClients", { rows, keep: 10 });
  const value = { name: "scanner", networks: ["10.0.0.0/24"] };
  await configured.entries.add({ kind: "device", name: "scanner", value }, "anna");
  expect((await stored.store.read("refusedClients", null)).map(({ address }) => address)).toEqual(["10.0.1.7"]);
});

test("who signed in with an account's password is signed out when it changes, and everybody of it when the account goes", async () => {
  const { store } = stored;
  await addAda();
  const person = { role: "person", account: "Ada@example.net", createdAt: 0 } as const;
  await store.write("addUser", { ...person, name: "ada", passwordHash: "", byAccountPassword: true });
  await store.write("addUser", { ...person, name: "own", passwordHash: "x" });
  await store.write("addUser", { ...person, name: "bob", passwordHash: "", account: "bob", byAccountPassword: true });
  const signIn = (userName: string) =>
    store.write("putWebSession", { tokenHash: userName, userName, createdAt: 0, expiresAt: 9_999, lastSeenAt: 0 });
  const signedIn = async () => (await store.read("browsers", { now: 1 })).map((row) => row.userName).sort();
  const change = (more: Record<string, unknown>, seenAt?: number) => {
    const rewrite = (value: Record<string, unknown>) => ({ ...value, ...more });
    return configured.entries.change({ kind: "account", name: ada.login, rewrite, seenAt }, "anna");
  };
  await Promise.all(["ada", "own", "bob"].map(signIn));
  await change({ upstream: undefined });
  expect(await signedIn()).toEqual(["ada", "bob", "own"]);
  await expect(change({ password: "battery" }, 1)).rejects.toThrow("changed by somebody else");
  expect(await signedIn()).toEqual(["ada", "bob", "own"]);
  await change({ password: "battery" });
  expect(await signedIn()).toEqual(["bob", "own"]);
  await configured.entries.remove({ kind: "account", name: ada.login }, "anna");
  expect(await signedIn()).toEqual(["bob"]);
});
