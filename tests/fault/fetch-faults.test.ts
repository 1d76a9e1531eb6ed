import fc from "fast-check";
import { Buffer } from "node:buffer";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ModelMessage, SourceFaults } from "../support/faulty-source.ts";
import { countOf, type FetchBench, type FetchBenches, fetchBenches } from "../support/fetch-bench.ts";

let benches: FetchBenches;
beforeAll(async () => void (benches = await fetchBenches()));
afterAll(() => benches.remove());

const atOnce = { mode: "delete", deleteAfterMs: 0 } as const;
const keep = { mode: "keep" } as const;
const modes = [keep, atOnce];
const message = (uidl: string, text: string): ModelMessage => ({ uidl, octets: Buffer.from(text, "latin1") });
const textOf = (number: number) => `Subject: ${number}\r\nMessage-ID: <${number}@example.net>\r\n\r\n${number}\r\n`;
const several = (count: number, uidl = "uidl") =>
  Array.from({ length: count }, (_, index) => message(`${uidl}-${index}`, textOf(index)));
const allTexts = (count: number) => Array.from({ length: count }, (_, index) => textOf(index)).toSorted();

/** Polls a source with a fault, then without; everything must be here then, once, and nothing unstored be gone. */
async function expectHarmless(faults: SourceFaults, changes: typeof keep | typeof atOnce, timeoutMs = 10_000) {
  const bench = await benches.open(several(4));
  bench.source.faults = faults;
  const timeouts = { commandTimeoutMs: timeoutMs, dataTimeoutMs: timeoutMs };
  const report = await bench.poll({ ...changes, ...timeouts });
  expectNothingLost(bench, await bench.held(), 4);
  bench.source.faults = {};
  expect((await bench.poll(changes)).failure).toBeNull();
  expect((await bench.held()).toSorted()).toEqual(allTexts(4));
  expect(bench.source.messages.length).toBe(changes.mode === "keep" ? 4 : 0);
  expect(bench.crimes).toEqual([]);
  await bench.source.stop();
  return report;
}

function expectNothingLost(bench: FetchBench, held: readonly string[], count: number): void {
  expect(new Set(held).size).toBe(held.length);
  const there = bench.source.messages.map(({ octets }) => octets.toString("latin1"));
  for (const text of allTexts(count)) expect([...held, ...there]).toContain(text);
  for (const text of held) expect(allTexts(count)).toContain(text);
}

describe.each(modes)("$mode mode", (changes) => {
  const nonsense = [
    "OK\r\n",
    "\r\n",
    "+OKAY\r\n",
    "220 smtp.example.net\r\n",
    "\0\xff\r\n",
    "-ERR\r\n",
    "-ERR [SYS/TEMP] x\r\n",
  ];
  test.each(["greeting", "USER", "PASS", "UIDL", "RETR", "DELE", "QUIT"])(
    "a bad status line for %s does no harm",
    async (verb) => {
      for (const reply of nonsense) await expectHarmless({ replies: { [verb]: reply } }, changes);
    },
  );

  test.each(["greeting", "CAPA", "PASS", "UIDL", "RETR", "DELE", "QUIT"])(
    "a status line without an end for %s does no harm",
    async (verb) => {
      const { failure } = await expectHarmless({ replies: { [verb]: "+".padEnd(2_000_000, "x") } }, changes, 500);
      if (verb !== "DELE" || changes.mode === "delete") expect(failure).not.toBeNull();
    },
  );

  test("lines of lists that are too long, or no lists at all, do no harm", async () => {
    const lists = [
      `1 ${"x".repeat(100_000)}`,
      "1 two words",
      "1",
      "x y",
      "0 a",
      "1 a\r\n1 b",
      "1 caf\xe9",
      "-1 a",
      "1 a\r\n\r\n2 b",
    ];
    for (const lines of lists) {
      const { failure } = await expectHarmless({ replies: { UIDL: `+OK\r\n${lines}\r\n.\r\n` } }, changes);
      expect(failure, lines.slice(0, 20)).not.toBeNull();
    }
    for (const lines of [...lists, "1 -5", "1 1e9", "1 99999999999999999999"]) {
      await expectHarmless({ replies: { LIST: `+OK\r\n${lines}\r\n.\r\n`, STAT: "+OK many\r\n" } }, changes);
    }
  });

  test.each(["0", "1", "999999999", "-1", "99999999999999999999999", "many", ""])(
    "sizes that lie (%j) do no harm",
    async (size) => {
      await expectHarmless({ sizeOf: () => size }, changes);
    },
  );

  test("a LIST that knows other messages than UIDL does no harm", async () => {
    await expectHarmless({ sizeOf: (_, number) => number > 2 ? null : "10" }, changes);
    const bench = await benches.open(several(4));
    bench.source.faults = { uidlOf: ({ uidl }, number) => number === 2 ? null : uidl };
    await bench.poll(changes);
    expect((await bench.held()).length).toBe(3);
    expectNothingLost(bench, await bench.held(), 4);
    bench.source.faults = {};
    await bench.poll(changes);
    expect((await bench.held()).toSorted()).toEqual(allTexts(4));
    expect(bench.crimes).toEqual([]);
  });

  test("a server without CAPA, without pipelining, or that sends octet by octet is fetched from", async () => {
    for (const faults of [{ capa: "none" }, { capa: "plain" }, { pieceOctets: 1 }] as const) {
      const bench = await benches.open(several(4));
      bench.source.faults = faults;
      expect(await bench.poll(changes)).toMatchObject({ fetched: 4, failure: null });
      expect((await bench.held()).toSorted()).toEqual(allTexts(4));
    }
  });

  test("messages that the server will not send are told, and the others fetched", async () => {
    const bench = await benches.open(several(4));
    bench.source.faults = { refuses: ({ uidl }) => uidl === "uidl-1" };
    const report = await bench.poll(changes);
    expect([report.fetched, report.refusals.length, report.failure]).toEqual([3, 1, null]);
    expectNothingLost(bench, await bench.held(), 4);
    expect(bench.source.messages.map(({ uidl }) => uidl)).toContain("uidl-1");
  });

  test("a server that falls silent, anywhere, is left, and nothing is lost", async () => {
    const whole = await benches.open(several(4));
    await whole.poll(changes);
    const { sent } = whole.source;
    const places = Array.from({ length: 24 }, (_, index) => Math.floor(index * sent / 24));
    await Promise.all(places.map(async (at) => {
      const report = await expectHarmless({ silentAfterSent: at }, changes, 250);
      expect(report.failure, `silent after ${at}`).not.toBeNull();
    }));
  });

  test("a message with a line of 3 MB passes", async () => {
    const text = `Subject: long\r\n\r\n${"x".repeat(3_000_000)}\r\n`;
    const bench = await benches.open([message("long", text)]);
    expect(await bench.poll(changes)).toMatchObject({ fetched: 1, failure: null });
    expect((await bench.held())[0] === text).toBe(true);
  });
});

test("a server that does not keep its word at QUIT is asked again, and nothing is fetched twice", async () => {
  for (const atQuit of ["speechless", "forgetful", "half"] as const) {
    const bench = await benches.open(several(4));
    bench.source.faults = { atQuit };
    await bench.poll(atOnce);
    await bench.poll(atOnce);
    bench.source.faults = {};
    await bench.poll(atOnce);
    await bench.poll(atOnce);
    expect(bench.source.messages).toEqual([]);
    expect(countOf(bench.source.commands, "RETR")).toBe(4);
    expect((await bench.held()).toSorted()).toEqual(allTexts(4));
    expect(Object.values(await bench.ledger())).toEqual(Array(4).fill("gone"));
    expect(bench.crimes).toEqual([]);
  }
});

test("UIDLs that all change are a brake, with another mailbox behind the login too", async () => {
  for (const changes of modes) {
    const bench = await benches.open(several(12));
    await bench.poll(keep);
    bench.source.messages = several(12, "changed");
    const report = await bench.poll(changes);
    expect(report.brake).not.toBeNull();
    bench.source.messages = Array.from({ length: 12 }, (_, index) => message(`other-${index}`, textOf(100 + index)));
    expect((await bench.poll(changes)).brake).not.toBeNull();
    expect((await bench.held()).length).toBe(12);
    expect(bench.source.messages.length).toBe(12);
    expect(countOf(bench.source.commands, "RETR")).toBe(12);
    expect(bench.crimes).toEqual([]);
  }
});

test("a list that loses messages for a while is no reason to fetch them again, or to forget them", async () => {
  const bench = await benches.open(several(8));
  await bench.poll(keep);
  bench.source.faults = { uidlOf: ({ uidl }, number) => number % 2 ? uidl : null };
  expect(await bench.poll(keep)).toMatchObject({ fetched: 0, brake: null, failure: null });
  bench.source.faults = {};
  expect(await bench.poll(keep)).toMatchObject({ fetched: 0, brake: null, failure: null });
  expect(countOf(bench.source.commands, "RETR")).toBe(8);
  expect(await bench.poll(atOnce)).toMatchObject({ fetched: 0, failure: null });
  expect(bench.source.messages).toEqual([]);
  expect(bench.crimes).toEqual([]);
});

describe("a server that gives a UIDL to another message later", () => {
  const first = message("u", "Subject: first\r\n\r\none\r\n");
  const second = message("u", "Subject: second\r\n\r\nanother one\r\n");
  const both = [first, second].map(({ octets }) => octets.toString("latin1"));

  test.each(modes)("$mode mode: the second is fetched as well, and neither is removed unstored", async (changes) => {
    for (const faults of [{}, { sizeOf: () => "1" }, { capa: "none" }] as const) {
      const bench = await benches.open([first]);
      bench.source.faults = faults;
      await bench.poll(changes);
      bench.source.messages = [];
      await bench.poll(changes);
      bench.source.messages = [second];
      expect(await bench.poll(changes)).toMatchObject({ fetched: 1, failure: null });
      expect(await bench.held()).toEqual(both);
      expect(bench.source.messages.length).toBe(changes.mode === "keep" ? 1 : 0);
      expect(bench.crimes).toEqual([]);
    }
  });

  test("the first, taken for gone while a list was short, is not fetched again, though its size lies", async () => {
    const bench = await benches.open([first]);
    await bench.poll(keep);
    bench.source.messages = [];
    await bench.poll(keep);
    bench.source.messages = [first];
    bench.source.faults = { sizeOf: () => "99" };
    expect(await bench.poll(atOnce)).toMatchObject({ fetched: 0, removed: 1, failure: null });
    expect(await bench.held()).toEqual([both[0]]);
  });

  test("one that numbers its messages anew loses none of them", async () => {
    for (const faults of [{}, { sizeOf: () => "7" }]) {
      const bench = await benches.open(several(3));
      bench.source.faults = { ...faults, uidlOf: (_: ModelMessage, number: number) => String(number) };
      await bench.poll(keep);
      bench.source.messages = [...bench.source.messages.slice(1), message("new", `${textOf(77)}longer\r\n`)];
      for (let polls = 0; polls < 4; polls++) await bench.poll(atOnce);
      expect(bench.crimes).toEqual([]);
      const held = await bench.held();
      for (const { octets } of bench.source.messages) expect(held).toContain(octets.toString("latin1"));
      expect(held).toContain(`${textOf(77)}longer\r\n`);
    }
  });

  test("a server without UIDL: messages with the same header are told apart by their sizes when one was gone", async () => {
    const header = "Subject: the same\r\n\r\n";
    const bench = await benches.open([message("-", `${header}one\r\n`)]);
    bench.source.faults = { capa: "none", replies: { UIDL: "-ERR unknown command\r\n" } };
    await bench.poll(atOnce);
    expect(await bench.poll(atOnce)).toMatchObject({ failure: null });
    bench.source.messages = [message("-", `${header}another\r\n`)];
    expect(await bench.poll(atOnce)).toMatchObject({ fetched: 1, removed: 1, failure: null });
    expect(await bench.held()).toEqual([`${header}one\r\n`, `${header}another\r\n`]);
    expect(bench.crimes).toEqual([]);
  });
});

test("a server that does not stuff a first dot loses step, but nothing that it has is deleted", async () => {
  const bench = await benches.open([message("dots", ".\r\n..\r\n"), ...several(3)]);
  bench.source.faults = { unstuffed: ({ uidl }) => uidl === "dots" };
  const later = { mode: "delete", deleteAfterMs: 1_000 } as const;
  for (let polls = 0; polls < 3; polls++) {
    await bench.poll({ ...atOnce, commandTimeoutMs: 300, dataTimeoutMs: 300 }, false, 10_000 * polls);
  }
  await bench.poll(later, false, 100_000);
  for (const text of allTexts(3)) expect(await bench.held()).toContain(text);
  expect(bench.source.messages.map(({ uidl }) => uidl)).toEqual(["dots"]);
});

/** What happens to a source, in any order. */
type Happening =
  | { readonly what: "poll"; readonly mode: "keep" | "delete"; readonly faults: SourceFaults }
  | { readonly what: "arrive"; readonly copies: 1 | 2 }
  | { readonly what: "remove"; readonly which: number };

const faults: fc.Arbitrary<SourceFaults> = fc.oneof(
  fc.constant({}),
  fc.record({ cutAfterSent: fc.nat(1_200) }),
  fc.record({ cutAfterHeard: fc.nat(300) }),
  fc.record({ atQuit: fc.constantFrom("speechless" as const, "forgetful" as const, "half" as const) }),
  fc.record({ capa: fc.constantFrom("plain" as const, "none" as const), cutAfterSent: fc.nat(1_200) }),
  fc.constantFrom("0", "1", "100000", "-3", "x").map((size) => ({ sizeOf: () => size })),
  fc.nat(7).map((mask) => ({
    uidlOf: ({ uidl }: ModelMessage, number: number) => (number % 8 & mask) === mask ? null : uidl,
  })),
  fc.nat(7).map((mask) => ({ refuses: ({ uidl }: ModelMessage) => (uidl.length + uidl.charCodeAt(5)) % 8 === mask })),
  fc.constantFrom("UIDL", "RETR", "DELE", "QUIT", "PASS").map((verb) => ({ replies: { [verb]: "+?\r\n" } })),
);
const happenings = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        what: fc.constant("poll" as const),
        mode: fc.constantFrom("keep" as const, "delete" as const),
        faults,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ what: fc.constant("arrive" as const), copies: fc.constantFrom(1 as const, 2 as const) }),
    },
    { weight: 1, arbitrary: fc.record({ what: fc.constant("remove" as const), which: fc.nat(9) }) },
  ),
  { minLength: 3, maxLength: 12 },
) as fc.Arbitrary<Happening[]>;

/** What ever was in the source, and what another client has removed. */
interface World {
  arrived: number;
  /** How often a text may be here: as often as it lay there at a time under one name. */
  readonly copies: Map<string, number>;
  readonly removedByOthers: Set<string>;
}

async function happen(bench: FetchBench, world: World, one: Happening): Promise<void> {
  const { source } = bench;
  if (one.what === "arrive") {
    const number = world.arrived++;
    world.copies.set(textOf(number), one.copies);
    // Identical copies may share a UIDL (RFC 1939 section 7).
    for (let copy = 0; copy < one.copies; copy++) source.messages.push(message(`uidl-${number}`, textOf(number)));
  } else if (one.what === "remove") {
    const [removed] = source.messages.splice(one.which, 1);
    if (removed) world.removedByOthers.add(removed.octets.toString("latin1"));
  } else {
    source.faults = one.faults;
    await bench.poll({ mode: one.mode, deleteAfterMs: 0 }, true);
  }
}

async function expectOrder(bench: FetchBench, world: World): Promise<void> {
  const held = await bench.held();
  const there = bench.source.messages.map(({ octets }) => octets.toString("latin1"));
  for (const [text, copies] of world.copies) {
    const here = held.filter((one) => one === text).length;
    expect(here, `${text} is here ${here} times`).toBeLessThanOrEqual(copies);
    if (world.removedByOthers.has(text)) continue;
    // Of copies under one name, one may have gone while the other stays: that text is not lost.
    expect(here + there.filter((one) => one === text).length, `${text} is lost`).toBeGreaterThanOrEqual(1);
  }
  for (const text of held) expect([...world.copies.keys()], "what is here was there").toContain(text);
  expect(bench.crimes).toEqual([]);
}

test(
  "whatever happens to a source, in whatever order: nothing is lost, fetched twice or deleted unstored",
  async () => {
    await fc.assert(
      fc.asyncProperty(happenings, async (story) => {
        const bench = await benches.open();
        const world: World = { arrived: 0, copies: new Map(), removedByOthers: new Set() };
        for (const one of story) {
          await happen(bench, world, one);
          await expectOrder(bench, world);
        }
        bench.source.faults = {};
        expect((await bench.poll(keep, true)).failure).toBeNull();
        await expectOrder(bench, world);
        const held = await bench.held();
        for (const { octets } of bench.source.messages) expect(held).toContain(octets.toString("latin1"));
        await bench.source.stop();
      }),
      { numRuns: Number(process.env.WAYPOST_FETCH_STORIES ?? 60) },
    );
  },
  3_600_000,
);
