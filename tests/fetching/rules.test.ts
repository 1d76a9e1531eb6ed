import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Source } from "../../src/settings.ts";
import { listedIds } from "../../src/mailbox/support.ts";
import { countOf, type FetchBench, type FetchBenches, fetchBenches } from "../support/fetch-bench.ts";
import type { ModelMessage } from "../support/faulty-source.ts";

let benches: FetchBenches;
beforeAll(async () => {
  benches = await fetchBenches();
});
afterAll(() => benches.remove());

function message(uidl: string, header = "", octets = 1_000): ModelMessage {
  const begin = `${header}Subject: ${uidl}\r\n\r\n`;
  return { uidl, octets: Buffer.from(`${begin}${"x".repeat(Math.max(0, octets - begin.length - 2))}\r\n`) };
}

async function subjectsOf(account: string, source: string): Promise<string[]> {
  const rows = await benches.store.read("mailboxes", null);
  const mailboxIds = rows.filter((row) => row.account === account && row.source === source).map(({ id }) => id);
  const texts = await Promise.all((await listedIds(benches.store, mailboxIds)).map(async (id) => {
    let text = "";
    for await (const piece of benches.store.octets(id)) text += Buffer.from(piece).toString("latin1");
    return text;
  }));
  return texts.map((text) => /Subject: (.*)\r\n/.exec(text)![1]!);
}

async function sourceNameOf(bench: FetchBench): Promise<string> {
  return (await benches.store.read("mailboxes", null)).find(({ id }) => id === bench.mailboxId)!.source;
}

describe("a source that several accounts share", () => {
  const deliver: Source["deliver"] = [
    { recipient: "bob@example.net", account: "bob" },
    { recipient: "*@sales.example.net", account: "carol" },
  ];

  test("each message goes to the accounts that its header names, once each, and what fits no rule to the source's own", async () => {
    const bench = await benches.open([
      message("for-bob", "Delivered-To: bob@example.net\r\n"),
      message("for-both", "To: Bob <BOB@example.net>, x@sales.example.net\r\nCc: bob@example.net\r\n"),
      message("for-nobody", "To: list@example.org\r\n"),
      message("large-for-both", "To: bob@example.net\r\nTo: y@sales.example.net\r\n", 200_000),
    ]);
    const name = await sourceNameOf(bench);
    expect(await bench.poll({ deliver })).toMatchObject({ fetched: 4, failure: null });
    expect(await subjectsOf("alice", name)).toEqual(["for-nobody"]);
    expect(await subjectsOf("bob", name)).toEqual(["for-bob", "for-both", "large-for-both"]);
    expect(await subjectsOf("carol", name)).toEqual(["for-both", "large-for-both"]);
    expect(await bench.poll({ deliver })).toMatchObject({ fetched: 0 });
    expect(Object.keys(await bench.ledger()).length).toBe(4);
  });

  test("what is for several accounts is deleted on the server when the clients of all have deleted it", async () => {
    const bench = await benches.open([message("for-both", "To: bob@example.net, x@sales.example.net\r\n")]);
    const asked = { deliver, onClientDelete: "delete" } as const;
    await bench.poll(asked);
    const rows = await benches.store.read("mailboxMessagesByMessageId", { messageId: "" });
    const name = await sourceNameOf(bench);
    const copies = rows.filter(({ mailbox }) => mailbox.source === name);
    expect(copies.map(({ ledger }) => ledger?.state)).toEqual(["stored", "stored"]);
    await benches.store.write("deleteMailboxMessages", { ids: [copies[0]!.message.id], now: 1 });
    expect(await bench.poll({ ...asked, mode: "delete", deleteAfterMs: 1e9 })).toMatchObject({ removed: 0 });
    await benches.store.write("deleteMailboxMessages", { ids: [copies[1]!.message.id], now: 1 });
    expect(await bench.poll({ ...asked, mode: "delete", deleteAfterMs: 1e9 })).toMatchObject({ removed: 1 });
    expect(bench.source.messages).toEqual([]);
  });
});

describe("budgets", () => {
  const several = (count: number) => Array.from({ length: count }, (_, index) => message(`m${index}`));

  test("no more messages are fetched within 24 hours than the source may bring", async () => {
    const bench = await benches.open(several(5));
    expect(await bench.poll({ messagesPerDay: 3 })).toMatchObject({ fetched: 3, postponed: 2 });
    expect(await bench.poll({ messagesPerDay: 3 })).toMatchObject({ fetched: 0, postponed: 2 });
    expect(await bench.poll({ messagesPerDay: 4 })).toMatchObject({ fetched: 1, postponed: 1 });
    expect(await bench.poll()).toMatchObject({ fetched: 1, postponed: 0 });
  });

  test("no more octets either, also where the server's sizes lie", async () => {
    const bench = await benches.open(several(5));
    expect(await bench.poll({ sizePerDay: 2_500 })).toMatchObject({ fetched: 2, postponed: 3 });
    const many = await benches.open(several(200));
    many.source.faults = { sizeOf: () => "1" };
    // Counted between portions of 64.
    expect(await many.poll({ sizePerDay: 10_000 })).toMatchObject({ fetched: 64 });
    expect(await many.poll({ sizePerDay: 10_000 })).toMatchObject({ fetched: 0, postponed: 136 });
  });

  test("a message that is larger than the whole budget is announced: it would wait for ever", async () => {
    const bench = await benches.open([message("large", "", 5_000), message("small")]);
    expect(await bench.poll({ sizePerDay: 2_500 })).toMatchObject({ fetched: 1, announced: 1, postponed: 0 });
    const rows = await benches.store.read("newestMailboxMessages", { mailboxId: bench.mailboxId, limit: 9 });
    const notice = rows.find(({ noticeOctets }) => noticeOctets !== null)!;
    await benches.store.write("requestMessages", { ids: [notice.id], now: 1 });
    expect(await bench.poll({ sizePerDay: 2_500, maxMessageSize: 2_000 })).toMatchObject({ fetched: 1 });
  });
});

describe("servers without UIDL, and with UIDLs that change", () => {
  const header = (index: number) => `Message-ID: <${index}@example.org>\r\n`;
  const several = (count: number) => Array.from({ length: count }, (_, at) => message(`m${at}`, header(at)));
  const withoutUidl = { UIDL: "-ERR what?\r\n", CAPA: "+OK\r\nUSER\r\nTOP\r\nPIPELINING\r\n.\r\n" };

  test("messages are known again by their header, and delete mode works", async () => {
    const bench = await benches.open(several(3));
    bench.source.faults = { replies: withoutUidl };
    expect(await bench.poll()).toMatchObject({ fetched: 3, failure: null });
    bench.source.messages = bench.source.messages.slice(1);
    expect(await bench.poll()).toMatchObject({ fetched: 0, failure: null });
    expect(Object.values(await bench.ledger()).sort()).toEqual(["gone", "stored", "stored"]);
    expect(await bench.poll({ mode: "delete", deleteAfterMs: 0 })).toMatchObject({ fetched: 0, removed: 2 });
    expect(bench.source.messages).toEqual([]);
    expect(bench.crimes).toEqual([]);
  });

  test("a field that the server itself writes into the header does not change a message's name", async () => {
    const bench = await benches.open(several(2));
    const asked = { identifyBy: "headers" } as const;
    await bench.poll(asked);
    bench.source.messages = bench.source.messages.map(({ uidl, octets }) => ({
      uidl: `other ${uidl}`,
      octets: Buffer.concat([Buffer.from("Status: RO\r\nX-UIDL: 17\r\n"), octets]),
    }));
    expect(await bench.poll(asked)).toMatchObject({ fetched: 0, failure: null });
    expect(countOf(bench.source.commands, "UIDL")).toBe(0);
  });

  test("a server that has UIDL and refuses it is not taken for one that has none", async () => {
    const bench = await benches.open(several(2));
    await bench.poll();
    bench.source.faults = { replies: { UIDL: "-ERR the index is broken\r\n" } };
    const { failure, ...report } = await bench.poll();
    expect(report).toMatchObject({ fetched: 0, failureKind: "server" });
    expect(failure?.cause).toMatch(/says that it has it, and refuses it \(-ERR the index is broken\).*identify_by/);
    expect(Object.keys(await bench.ledger())).toEqual(["m0", "m1"]);
  });

  test("a server with neither UIDL nor TOP is told in words", async () => {
    const bench = await benches.open(several(1));
    bench.source.faults = { replies: { ...withoutUidl, TOP: "-ERR what?\r\n" } };
    expect((await bench.poll()).failure?.cause).toMatch(/has no UIDL and does not send the header either/);
  });
});

test("Gmail's way: recent: stands before the user name, and the same list is to be expected again", async () => {
  const bench = await benches.open(Array.from({ length: 12 }, (_, index) => message(`m${index}`)));
  const gmail = { provider: "gmail", recent: true } as const;
  expect(await bench.poll(gmail)).toMatchObject({ fetched: 12 });
  expect(bench.source.commands).toContain("USER recent:mrose");
  expect(await bench.poll(gmail)).toMatchObject({ fetched: 0, brake: null, failure: null });
  bench.source.messages = [];
  expect((await bench.poll(gmail)).brake).toContain("are gone");
  expect(await bench.poll({ provider: "gmail" })).toMatchObject({ brake: null });
});

describe("what stays on the server, and what is deleted there", () => {
  test("only large messages, and not the newest", async () => {
    const bench = await benches.open([1_000, 5_000, 6_000, 7_000].map((octets, at) => message(`m${at}`, "", octets)));
    const changes = { mode: "delete", deleteAfterMs: 0, deleteLargerThan: 2_000, keepNewest: 1 } as const;
    expect(await bench.poll(changes)).toMatchObject({ fetched: 4, removed: 2 });
    expect(bench.source.messages.map(({ uidl }) => uidl)).toEqual(["m0", "m3"]);
  });

  test("what a client deleted here goes or stays, as set", async () => {
    const bench = await benches.open([message("m0"), message("m1")]);
    await bench.poll();
    const [newest] = await benches.store.read("newestMailboxMessages", { mailboxId: bench.mailboxId, limit: 1 });
    await benches.store.write("deleteMailboxMessages", { ids: [newest!.id], now: 1 });
    expect(await bench.poll()).toMatchObject({ removed: 0 });
    const follow = { mode: "delete", deleteAfterMs: 1e9, onClientDelete: "delete", keepRemovedMs: 1e6 } as const;
    expect(await bench.poll(follow)).toMatchObject({ removed: 1 });
    expect(bench.source.messages.map(({ uidl }) => uidl)).toEqual(["m0"]);
    const [removed] = await benches.store.read("newestMailboxMessages", { mailboxId: bench.mailboxId, limit: 1 });
    expect(removed!.keepUntil).toBeGreaterThan(Date.now());
  });
});

describe("a server that shows a message once", () => {
  const gmail = { provider: "gmail" } as const;
  const batch = (name: string, from: number) =>
    Array.from(
      { length: 30 },
      (_, index) => message(`${name}${index}`, `Message-ID: <m${from + index}@example.com>\r\n`),
    );

  test("may list other messages each time: what it no longer lists stays here, what is new is fetched", async () => {
    const bench = await benches.open(batch("a", 0));
    expect(await bench.poll(gmail)).toMatchObject({ fetched: 30, brake: null });
    bench.source.messages = batch("b", 30);
    expect(await bench.poll(gmail)).toMatchObject({ fetched: 30, brake: null });
    bench.source.messages = [];
    expect(await bench.poll(gmail)).toMatchObject({ fetched: 0, brake: null });
    expect((await bench.held()).length).toBe(60);
  });

  test("is paused when what it calls new is here already, until its owner says that it is right", async () => {
    const bench = await benches.open(batch("a", 0));
    await bench.poll(gmail);
    bench.source.messages = [...batch("changed", 0), ...batch("b", 100).slice(0, 2)];
    const report = await bench.poll(gmail);
    expect(report).toMatchObject({ fetched: 0, failure: null });
    expect(report.brake).toMatch(/^\d+ of 20 messages .* among the 32 it calls new are here already/);
    expect((await bench.held()).length).toBe(30);
    expect(await bench.poll(gmail, true)).toMatchObject({ fetched: 32, brake: null });
  });
});
