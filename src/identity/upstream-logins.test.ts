import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { noRecorder, SessionLog, type SessionRecord } from "../dialogue/session.ts";
import { ConnectionError } from "../net/errors.ts";
import { pipe } from "../net/pipe.ts";
import { negative, type Pop3Reply } from "../pop3/reply.ts";
import { type MemoryMailbox, memoryMailboxes } from "../pop3/server/memory.ts";
import type { Mailboxes } from "../pop3/server/ports.ts";
import { servePop3 } from "../pop3/server/session.ts";
import type { UpstreamLogin } from "../settings.ts";
import { createIds } from "../store/ids.ts";
import { openStore, type Store } from "../store/store.ts";
import { systemClock } from "../wire/clock.ts";
import { Secret } from "../wire/secret.ts";
import { createAuthenticator } from "./authenticator.ts";
import { createDirectory, type Directory } from "./directory.ts";
import { readEntries, writeEntry } from "./entries.ts";
import { createPasswordChecker } from "./passwords.ts";
import { createSecretBox } from "./secrets.ts";
import { createLoginThrottle } from "./throttle.ts";
import { createUpstreamLogins } from "./upstream-logins.ts";

const box = createSecretBox(new Uint8Array(32));
const folder = mkdtempSync(join(tmpdir(), "waypost-upstream-logins-"));
let store: Store;
let directory: Directory;
let now = 1_800_000_000_000;
let records: SessionRecord[];
let password: string;
let lineIsUp: boolean;
let answer: Pop3Reply | null;
let asked: number;

beforeAll(async () => {
  store = await openStore({ url: pathToFileURL(join(folder, "waypost.db")).href });
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const { kind, name } of await store.read("entries", null)) await store.write("removeEntry", { kind, name });
  await readAgain();
  now += 86_400_000;
  [records, password, lineIsUp, answer, asked] = [[], "secret", true, null, 0];
});

async function readAgain(): Promise<void> {
  directory = createDirectory(
    { accounts: [], upstreams: [], routes: [], devices: [] } as unknown as Parameters<typeof createDirectory>[0],
    (await readEntries(store, box)).stored,
  );
}

const rule: UpstreamLogin = {
  domain: "example.net",
  provider: undefined,
  host: "pop.example.net",
  tls: "off",
  port: 110,
  ca: undefined,
  verify: true,
  username: "address",
};

function logins(rules: readonly UpstreamLogin[] = [rule]) {
  const clock = { now: () => now };
  const upstream = createUpstreamLogins({
    rules: () => rules,
    directory: () => directory,
    store,
    box,
    clock,
    nextId: createIds(systemClock, 0),
    recorder: { opened: () => undefined, ended: (record) => void records.push(record) },
    adopted: readAgain,
    connect: () => lineIsUp ? Promise.resolve(connectTo()) : Promise.reject(new ConnectionError("the line is down")),
  });
  const passwords = createPasswordChecker();
  const throttle = createLoginThrottle();
  const authenticator = createAuthenticator({ directory: () => directory, passwords, throttle, clock, upstream });
  return (login: string, word: string, mayCreate = true) =>
    authenticator.login({ login, password: new Secret(word), address: "192.0.2.1", mayCreate });
}

/** The upstream: knows alice by her address, and by her local part. */
function connectTo() {
  asked++;
  const [client, server] = pipe();
  const mailbox: MemoryMailbox = { password, messages: [] };
  const inner = memoryMailboxes(new Map([["Alice@Example.net", mailbox], ["alice", mailbox]]));
  const mailboxes: Mailboxes = {
    authenticate: (attempt) => answer ? Promise.resolve({ reply: answer }) : inner.authenticate(attempt),
  };
  const log = new SessionLog({ id: 1, hop: "pop3-server", peer: server.peer, localPort: 110 }, noRecorder, systemClock);
  const policy = { tls: { mode: "off" }, loginWithoutTls: true, tlsTimeoutMs: 1_000 } as const;
  void servePop3({ connection: server, log, mailboxes, policy, signal: new AbortController().signal });
  return client;
}

test("the first login is checked upstream and makes an account with its source; later ones need no line", async () => {
  const login = logins();
  const first = await login("Alice@Example.net", "secret");
  expect(first).toMatchObject({ ok: true, isNew: true, account: { login: "alice@example.net" } });
  const [source] = first.ok ? first.account.sources : [];
  expect(source).toMatchObject({ host: "pop.example.net", username: "Alice@Example.net", mode: "keep" });
  expect(source!.password.reveal()).toBe("secret");
  const [row] = await store.read("entries", null);
  expect([row!.madeBy, row!.value.includes('"secret"')]).toEqual(["upstream-login", false]);
  expect(records).toMatchObject([{ hop: "pop3-client", outcome: "completed", account: "Alice@Example.net" }]);
  expect(JSON.stringify(records)).not.toContain('secret"');
  lineIsUp = false;
  expect(await login("alice@example.net", "secret")).toMatchObject({ ok: true, isNew: false });
  expect(asked).toBe(1);
});

test("a password that has changed is checked upstream once more, and remembered", async () => {
  const login = logins();
  await login("Alice@Example.net", "secret");
  password = "another";
  expect(await login("Alice@Example.net", "another", false)).toMatchObject({ ok: true, isNew: false });
  lineIsUp = false;
  const again = await login("alice@example.net", "another");
  expect(again).toMatchObject({ ok: true });
  expect(again.ok && again.account.sources[0]!.password.reveal()).toBe("another");
  expect(await login("alice@example.net", "secret")).toMatchObject({ ok: false });
  expect((await store.read("entries", null)).map(({ madeBy }) => madeBy)).toEqual(["upstream-login"]);
});

test("what the upstream has refused is refused for a while without asking, and counts against who tries", async () => {
  const login = logins();
  expect(await login("Alice@Example.net", "guess")).toEqual({ ok: false, waitMs: 0 });
  expect(await login("Alice@Example.net", "guess")).toEqual({ ok: false, waitMs: 0 });
  expect([asked, await store.read("entries", null)]).toEqual([1, []]);
  for (let n = 0; n < 4; n++) await login("Alice@Example.net", `guess${n}`);
  expect(await login("Alice@Example.net", "secret")).toMatchObject({ ok: false, waitMs: expect.any(Number) });
  now += 86_400_000;
  expect(await login("Alice@Example.net", "secret")).toMatchObject({ ok: true });
});

test("with the line down, or an upstream that will not say, nobody is told that the password is wrong", async () => {
  const login = logins();
  lineIsUp = false;
  expect(await login("alice@example.net", "secret")).toMatchObject({ ok: false, unavailable: "the line is down" });
  lineIsUp = true;
  for (const code of ["SYS/TEMP", "LOGIN-DELAY"]) {
    answer = negative("not now", code);
    expect(await login("alice@example.net", "secret")).toMatchObject({ ok: false, unavailable: /not now/ });
  }
  expect(await store.read("entries", null)).toEqual([]);
});

test("[IN-USE] is said to those alone whose password is right", async () => {
  answer = negative("locked", "IN-USE");
  expect(await logins()("alice@example.net", "secret")).toMatchObject({ ok: true, isNew: true });
});

test("other domains, logins that are no addresses, and SMTP's first logins are not asked about", async () => {
  const login = logins();
  for (const name of ["alice@example.org", "alice", "@example.net"]) {
    expect(await login(name, "secret")).toEqual({ ok: false, waitMs: 0 });
  }
  expect(await login("Alice@Example.net", "secret", false)).toEqual({ ok: false, waitMs: 0 });
  expect(await logins([])("Alice@Example.net", "secret")).toEqual({ ok: false, waitMs: 0 });
  expect(asked).toBe(0);
});

test("an account that its owner has made keeps its own password", async () => {
  await writeEntry(store, box, "account", "alice@example.net", { login: "alice@example.net", password: "own" }, now);
  await readAgain();
  const login = logins();
  expect(await login("Alice@Example.net", "secret")).toEqual({ ok: false, waitMs: 0 });
  expect(await login("Alice@Example.net", "own")).toMatchObject({ ok: true });
  expect(asked).toBe(0);
});

test("the login there may be the local part; many logins at once ask once", async () => {
  const login = logins([{ ...rule, username: "local-part" }]);
  const outcomes = await Promise.all(Array.from({ length: 3 }, () => login("alice@example.net", "secret")));
  expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, true]);
  expect(asked).toBe(1);
});
