import { afterEach, beforeEach, expect, test } from "vitest";
import { type TemporaryStore, temporaryStore } from "../../tests/support/store.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { systemClock, systemSleep } from "../wire/clock.ts";
import { createIndexer, type Indexer, type IndexPolicy } from "./indexer.ts";
import type { MailChoice, MailTerm } from "./queries/mail-choice.ts";

let stored: TemporaryStore;
let indexers: Indexer[];
let policy: IndexPolicy;
const warnings: unknown[] = [];

beforeEach(async () => {
  stored = await temporaryStore();
  indexers = [];
  warnings.length = 0;
  policy = { enabled: true, maxText: 64_000, keepsDelivered: false };
  await stored.store.write("ensureMailbox", { id: 1, account: "anna@example.net", source: "home" });
});

afterEach(async () => {
  await Promise.all(indexers.map((indexer) => indexer.stop()));
  await stored.remove();
  expect(warnings).toEqual([]);
});

function begin(owner = "this-node"): Indexer {
  const indexer = createIndexer({
    store: stored.store,
    clock: systemClock,
    // The pauses of an hour are those of a moment.
    sleep: (ms, signal) => systemSleep(Math.min(ms, 20), signal),
    owner,
    policy: () => policy,
    warn: (_text, error) => void warnings.push(error),
  });
  indexers.push(indexer);
  return indexer;
}

const indexedAll = () =>
  waitFor("all to be indexed", async () => (await stored.store.read("mailIndexState", null)).missing === 0);

async function fetched(id: number, text: string, fields: { readonly subject?: string } = {}): Promise<void> {
  const octets = new TextEncoder().encode(text);
  await stored.store.write("storeFetched", {
    message: {
      id,
      mailboxId: 1,
      uidl: `u${id}`,
      size: octets.length,
      messageId: `${id}@example.com`,
      sender: "Mütterchen <mum@example.com>",
      subject: fields.subject ?? "hello",
      fetchedAt: 1,
    },
    ledger: null,
    octets,
  });
}

async function relayed(id: number, text: string): Promise<void> {
  await stored.store.write("acceptMessage", {
    message: {
      id,
      origin: "relay",
      sender: "anna@example.net",
      size: text.length,
      body: "7bit",
      messageId: `${id}@laptop`,
      subject: "minutes",
      receivedAt: 1,
      clientAddress: "192.0.2.1",
    },
    recipients: [{
      ...{ messageId: id, position: 0, address: "chair@example.org", state: "waiting" as const, attempts: 0 },
      ...{ nextAttemptAt: 0, changedAt: 0 },
    }],
    octets: new TextEncoder().encode(text),
  });
}

async function deliver(messageId: number, keptUntil: number | null): Promise<void> {
  await stored.store.write("settle", {
    delivery: null,
    changes: [{
      ...{ messageId, position: 0, state: "delivered" as const, nextAttemptAt: 0, upstream: "p", lastReply: "250" },
      changedAt: 1_000,
    }],
    bounce: null,
    octets: null,
    keptUntil,
  });
}

async function find(terms: readonly Partial<MailTerm>[], more: Partial<MailChoice> = {}): Promise<number[]> {
  const { queued, cached } = await stored.store.read("mailList", {
    terms: terms.map((term) => ({ field: "any" as const, text: "", isPhrase: false, ...term })),
    account: null,
    before: null,
    limit: 100,
    indexed: true,
    inContent: true,
    ...more,
  });
  return [...queued, ...cached].map(({ message }) => message.id).sort((a, b) => b - a);
}

test("mail of both kinds is found by words of its header and text, whatever their case and accents", async () => {
  await fetched(10, "To: Anna <anna@example.net>\r\n\r\nThe QUARTERLY report is attached.\r\n");
  await relayed(20, "Subject: minutes\r\n\r\nsecret text\r\n");
  begin();
  await indexedAll();
  expect(await find([{ text: "quarterly" }])).toEqual([10]);
  expect(await find([{ text: "quart" }, { text: "REPORT" }])).toEqual([10]);
  expect(await find([{ text: "quarterly report", isPhrase: true }])).toEqual([10]);
  expect(await find([{ text: "report quarterly", isPhrase: true }])).toEqual([]);
  expect(await find([{ text: "mutterchen" }])).toEqual([10]);
  expect(await find([{ field: "sender", text: "mum@example.com" }])).toEqual([10]);
  expect(await find([{ field: "recipients", text: "chair@example.org" }])).toEqual([20]);
  expect(await find([{ field: "subject", text: "minutes" }])).toEqual([20]);
  expect(await find([{ text: "example" }])).toEqual([20, 10]);
  expect(await find([{ text: "example" }], { direction: "in" })).toEqual([10]);
  expect(await find([{ text: "example" }], { state: "waiting" })).toEqual([20]);
  expect(await find([{ text: "example" }], { account: "ANNA@example.net" })).toEqual([10]);
  // What waits and is not kept is known by its envelope.
  expect(await find([{ text: "secret" }])).toEqual([]);
});

test("whoever may not read letters does not find out what is in them", async () => {
  await fetched(10, "From: x@example.net\r\n\r\nThe password is swordfish.\r\n");
  begin();
  await indexedAll();
  expect(await find([{ text: "swordfish" }], { inContent: false })).toEqual([]);
  expect(await find([{ field: "names", text: "x" }], { inContent: false })).toEqual([]);
  expect(await find([{ text: "hello" }], { inContent: false })).toEqual([10]);
});

test("what is not indexed yet is found by its header", async () => {
  await fetched(10, "\r\n", { subject: "brand new" });
  expect(await stored.store.read("mailIndexState", null)).toEqual({ indexed: 0, missing: 1 });
  expect(await find([{ text: "brand" }])).toEqual([10]);
  expect(await find([{ field: "sender", text: "brand" }])).toEqual([]);
});

test.each([
  ['"'],
  ['" OR body : "'],
  ["NEAR(a b)"],
  ["a*"],
  ["^a - + : { } ( )"],
  ["'; drop table message; --"],
  ["\0"],
  ["%_\\"],
  ["AND OR NOT"],
])("%j is words and nothing else", async (text) => {
  await fetched(10, "\r\nplain text\r\n");
  begin();
  await indexedAll();
  for (const field of ["any", "sender", "recipients", "subject", "names"] as const) {
    for (const isPhrase of [true, false]) expect(await find([{ field, text, isPhrase }])).not.toContain(11);
  }
  expect(await find([])).toEqual([10]);
});

test("what is removed is out of the index at once, and what is switched off is forgotten", async () => {
  await fetched(10, "\r\nfirst\r\n");
  await fetched(11, "\r\nsecond\r\n");
  begin();
  await indexedAll();
  await stored.sql("delete from mailbox_message where id = 10");
  expect(await stored.store.read("mailIndexState", null)).toEqual({ indexed: 1, missing: 0 });
  policy = { ...policy, enabled: false };
  await waitFor("the index to be empty", async () => (await stored.store.read("mailIndexState", null)).indexed === 0);
  policy = { ...policy, enabled: true };
  await indexedAll();
  expect(await find([{ text: "second" }])).toEqual([11]);
});

test("what is delivered is found by its text while it is kept, and by its envelope then", async () => {
  policy = { ...policy, keepsDelivered: true };
  await relayed(20, "Subject: minutes\r\n\r\nsecret text\r\n");
  await deliver(20, 5_000);
  begin();
  await indexedAll();
  expect(await find([{ text: "secret" }])).toEqual([20]);
  const drop = (now: number) =>
    stored.store.read("keptMailToDrop", { now, doneBefore: 0, maxOctets: 1_000_000, limit: 10 });
  expect(await drop(4_999)).toEqual([]);
  expect(await drop(5_000)).toEqual([20]);
  expect(await stored.store.read("keptMailToDrop", { now: 0, doneBefore: 0, maxOctets: 1, limit: 10 })).toEqual([20]);
  expect(await stored.store.read("keptMailToDrop", { now: 0, doneBefore: 1_001, maxOctets: 0, limit: 10 })).toEqual([
    20,
  ]);
  await stored.store.write("dropKept", { ids: [20] });
  expect(await stored.sql("select * from chunk")).toEqual([]);
  expect(await find([{ text: "secret" }])).toEqual([]);
  expect(await find([{ text: "chair" }])).toEqual([20]);
});

test("what is done and not kept leaves the spool at once", async () => {
  await relayed(20, "Subject: minutes\r\n\r\nsecret text\r\n");
  await deliver(20, null);
  expect(await stored.sql("select * from chunk")).toEqual([]);
});

test("of several nodes one indexes, and another goes on when that is gone", async () => {
  const { store } = stored;
  expect(await store.write("claimIndexing", { owner: "one", now: 1_000, until: 2_000 })).toBe(true);
  expect(await store.write("claimIndexing", { owner: "two", now: 1_500, until: 2_500 })).toBe(false);
  expect(await store.write("claimIndexing", { owner: "one", now: 1_500, until: 2_500 })).toBe(true);
  expect(await store.write("claimIndexing", { owner: "two", now: 2_600, until: 3_600 })).toBe(true);
});

test("a database that was there before is caught up with, the newest first, over a restart", async () => {
  for (let id = 1_000; id < 1_150; id++) await fetched(id, `\r\nnumber n${id}\r\n`);
  const first = begin();
  await waitFor("some to be indexed", async () => (await stored.store.read("mailIndexState", null)).indexed > 0);
  await first.stop();
  const { missing } = await stored.store.read("mailIndexState", null);
  if (missing > 0) expect(await stored.sql("select 1 from mail_index_docsize where id = 1149")).toHaveLength(1);
  begin();
  await indexedAll();
  expect(await find([{ text: "n1000" }])).toEqual([1_000]);
});
