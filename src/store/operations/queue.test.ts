import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { change, envelope, NOW } from "../../../tests/support/envelopes.ts";
import { type TemporaryStore, temporaryStore } from "../../../tests/support/store.ts";
import { StoreError } from "../errors.ts";
import type { Envelope, QueueAction, RecipientChange } from "./queue.ts";

let stored: TemporaryStore;
beforeAll(async () => void (stored = await temporaryStore()));
afterAll(() => stored.remove());
afterEach(() => stored.sql("delete from message; delete from recipient; delete from delivery; delete from chunk"));

const small = () => Buffer.from("abc");
const accept = (id: number, recipients = 1, changes: Partial<Envelope["recipients"][number]> = {}) =>
  stored.store.write("acceptMessage", { ...envelope(id, recipients, changes), octets: small() });
const history = async (id: number) => (await stored.store.read("messageHistory", { id }))!;
const settle = (...changes: RecipientChange[]) =>
  stored.store.write("settle", { delivery: null, changes, bounce: null, octets: null });

async function read(id: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stored.store.octets(id)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

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
  const due = async (limit: number, except: number[] = [], full: string[] = []) =>
    (await stored.store.read("dueMessages", { now: NOW + 10, limit, except, full })).map(({ message, recipients }) => [
      message.id,
      recipients.length,
    ]);
  expect(await due(9)).toEqual([[2, 2], [3, 2], [1, 2]]);
  expect(await due(2, [2])).toEqual([[3, 2], [1, 2]]);
  expect(await stored.store.read("nextDueAt", { after: NOW })).toBe(NOW + 1);
  expect(await stored.store.read("nextDueAt", { after: NOW + 10 })).toBe(NOW + 99);
});

test("what is due goes by priority, and what waits for an upstream that takes no more is passed over", async () => {
  await accept(1, 1, { upstream: "slow", nextAttemptAt: NOW + 1 });
  await accept(2, 1, { priority: -1, nextAttemptAt: NOW + 2 });
  await accept(3, 1, { nextAttemptAt: NOW + 3 });
  await accept(4, 1, { priority: 1, nextAttemptAt: NOW + 4 });
  await accept(5, 1, { upstream: "other", nextAttemptAt: NOW + 5 });
  const due = async (limit: number, full: string[]) =>
    (await stored.store.read("dueMessages", { now: NOW + 10, limit, except: [], full })).map(({ message }) =>
      message.id
    );
  expect(await due(9, [])).toEqual([4, 1, 3, 5, 2]);
  expect(await due(9, ["slow"])).toEqual([4, 3, 5, 2]);
  expect(await due(2, ["slow", "other"])).toEqual([4, 3]);
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
  expect(await stored.sql("select count(*) as n from recipient")).toEqual([{ n: 1 }]);
  expect((await history(3)).message.id).toBe(3);
});
