import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type MemoryMailbox, memoryMailboxes } from "../pop3/server/memory.ts";
import type { Store } from "../store/store.ts";
import { fetchSource } from "./fetch.ts";
import { readLedger } from "./ledger-store.ts";
import { NOTHING_DONE } from "./report.ts";
import { fetchPorts, listedIds, sourceOf, temporaryStore } from "./support.ts";

/* A source is removed with its mail here, and added again some day. */

let store: Store;
let remove: () => Promise<void>;
let upstream: MemoryMailbox;
let mailboxId: number;

beforeAll(async () => {
  ({ store, remove } = await temporaryStore());
});

afterAll(() => remove());

let tests = 0;
beforeEach(async () => {
  mailboxId = await store.write("ensureMailbox", { id: ++tests, account: "alice", source: `source ${tests}` });
  upstream = { password: "secret", messages: [message("u1", "To: alice@example.net"), message("u2", "To: nobody@x")] };
});

const message = (uidl: string, head: string) => ({ uidl, octets: Buffer.from(`${head}\r\n\r\n${uidl}\r\n`) });

async function poll(changes: Parameters<typeof sourceOf>[0] = {}) {
  const mailboxes = memoryMailboxes(new Map([["mrose", upstream]]));
  const request = {
    account: "alice",
    source: sourceOf({ name: `source ${tests}`, ...changes }),
    mailboxId,
    brakeReleased: false,
  };
  return await fetchSource({ ...request, signal: new AbortController().signal }, fetchPorts(store, () => mailboxes));
}

const empty = () => store.write("emptyMailbox", { mailboxId, now: Date.now() });

test("its mail is deleted here and can be restored, and is fetched once more when the source is added again", async () => {
  expect(await poll()).toMatchObject({ fetched: 2 });
  expect(await empty()).toBe(2);
  expect(await listedIds(store, [mailboxId])).toEqual([]);
  expect(await readLedger({ store }, mailboxId)).toEqual([]);
  expect(await store.read("deletedMessages", { mailboxId, limit: 9 })).toHaveLength(2);
  expect(await poll()).toEqual({ ...NOTHING_DONE, fetched: 2 });
  expect(await listedIds(store, [mailboxId])).toHaveLength(2);
  expect(await poll()).toEqual(NOTHING_DONE);
});

test("nothing is deleted on the server because the source was removed, even where that follows what clients delete", async () => {
  await poll();
  await empty();
  await poll({ onClientDelete: "delete" });
  expect(await poll({ onClientDelete: "delete" })).toEqual(NOTHING_DONE);
  expect(upstream.messages).toHaveLength(2);
});

test("what went to another account by a rule is not fetched a second time for it, and not deleted on the server", async () => {
  const deliver = [{ recipient: "alice@example.net", account: "bob" }];
  const both = [...deliver, { recipient: "alice@example.net", account: "alice" }];
  upstream.messages.push(message("u3", "Cc: alice@example.net"));
  expect(await poll({ deliver: both })).toMatchObject({ fetched: 3 });
  const row = (await store.read("mailboxes", null)).find(({ account }) => account === "bob")!;
  expect(await listedIds(store, [row.id])).toHaveLength(2);
  expect(await empty()).toBe(3);
  expect((await readLedger({ store }, mailboxId)).map(({ uidl }) => uidl)).toEqual(["u1", "u3"]);
  const ofBob = await listedIds(store, [row.id]);
  await store.write("deleteMailboxMessages", { ids: ofBob, now: Date.now() });
  expect(await poll({ deliver, onClientDelete: "delete" })).toMatchObject({ fetched: 1 });
  await poll({ deliver, onClientDelete: "delete" });
  expect(await listedIds(store, [row.id])).toEqual([]);
  expect(upstream.messages).toHaveLength(3);
});

test("a question that the source has asked is asked no more", async () => {
  const state = { lastFetchAt: 1, lastOutcome: "paused", nextFetchAt: null, failures: 0, failureKind: null };
  await store.write("noteFetch", { id: mailboxId, ...state, pausedBecause: "all are gone" });
  await empty();
  const [row] = (await store.read("mailboxes", null)).filter(({ id }) => id === mailboxId);
  expect(row).toMatchObject({ pausedBecause: null });
});
