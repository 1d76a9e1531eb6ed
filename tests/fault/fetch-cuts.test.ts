import { Buffer } from "node:buffer";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ModelMessage, SourceFaults } from "../support/faulty-source.ts";
import { countOf, type FetchBench, type FetchBenches, fetchBenches } from "../support/fetch-bench.ts";

/** Sessions that are cut at a time. */
const AT_ONCE = 16;

let benches: FetchBenches;
beforeAll(async () => void (benches = await fetchBenches()));
afterAll(() => benches.remove());

const texts = ["", ".\r\n..\r\n", "Subject: one\r\n\r\n\0\xff\n.\r\rend\r\n", "a\r\n"];
const inMailbox = (): ModelMessage[] =>
  texts.map((text, index) => ({ uidl: `uidl-${index}`, octets: Buffer.from(text, "latin1") }));
const atOnce = { mode: "delete", deleteAfterMs: 0 } as const;
const keep = { mode: "keep" } as const;

/** Octets of a whole session, each way. */
async function lengthsOf(changes: typeof atOnce | typeof keep): Promise<{ sent: number; heard: number }> {
  const bench = await benches.open(inMailbox());
  expect(await bench.poll(changes)).toMatchObject({ fetched: 4, failure: null });
  const { sent, heard } = bench.source;
  await bench.source.stop();
  return { sent, heard };
}

/** What must be true however the first session ended: now, and when the line is whole again. */
async function expectRecovery(bench: FetchBench, changes: typeof atOnce | typeof keep): Promise<void> {
  const early = await bench.held();
  // Nothing is half a message, nothing is here twice.
  expect(new Set(early).size).toBe(early.length);
  for (const text of early) expect(texts).toContain(text);
  // What is not here is there.
  const there = bench.source.messages.map(({ octets }) => octets.toString("latin1"));
  for (const text of texts) expect([...early, ...there]).toContain(text);
  bench.source.faults = {};
  const before = countOf(bench.source.commands, "RETR");
  expect(await bench.poll(changes)).toMatchObject({ fetched: texts.length - early.length, failure: null });
  expect(countOf(bench.source.commands, "RETR") - before).toBe(texts.length - early.length);
  expect((await bench.held()).toSorted()).toEqual(texts.toSorted());
  expect(bench.source.messages.length).toBe(changes.mode === "keep" ? texts.length : 0);
  expect(bench.crimes).toEqual([]);
}

async function cutEverywhere(
  changes: typeof atOnce | typeof keep,
  octets: number,
  faults: (at: number) => SourceFaults,
): Promise<void> {
  let next = 0;
  const cutAndRecover = async () => {
    for (let at = next++; at < octets; at = next++) {
      const bench = await benches.open(inMailbox());
      bench.source.faults = faults(at);
      expect((await bench.poll(changes)).failure, `cut after ${at}`).not.toBeNull();
      await expectRecovery(bench, changes);
      await bench.source.stop();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, cutAndRecover));
}

for (const changes of [keep, atOnce]) {
  test(
    `${changes.mode} mode: the line is cut after every octet that the server says`,
    async () => {
      await cutEverywhere(changes, (await lengthsOf(changes)).sent, (at) => ({ cutAfterSent: at }));
    },
    300_000,
  );

  test(
    `${changes.mode} mode: the line is cut after every octet that the client says`,
    async () => {
      await cutEverywhere(changes, (await lengthsOf(changes)).heard, (at) => ({ cutAfterHeard: at }));
    },
    300_000,
  );
}
