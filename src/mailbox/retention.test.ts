import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createIds } from "../store/ids.ts";
import type { Store } from "../store/store.ts";
import { systemClock } from "../wire/clock.ts";
import type { LedgerState } from "./ledger.ts";
import { EVICTION_GRACE_MS, retain, type RetentionPolicy } from "./retention.ts";
import { temporaryStore } from "./support.ts";

const DAY = 86_400_000;
const nextId = createIds(systemClock, 0);
let store: Store;
let remove: () => Promise<void>;
let now = 1_800_000_000_000;
let mailboxId: number;
let policy: RetentionPolicy;
let isFollowed: boolean;

beforeAll(async () => {
  ({ store, remove } = await temporaryStore());
});
afterAll(() => remove());

beforeEach(async () => {
  now += 1000 * DAY;
  isFollowed = false;
  mailboxId = await store.write("ensureMailbox", { id: nextId(), account: `a${now}`, source: "s" });
  policy = { keepDeletedMs: 30 * DAY, maxAgeMs: 0, maxSize: 0, maxMessages: 0, removeUnconfirmed: false };
});

async function add(state: LedgerState | null, { ageDays = 0, size = 10, deletedDays = -1, keptDays = -1 } = {}) {
  const id = nextId();
  const fetchedAt = now - ageDays * DAY;
  const message = {
    id,
    mailboxId,
    uidl: `u${id}`,
    size,
    messageId: "",
    sender: "",
    subject: "",
    fetchedAt,
    sessionId: null,
    deletedAt: deletedDays < 0 ? null : now - deletedDays * DAY,
    keepUntil: keptDays < 0 ? null : now + keptDays * DAY,
    readBySessionId: null,
  };
  const ledger = state === null
    ? null
    : { mailboxId, uidl: `s${id}`, state, mailboxMessageId: id, size, storedAt: fetchedAt, changedAt: fetchedAt };
  await store.write("storeFetched", { message, ledger, octets: new Uint8Array(size) });
  return id;
}

/** Runs retention, then once more when the grace of what was evicted is over. */
async function run(): Promise<number[]> {
  const ports = {
    store,
    clock: { now: () => now },
    sleep: () => Promise.resolve(),
    policy: () => policy,
    isFollowed: () => isFollowed,
    warn: (text: string) => expect.unreachable(text),
  };
  await retain(ports, new AbortController().signal);
  now += EVICTION_GRACE_MS;
  await retain(ports, new AbortController().signal);
  const rows = await store.read("newestMailboxMessages", { mailboxId, limit: 1000 });
  const octets = await Promise.all(rows.map(async ({ id }) => (await store.smallMessages([id]))[0]?.length ?? null));
  expect(octets).toEqual(rows.map(({ size }) => size));
  return rows.map(({ id }) => id).reverse();
}

async function ledgerStates(): Promise<string[]> {
  const text = await store.read("ledgerOf", { mailboxId });
  return text.split("\n").map((line) => line.split(" ")[0]!);
}

test("without limits everything stays", async () => {
  const ids = [await add("stored", { ageDays: 4000 }), await add(null, { ageDays: 4000 }), await add("gone")];
  expect(await run()).toEqual(ids);
});

test("what clients deleted is kept for a time, then removed; what an undo needs stays", async () => {
  await add("stored", { deletedDays: 31 });
  const kept = [await add("gone", { deletedDays: 29 }), await add("gone", { deletedDays: 31, keptDays: 1 })];
  expect(await run()).toEqual(kept);
  // Whether it is deleted on its server as well is a matter of the source.
  expect(await ledgerStates()).toContain("stored");
});

test("old mail makes room where its server has it still: the ledger says so, and that it is never deleted there", async () => {
  policy = { ...policy, maxAgeMs: 90 * DAY };
  await add("stored", { ageDays: 91 });
  const states = ["delete-sent", "delete-confirmed", "gone", "announced"] as const;
  const unconfirmed = await Promise.all(states.map((state) => add(state as LedgerState, { ageDays: 91 })));
  const kept = [...unconfirmed, await add(null, { ageDays: 91 }), await add("stored", { ageDays: 89 })];
  expect(await run()).toEqual(kept.sort((one, other) => one - other));
  expect((await ledgerStates()).sort()).toEqual(["evicted", "stored", ...states].sort());
});

test("a poll that was about to delete a message on its server keeps it here", async () => {
  policy = { ...policy, maxAgeMs: 90 * DAY };
  const id = await add("stored", { ageDays: 91 });
  const sleep = () => Promise.resolve();
  const ports = {
    store,
    clock: { now: () => now },
    sleep,
    policy: () => policy,
    isFollowed: () => false,
    warn: () => undefined,
  };
  await retain(ports, new AbortController().signal);
  await store.write("markLedger", { mailboxId, uidls: [`s${id}`], state: "delete-sent", now });
  expect(await run()).toEqual([id]);
});

test("the oldest make room beyond a number of messages, and beyond a size", async () => {
  policy = { ...policy, maxMessages: 2 };
  for (let n = 0; n < 500; n++) await add("stored");
  const newest = [await add("stored", { size: 100 }), await add("stored", { size: 50 })];
  expect(await run()).toEqual(newest);
  policy = { ...policy, maxMessages: 0, maxSize: 149 };
  expect(await run()).toEqual(newest.slice(1));
});

test("only where the settings say so, what may be the only copy makes room as well", async () => {
  policy = { ...policy, maxAgeMs: 90 * DAY, removeUnconfirmed: true };
  await add("gone", { ageDays: 91 });
  await add(null, { ageDays: 91 });
  await add("stored", { ageDays: 91 });
  const kept = await add("gone", { ageDays: 91, keptDays: 3 });
  expect(await run()).toEqual([kept]);
  expect((await ledgerStates()).sort()).toEqual(["evicted", "gone", "gone"]);
});

test("where deletions are followed on the server, a message stays until its server was told", async () => {
  isFollowed = true;
  const waiting = [await add("stored", { deletedDays: 31 }), await add("delete-sent", { deletedDays: 31 })];
  await add("gone", { deletedDays: 31 });
  expect(await run()).toEqual(waiting);
});
