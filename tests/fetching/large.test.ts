import { Buffer } from "node:buffer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { countOf, type FetchBench, type FetchBenches, fetchBenches } from "../support/fetch-bench.ts";
import type { ModelMessage } from "../support/faulty-source.ts";

let benches: FetchBenches;
beforeAll(async () => {
  benches = await fetchBenches();
});
afterAll(() => benches.remove());

const HEADER = "From: Ann <ann@example.org>\r\nTo: alice@example.net\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n";

function message(uidl: string, octets: number): ModelMessage {
  const begin = `${HEADER}Subject: plans ${uidl}\r\nMessage-ID: <${uidl}@example.org>\r\n\r\n`;
  return { uidl, octets: Buffer.from(`${begin}${"x".repeat(octets - begin.length - 2)}\r\n`) };
}

const limited = { maxMessageSize: 10_000 };

async function notices(bench: FetchBench) {
  const rows = await benches.store.read("newestMailboxMessages", { mailboxId: bench.mailboxId, limit: 100 });
  return rows.filter((row) => row.noticeOctets !== null);
}

test("a message that is larger than the limit stays on the server, and a notice of it comes with its header", async () => {
  const bench = await benches.open([message("small", 5_000), message("large", 50_000)]);
  expect(await bench.poll(limited)).toMatchObject({ fetched: 1, announced: 1, failure: null });
  expect(await bench.ledger()).toEqual({ small: "stored", large: "announced" });
  expect(bench.source.commands).toContain("TOP 2 0");
  expect(countOf(bench.source.commands, "RETR")).toBe(1);
  const [notice] = await notices(bench);
  expect(notice).toMatchObject({ noticeOctets: 50_000, sender: "Ann <ann@example.org>", subject: "plans large" });
  const text = (await bench.held()).find((held) => held.includes("not fetched"))!;
  expect(text).toMatch(/^From: Ann <ann@example\.org>\r\nTo: alice@example\.net\r\nDate: Mon, 23 Nov 2026/);
  expect(text).toContain("Subject: [0.1 MB, not fetched] plans large\r\n");
  expect(text).toContain("waypost fetch alice --message ");
  expect(text).toContain("Content-Type: text/rfc822-headers\r\n\r\nFrom: Ann");
  expect(text).not.toContain("\r\nMessage-ID: <large@example.org>\r\nAuto-Submitted");
  expect(await bench.poll(limited)).toMatchObject({ fetched: 0, announced: 0 });
});

test("delete mode leaves what it has not fetched, whatever clients do with the notice", async () => {
  const bench = await benches.open([message("large", 50_000)]);
  const remove = { ...limited, mode: "delete", deleteAfterMs: 0, onClientDelete: "delete" } as const;
  expect(await bench.poll(remove)).toMatchObject({ announced: 1, removed: 0 });
  const [notice] = await notices(bench);
  await benches.store.write("deleteMailboxMessages", { ids: [notice!.id], now: 1 });
  expect(await bench.poll(remove)).toMatchObject({ announced: 0, removed: 0 });
  expect(bench.source.messages.length).toBe(1);
});

test("what its owner asks for is fetched by the next poll and comes in place of the notice", async () => {
  const bench = await benches.open([message("large", 50_000), message("huge", 90_000)]);
  await bench.poll(limited);
  const notice = (await notices(bench)).find(({ subject }) => subject === "plans large")!;
  expect(await benches.store.write("requestMessages", { ids: [notice.id], now: 5 })).toBe(1);
  expect(await bench.poll(limited)).toMatchObject({ fetched: 1, announced: 0 });
  expect(await bench.ledger()).toEqual({ large: "stored", huge: "announced" });
  const held = await bench.held();
  expect(held.length).toBe(2);
  expect(held).toContain(bench.source.messages[0]!.octets.toString("latin1"));
  const rows = await notices(bench);
  expect(rows.find(({ id }) => id === notice.id)).toMatchObject({ deletedBy: "replaced" });
  expect(await benches.store.write("requestMessages", { ids: [notice.id], now: 6 })).toBe(0);
  expect(await bench.poll({ ...limited, mode: "delete", deleteAfterMs: 0 })).toMatchObject({ removed: 1 });
});

test("a fetch that breaks off leaves the notice and the request, wherever it is cut", async () => {
  const bench = await benches.open([message("large", 50_000)]);
  await bench.poll(limited);
  await benches.store.write("requestMessages", { ids: [(await notices(bench))[0]!.id], now: 5 });
  for (const cutAfterSent of [60, 200, 20_000, 50_000]) {
    bench.source.faults = { cutAfterSent };
    expect((await bench.poll(limited)).failureKind).toBe("line");
    expect(await bench.ledger()).toEqual({ large: "announced, asked" });
    expect((await bench.held()).length).toBe(1);
  }
  bench.source.faults = {};
  expect(await bench.poll(limited)).toMatchObject({ fetched: 1, failure: null });
  expect(await bench.held()).toEqual([bench.source.messages[0]!.octets.toString("latin1")]);
});

test("a limit that is raised lets the next poll fetch what was announced", async () => {
  const bench = await benches.open([message("large", 50_000)]);
  await bench.poll(limited);
  expect(await bench.poll({ maxMessageSize: 50_000 })).toMatchObject({ fetched: 1 });
  expect((await bench.held()).length).toBe(1);
});

test("an announced message that leaves the server is forgotten, and its notice stays", async () => {
  const bench = await benches.open([message("large", 50_000)]);
  await bench.poll(limited);
  bench.source.messages = [];
  await bench.poll(limited);
  expect(await bench.ledger()).toEqual({});
  expect((await bench.held()).length).toBe(1);
});

test("a server without TOP has its large messages announced without their header", async () => {
  const bench = await benches.open([message("large", 50_000)]);
  bench.source.faults = { replies: { TOP: "-ERR what?\r\n" } };
  expect(await bench.poll(limited)).toMatchObject({ announced: 1, failure: null });
  expect((await bench.held())[0]).toMatch(/^Subject: \[0\.1 MB, not fetched\]\r\n/);
});

test("sizes that lie decide nothing but order and portion", async () => {
  const bench = await benches.open([message("small", 5_000), message("large", 50_000)]);
  bench.source.faults = { sizeOf: ({ uidl }) => uidl === "small" ? "99999999" : "1" };
  expect(await bench.poll(limited)).toMatchObject({ fetched: 1, announced: 1 });
  expect(await bench.ledger()).toEqual({ small: "announced", large: "stored" });
  const unknown = await benches.open([message("small", 5_000), message("large", 50_000)]);
  unknown.source.faults = { sizeOf: () => "many" };
  expect(await unknown.poll(limited)).toMatchObject({ fetched: 2, announced: 0, failure: null });
});

test("on a first run the small messages come first, and clients list all in the server's order", async () => {
  const sizes = [300_000, 5_000, 150_000, 6_000];
  const bench = await benches.open(sizes.map((octets, index) => message(`m${index}`, octets)));
  await bench.poll();
  expect(bench.source.commands.filter((command) => command.startsWith("RETR"))).toEqual([
    "RETR 2",
    "RETR 4",
    "RETR 3",
    "RETR 1",
  ]);
  expect((await bench.held()).map(({ length }) => length)).toEqual(sizes);
  bench.source.messages = [...bench.source.messages, message("m4", 200_000), message("m5", 4_000)];
  await bench.poll();
  expect(bench.source.commands.filter((command) => command.startsWith("RETR")).slice(4)).toEqual(["RETR 5", "RETR 6"]);
});
