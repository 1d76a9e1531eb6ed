import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TOMBSTONE_MS } from "../../src/mailbox/ledger.ts";
import { countOf, type FetchBench, type FetchBenches, fetchBenches } from "../support/fetch-bench.ts";

/*
 * The table in src/mailbox/ledger.ts, cell by cell: each state is reached as it is in life, by polls of a source that fails
 * in some way, then what the cell says is looked at. A cell without a check here, or other than the check knows it, fails.
 */

let benches: FetchBenches;
beforeAll(async () => void (benches = await fetchBenches()));
afterAll(() => benches.remove());

const text = "Subject: a\r\nMessage-ID: <a@example.net>\r\n\r\ntext\r\n";
const inSource = () => [{ uidl: "a", octets: Buffer.from(text) }];
const keep = { mode: "keep" } as const;
const atOnce = { mode: "delete", deleteAfterMs: 0 } as const;
const limited = { maxMessageSize: 10 } as const;
const retrieved = ({ source }: FetchBench) => countOf(source.commands, "RETR");

/** Brings a message into a state, and leaves it there: listed by a source without faults. */
const reach: Readonly<Record<string, (bench: FetchBench) => Promise<void>>> = {
  async "seen (no row)"(bench) {
    bench.source.faults = { replies: { RETR: `+OK\r\n${text.slice(0, 30)}` } };
    await bench.poll({ ...atOnce, dataTimeoutMs: 100 });
  },
  announced: async (bench) => void await bench.poll({ ...keep, ...limited }),
  async "announced, asked for"(bench) {
    await bench.poll({ ...keep, ...limited });
    expect(await bench.store.write("requestMessages", { ids: await bench.ids(), now: Date.now() })).toBe(1);
  },
  stored: async (bench) => void await bench.poll(keep),
  async evicted(bench) {
    await bench.poll(keep);
    await bench.store.write("evictMessages", { ids: await bench.ids(), now: Date.now() });
  },
  async "delete-sent"(bench) {
    bench.source.faults = { replies: { QUIT: "-ERR not now\r\n" } };
    await bench.poll(atOnce);
  },
  async "delete-confirmed"(bench) {
    bench.source.faults = { atQuit: "forgetful" };
    await bench.poll(atOnce);
  },
  async gone(bench) {
    await bench.poll(keep);
    bench.source.messages = [];
    await bench.poll(keep);
    bench.source.messages = inSource();
  },
};

type Check = (bench: FetchBench) => Promise<void>;

const isHere = async (bench: FetchBench) => expect(await bench.held()).toEqual([text]);
const isIn = async (bench: FetchBench, state: string | undefined) =>
  expect(await bench.ledger()).toEqual(state === undefined ? {} : { a: state });
const isThere = (bench: FetchBench) => expect(bench.source.messages.length).toBe(1);
const isNotThere = (bench: FetchBench) => expect(bench.source.messages).toEqual([]);

/** Back to stored without a second fetch; removed when it is due, and not before. */
const backAndRemoved: Check = async (bench) => {
  expect(await bench.poll(keep)).toMatchObject({ fetched: 0, removed: 0 });
  await isIn(bench, "stored");
  isThere(bench);
  expect(await bench.poll(atOnce)).toMatchObject({ fetched: 0, removed: 1 });
  isNotThere(bench);
  expect(retrieved(bench)).toBe(1);
  await isHere(bench);
};
const durable = (state: string): Check => async (bench) => {
  await isHere(bench);
  await isIn(bench, state);
};
const gone: Check = async (bench) => {
  await bench.poll(atOnce);
  await isIn(bench, "gone");
  await isHere(bench);
};
const forgotten: Check = async (bench) => {
  await bench.poll(keep);
  await isIn(bench, undefined);
};

/** What each cell says, and the proof of it. */
const proofs: readonly (readonly [state: string, durable: Cell, listed: Cell, absent: Cell])[] = [
  [
    "seen (no row)",
    ["nothing", async (bench) => {
      expect(await bench.held()).toEqual([]);
      await isIn(bench, undefined);
      isThere(bench);
    }],
    ["fetch it (once more)", async (bench) => {
      expect(await bench.poll(keep)).toMatchObject({ fetched: 1 });
      await isHere(bench);
    }],
    ["nothing to do: it was never ours", forgotten],
  ],
  [
    "announced",
    ["a notice, the message is too large to be fetched unasked", async (bench) => {
      expect((await bench.held()).join()).toMatch(/not fetched/);
      await isIn(bench, "announced");
      expect(retrieved(bench)).toBe(0);
    }],
    ["keep; fetch it when its owner asked or the limit allows it; no DELE ever", async (bench) => {
      await bench.poll({ ...atOnce, ...limited });
      await isIn(bench, "announced");
      expect([retrieved(bench), countOf(bench.source.commands, "DELE")]).toEqual([0, 0]);
      expect(await bench.poll({ ...keep, maxMessageSize: 1_000 })).toMatchObject({ fetched: 1 });
      await isHere(bench);
    }],
    ["forget it: it was never ours; seen again, it is announced anew", async (bench) => {
      await bench.poll({ ...keep, ...limited });
      await isIn(bench, undefined);
      bench.source.messages = inSource();
      await bench.poll({ ...keep, ...limited });
      await isIn(bench, "announced");
    }],
  ],
  [
    "announced, asked for",
    ["a notice, the request", async (bench) => {
      expect((await bench.held()).join()).toMatch(/not fetched/);
      await isIn(bench, "announced, asked");
    }],
    [
      "fetch it; a crash before the commit leaves the request, the commit replaces notice and row",
      async (bench) => {
        bench.source.faults = { replies: { RETR: `+OK\r\n${text.slice(0, 30)}` } };
        await bench.poll({ ...keep, ...limited, dataTimeoutMs: 100 });
        await isIn(bench, "announced, asked");
        bench.source.faults = {};
        await bench.poll({ ...keep, ...limited });
        await isIn(bench, "stored");
        await isHere(bench);
      },
    ],
    ["forget it", forgotten],
  ],
  [
    "stored",
    ["the message", durable("stored")],
    ["keep; remove it when it is due", async (bench) => {
      expect(await bench.poll({ mode: "delete", deleteAfterMs: 1_000_000 })).toMatchObject({ fetched: 0, removed: 0 });
      isThere(bench);
      expect(await bench.poll({ mode: "delete", deleteAfterMs: 1_000_000 }, false, 1_000_000)).toMatchObject({
        removed: 1,
      });
      isNotThere(bench);
      await isHere(bench);
    }],
    ["gone: somebody else deleted it", gone],
  ],
  [
    "evicted",
    ["a row without a message: its copy here made room", async (bench) => {
      const now = Date.now() + 1;
      await bench.store.write("removeMailboxMessages", {
        ids: await bench.ids(),
        because: "evicted",
        before: now,
        now,
      });
      expect(await bench.held()).toEqual([]);
      await isIn(bench, "evicted");
    }],
    ["keep it there: it is the only copy; never removed", async (bench) => {
      expect(await bench.poll(atOnce, false, TOMBSTONE_MS)).toMatchObject({ fetched: 0, removed: 0 });
      isThere(bench);
      await isIn(bench, "evicted");
    }],
    [
      'forget it 30 days after it was evicted; never "gone", or coming back would make it "stored"',
      async (bench) => {
        await bench.poll(atOnce);
        await isIn(bench, "evicted");
        await bench.poll(atOnce, false, TOMBSTONE_MS + 1);
        await isIn(bench, undefined);
      },
    ],
  ],
  [
    "delete-sent",
    ["the message", durable("delete-sent")],
    ["QUIT was not carried out: back to stored, remove it when it is due", backAndRemoved],
    ["gone: QUIT was carried out, only its answer was lost", gone],
  ],
  [
    "delete-confirmed",
    ["the message, the server's +OK", durable("delete-confirmed")],
    ["the server did not keep its word: back to stored, remove when due", backAndRemoved],
    ["gone: as promised", gone],
  ],
  [
    "gone",
    ["the message, a tombstone", durable("gone")],
    [
      "it is back (a list was incomplete or restored): back to stored, no second fetch; remove when due",
      backAndRemoved,
    ],
    ["forget it when the tombstone is 30 days old", async (bench) => {
      await bench.poll(keep, false, TOMBSTONE_MS - 60_000);
      await isIn(bench, "gone");
      await bench.poll(keep, false, TOMBSTONE_MS);
      await isIn(bench, undefined);
      await isHere(bench);
    }],
  ],
];

type Cell = readonly [says: string, check: Check];

const columns = ["what is durable here", "listed again", "absent from a complete list"] as const;

test("the table has the rows and cells that are proved here, and no others", () => {
  expect(table()).toEqual(proofs.map(([state, ...cells]) => [state, ...cells.map(([says]) => says)]));
});

for (const [state, ...cells] of proofs) {
  cells.forEach(([says, check], index) => {
    test(`${state}; ${columns[index]}: ${says}`, async () => {
      const bench = await benches.open(inSource());
      await reach[state]!(bench);
      bench.source.faults = {};
      if (index === 2) bench.source.messages = [];
      await check(bench);
      expect(bench.crimes).toEqual([]);
    });
  });
}

/** The cells of the table in the comment, those of several lines joined. */
function table(): string[][] {
  const source = readFileSync(new URL("../../src/mailbox/ledger.ts", import.meta.url), "utf8");
  const lines = source.slice(0, source.indexOf("*/")).split("\n").filter((line) => line.startsWith(" * |")).slice(2);
  const rows: string[][] = [];
  for (const line of lines) {
    const cells = line.split("|").slice(1, -1).map((cell) => cell.trim());
    // What goes on begins with a blank cell, or in small words where the state itself needs two lines.
    const goesOn = cells[0] === "" || cells[0] === "for";
    if (goesOn) rows[rows.length - 1] = rows.at(-1)!.map((cell, index) => `${cell} ${cells[index]}`.trim());
    else rows.push(cells);
  }
  return rows;
}
