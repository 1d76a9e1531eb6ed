import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createClient } from "@libsql/client";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type TemporaryStore, temporaryStore } from "../../tests/support/store.ts";
import { CHUNK_OCTETS } from "./chunks.ts";
import { StoreError } from "./errors.ts";
import type { Envelope, QueueAction, RecipientChange } from "./operations/queue.ts";
import { Spooler } from "./spooler.ts";
import { openStore } from "./store.ts";

let stored: TemporaryStore;
beforeAll(async () => void (stored = await temporaryStore()));
afterAll(() => stored.remove());
afterEach(async () => {
  for (const table of ["chunk", "message", "recipient", "delivery", "mailbox_message"]) {
    await beside(`delete from ${table}`);
  }
});

const NOW = 1_000_000;

/** An envelope with so many recipients, all waiting. */
function envelope(id: number, recipients = 1, changes: Partial<Envelope["recipients"][number]> = {}): Envelope {
  return {
    message: {
      id,
      origin: "relay",
      sender: "a@example.net",
      size: 3,
      body: "7bit",
      messageId: `${id}@example.net`,
      subject: "one",
      receivedAt: NOW,
      sessionId: null,
      account: null,
      clientAddress: "192.0.2.1",
      doneAt: null,
    },
    recipients: Array.from({ length: recipients }, (_, position) => ({
      messageId: id,
      position,
      address: `b${position}@example.org`,
      state: "waiting" as const,
      attempts: 0,
      nextAttemptAt: NOW,
      leaseOwner: null,
      upstream: null,
      lastReply: null,
      changedAt: NOW,
      ...changes,
    })),
  };
}

const small = () => Buffer.from("abc");
const accept = (id: number, recipients = 1, changes: Partial<Envelope["recipients"][number]> = {}) =>
  stored.store.write("acceptMessage", { ...envelope(id, recipients, changes), octets: small() });
const history = async (id: number) => (await stored.store.read("messageHistory", { id }))!;

function change(messageId: number, state: RecipientChange["state"], position = 0): RecipientChange {
  return { messageId, position, state, nextAttemptAt: NOW + 5, upstream: "first", lastReply: "x", changedAt: NOW + 1 };
}
const settle = (...changes: RecipientChange[]) =>
  stored.store.write("settle", { delivery: null, changes, bounce: null, octets: null });

/** Runs SQL beside the store. */
async function beside(sql: string): Promise<Record<string, unknown>[]> {
  const client = createClient({ url: stored.url, timeout: 5000 });
  try {
    return (await client.execute(sql)).rows.map((row) => ({ ...row }));
  } finally {
    client.close();
  }
}

async function read(id: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stored.store.octets(id)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/* Opening. */

test("a database is brought to this version's schema once, and opens again as it was", async () => {
  await accept(1);
  const tables = await beside("select sql from sqlite_master order by name");
  await stored.reopen();
  await stored.reopen();
  expect(await beside("select sql from sqlite_master order by name")).toEqual(tables);
  expect((await history(1)).message.id).toBe(1);
});

test("two that open a new database at once both get it", async () => {
  const url = new URL("second.db", stored.url).href;
  const stores = await Promise.all([openStore({ url }), openStore({ url })]);
  expect(await Promise.all(stores.map((store) => store.read("nextDueAt", null)))).toEqual([null, null]);
  await Promise.all(stores.map((store) => store.close()));
});

test("a database of a newer version is refused and not touched", async () => {
  await accept(1);
  await stored.store.close();
  await beside("insert into __drizzle_migrations (hash, created_at) values ('newer', 99999999999999)");
  await beside("pragma wal_checkpoint(truncate)");
  const digest = () => createHash("sha256").update(readFileSync(fileURLToPath(stored.url))).digest("hex");
  const before = digest();
  const error = await openStore({ url: stored.url }).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code: "STORE_NEWER", message: expect.stringContaining("newer version") });
  expect(digest()).toBe(before);
  await beside("delete from __drizzle_migrations where hash = 'newer'");
  await stored.reopen();
});

test("what is no database is an error, not a crash", async () => {
  const url = new URL("./store.test.ts", import.meta.url).href;
  await expect(openStore({ url })).rejects.toThrow(StoreError);
  expect(readFileSync(fileURLToPath(url), "utf8").startsWith("import")).toBe(true);
});

test("a closed store refuses, and closes again", async () => {
  const { store } = stored;
  await store.close();
  await expect(store.write("discardSpool", { spoolId: 1 })).rejects.toMatchObject({ code: "STORE_CLOSED" });
  await expect(store.read("queueTotals", null)).rejects.toMatchObject({ code: "STORE_CLOSED" });
  await store.close();
  await stored.reopen();
});

test("what was written before the store closes is there afterwards", async () => {
  const writes = Array.from({ length: 600 }, (_, index) => accept(index + 1));
  const closing = stored.store.close();
  await Promise.all([...writes, closing]);
  await stored.reopen();
  expect((await stored.store.read("queueTotals", null)).messages).toBe(600);
});

/* Groups. */

test("one bad write of a group fails alone", async () => {
  await accept(5);
  const results = await Promise.allSettled([accept(1), accept(5), accept(2), accept(3, 0), accept(4)]);
  const rejected = results.flatMap((result, index) => result.status === "rejected" ? [index] : []);
  // Number 5 is there already; a message without a recipient is none of ours to judge.
  expect(rejected).toEqual([1]);
  expect((results[1] as PromiseRejectedResult).reason).toMatchObject({
    code: expect.stringMatching(/^SQLITE_CONSTRAINT/),
  });
  expect((await stored.store.read("queueTotals", null)).messages).toBe(5);
});

test("each write of a group gets its own result", async () => {
  await Promise.all([accept(1, 2), accept(2, 1), accept(3, 3)]);
  const claim = (messageId: number, positions: number[]) =>
    stored.store.write("claim", { messageId, positions, owner: "me", now: NOW, until: NOW + 10 });
  expect(await Promise.all([claim(1, [1]), claim(2, [0, 9]), claim(3, [0, 2]), claim(4, [0]), claim(1, [0, 1])]))
    .toEqual([[1], [0], [0, 2], [], [0]]);
  const attempts = (await history(3)).recipients.map(({ attempts, leaseOwner }) => [attempts, leaseOwner]);
  expect(attempts).toEqual([[1, "me"], [0, null], [1, "me"]]);
});

/* Octets. */

test.each([0, 1, CHUNK_OCTETS - 1, CHUNK_OCTETS, CHUNK_OCTETS + 1, 3 * CHUNK_OCTETS, 5 * CHUNK_OCTETS + 7])(
  "a message of %i octets is read as it was written",
  async (size) => {
    const octets = Buffer.alloc(size, "0123456789abcdef\r\n");
    const spooler = new Spooler(stored.store, 1);
    for (let from = 0; from < size; from += 10_007) await spooler.write(octets.subarray(from, from + 10_007));
    const whole = await spooler.finish();
    expect(whole === null).toBe(size >= CHUNK_OCTETS);
    await stored.store.write("acceptMessage", { ...envelope(1), octets: whole });
    const found = await read(1);
    expect([found.length, found.equals(octets), spooler.size]).toEqual([size, true, size]);
  },
);

test("many messages are read at once, and a reader that leaves early harms nobody", async () => {
  for (let id = 1; id <= 30; id++) {
    for (let position = 0; position < 3; position++) {
      const octets = Buffer.alloc(CHUNK_OCTETS, id);
      await stored.store.write("appendChunk", { spoolId: id, position, octets });
    }
  }
  for await (const chunk of stored.store.octets(1)) if (chunk.length > 0) break;
  const all = await Promise.all(Array.from({ length: 30 }, (_, index) => read(index + 1)));
  all.forEach((octets, index) => {
    expect(octets.length).toBe(3 * CHUNK_OCTETS);
    expect(octets.every((octet) => octet === index + 1)).toBe(true);
  });
});

test("a blob of more than two megabytes is refused before it is sent anywhere", async () => {
  const octets = new Uint8Array(2 * 1024 * 1024 + 1);
  await expect(stored.store.write("appendChunk", { spoolId: 1, position: 0, octets })).rejects.toMatchObject({
    code: "STORE_TOO_LARGE",
    message: expect.stringContaining("use chunks"),
  });
  await stored.store.write("appendChunk", { spoolId: 1, position: 0, octets: octets.subarray(0, CHUNK_OCTETS) });
});

test("a spool that is given up is empty, and one whose store fails says so", async () => {
  const spooler = new Spooler(stored.store, 1);
  await spooler.write(new Uint8Array(3 * CHUNK_OCTETS));
  await spooler.abort();
  expect((await read(1)).length).toBe(0);
  await stored.store.write("appendChunk", { spoolId: 2, position: 1, octets: small() });
  const second = new Spooler(stored.store, 2);
  await second.write(new Uint8Array(3 * CHUNK_OCTETS));
  await expect(second.finish()).rejects.toMatchObject({ code: expect.stringMatching(/^SQLITE_CONSTRAINT/) });
});

test("a start removes the chunks that no message owns, and no others", async () => {
  const chunk = (spoolId: number) => stored.store.write("appendChunk", { spoolId, position: 0, octets: small() });
  await accept(1);
  await Promise.all([chunk(2), chunk(3), chunk(50)]);
  await stored.store.write("storeFetched", {
    message: {
      id: 3,
      mailboxId: 1,
      uidl: "u",
      size: 3,
      messageId: "",
      sender: "",
      subject: "",
      fetchedAt: NOW,
      sessionId: null,
      deletedAt: null,
      readBySessionId: null,
    },
    ledger: null,
    octets: null,
  });
  await stored.store.write("sweepSpool", { before: 50 });
  expect(await beside("select spool_id from chunk order by spool_id")).toEqual([
    { spool_id: 1 },
    { spool_id: 3 },
    { spool_id: 50 },
  ]);
});

/* The queue. */

const states = ["waiting", "held", "delivered", "bounced", "removed"] as const;
/** What each action makes of each state. */
const actions: Readonly<Record<QueueAction, readonly (typeof states)[number][]>> = {
  retry: ["waiting", "held", "delivered", "bounced", "removed"],
  hold: ["held", "held", "delivered", "bounced", "removed"],
  release: ["waiting", "waiting", "delivered", "bounced", "removed"],
  remove: ["removed", "removed", "delivered", "bounced", "removed"],
};

test.each(Object.entries(actions) as [QueueAction, readonly string[]][])(
  "%s makes of the states what it should, and says how many it changed",
  async (action, after) => {
    for (const [index, state] of states.entries()) await accept(index + 1, 1, { state, nextAttemptAt: NOW + 500 });
    const changed = await Promise.all(
      states.map((_, index) => stored.store.write("actOnQueue", { messageId: index + 1, action, now: NOW + 9 })),
    );
    const rows = await Promise.all(states.map((_, index) => history(index + 1)));
    expect(rows.map(({ recipients }) => recipients[0]!.state)).toEqual(after);
    const affected = rows.map(({ recipients }) => recipients[0]!.changedAt === NOW + 9 ? 1 : 0);
    expect(changed).toEqual(affected);
    expect(changed.reduce((sum, count) => sum + count)).toBe({ retry: 1, hold: 1, release: 1, remove: 2 }[action]);
    // Whoever has nobody waiting is done, and leaves the spool.
    for (const [index, state] of after.entries()) {
      if (affected[index] === 1) expect(rows[index]!.message.doneAt !== null).toBe(state === "removed");
      if (state === "removed" && affected[index] === 1) expect((await read(index + 1)).length).toBe(0);
    }
  },
);

test("what is being tried is not tried a second time on demand", async () => {
  await accept(1);
  await stored.store.write("claim", { messageId: 1, positions: [0], owner: "me", now: NOW, until: NOW + 100 });
  expect(await stored.store.write("actOnQueue", { messageId: 1, action: "retry", now: NOW })).toBe(0);
  expect((await history(1)).recipients[0]!.nextAttemptAt).toBe(NOW + 100);
});

test.each(
  [
    ["hold", "waiting", "held"],
    ["hold", "delivered", "delivered"],
    ["hold", "bounced", "bounced"],
    ["remove", "waiting", "removed"],
    ["remove", "delivered", "delivered"],
  ] as const,
)("%s during an attempt that ends as %s leaves the recipient %s", async (action, end, expected) => {
  await accept(1, 2);
  await stored.store.write("claim", { messageId: 1, positions: [0], owner: "me", now: NOW, until: NOW + 100 });
  await stored.store.write("actOnQueue", { messageId: 1, action, now: NOW });
  await settle(change(1, end));
  expect((await history(1)).recipients[0]).toMatchObject({ state: expected, leaseOwner: null });
});

test("a message is done when its last recipient is, and keeps its octets until then", async () => {
  await accept(1, 2);
  await settle(change(1, "delivered", 0));
  expect((await history(1)).message.doneAt).toBeNull();
  expect((await read(1)).length).toBe(3);
  await settle(change(1, "bounced", 1));
  expect((await history(1)).message.doneAt).toBe(NOW + 1);
  expect((await read(1)).length).toBe(0);
});

test("a settlement and its bounce are one: both or none", async () => {
  await Promise.all([accept(1), accept(2)]);
  const bounce = { delivery: null, changes: [change(1, "bounced")], bounce: envelope(2), octets: small() };
  await expect(stored.store.write("settle", bounce)).rejects.toThrow(StoreError);
  expect((await history(1)).recipients[0]!.state).toBe("waiting");
  await stored.store.write("settle", { ...bounce, bounce: envelope(3) });
  expect((await history(1)).recipients[0]!.state).toBe("bounced");
  expect((await history(3)).recipients[0]!.state).toBe("waiting");
});

test("what is due comes the longest due first, without what is in hand", async () => {
  for (const [id, dueAt] of [[1, NOW + 3], [2, NOW + 1], [3, NOW + 2], [4, NOW + 99]] as const) {
    await accept(id, 2, { nextAttemptAt: dueAt });
  }
  const due = async (limit: number, except: number[] = []) =>
    (await stored.store.read("dueMessages", { now: NOW + 10, limit, except })).map(({ message, recipients }) => [
      message.id,
      recipients.length,
    ]);
  expect(await due(9)).toEqual([[2, 2], [3, 2], [1, 2]]);
  expect(await due(2, [2])).toEqual([[3, 2], [1, 2]]);
  expect(await stored.store.read("nextDueAt", null)).toBe(NOW + 1);
});

test("claims of a node that starts again are given up, those of others are not", async () => {
  await Promise.all([accept(1), accept(2)]);
  const claim = (messageId: number, owner: string) =>
    stored.store.write("claim", { messageId, positions: [0], owner, now: NOW, until: NOW + 100 });
  await Promise.all([claim(1, "me"), claim(2, "other")]);
  await stored.store.write("extendClaim", { messageId: 2, owner: "other", until: NOW + 300 });
  await stored.store.write("extendClaim", { messageId: 2, owner: "me", until: NOW + 900 });
  await stored.store.write("releaseClaims", { owner: "me" });
  expect((await history(1)).recipients[0]).toMatchObject({ leaseOwner: null, nextAttemptAt: NOW + 100 });
  expect((await history(2)).recipients[0]).toMatchObject({ leaseOwner: "other", nextAttemptAt: NOW + 300 });
});

test("done messages are forgotten with all that belongs to them, a few at a time", async () => {
  for (const id of [1, 2, 3]) {
    await accept(id);
    if (id < 3) await settle({ ...change(id, "delivered"), changedAt: NOW + id });
  }
  await stored.store.write("purgeMessages", { doneBefore: NOW + 100, limit: 1 });
  expect(await stored.store.read("messageHistory", { id: 1 })).toBeNull();
  expect((await history(2)).message.id).toBe(2);
  await stored.store.write("purgeMessages", { doneBefore: NOW + 100, limit: 9 });
  expect(await beside("select count(*) as n from recipient")).toEqual([{ n: 1 }]);
  expect((await history(3)).message.id).toBe(3);
});
