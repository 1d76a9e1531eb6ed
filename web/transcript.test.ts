import { expect, test } from "vitest";
import type { SessionPhase, TranscriptEntry } from "./models.ts";
import { phasesOfLines } from "./transcript.ts";

function phase(startedAt: number, commands: number): SessionPhase {
  return { phase: "transfer", startedAt, commands, durationMs: 0, octetsIn: 0, octetsOut: 0, refusals: 0 };
}

/** "C0": a client's line at 0 ms. */
function lines(...short: string[]): TranscriptEntry[] {
  const from = { C: "client", S: "server", n: "note" } as const;
  return short.map((line) => ({
    from: from[line[0] as keyof typeof from],
    offsetMs: Number(line.slice(1)),
    text: "",
  }));
}

test("commands tell phases apart that began within one millisecond", () => {
  const session = { startedAt: 1_000, phases: [phase(1_000, 1), phase(1_000, 2), phase(1_000, 1)], linesDropped: 0 };
  const transcript = lines("S0", "C0", "S0", "C0", "S0", "C0", "S0", "n0", "S0", "C0", "S0");
  expect(phasesOfLines(session, transcript)).toEqual([0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2]);
});

test("a phase without a command begins by its time", () => {
  const session = { startedAt: 0, phases: [phase(0, 1), phase(50, 0)], linesDropped: 0 };
  expect(phasesOfLines(session, lines("S0", "C1", "S2", "n60"))).toEqual([0, 0, 0, 1]);
});

test("a phase without a command between two others is passed", () => {
  const session = { startedAt: 0, phases: [phase(0, 1), phase(5, 0), phase(9, 1)], linesDropped: 0 };
  expect(phasesOfLines(session, lines("C0", "S7", "C9", "S9"))).toEqual([0, 0, 2, 2]);
});

test("where lines are missing the times decide", () => {
  const session = { startedAt: 0, phases: [phase(0, 500), phase(40, 1)], linesDropped: 100 };
  expect(phasesOfLines(session, lines("C0", "S39", "C40", "S41"))).toEqual([0, 0, 1, 1]);
});

test("a session without phases has lines all the same", () => {
  expect(phasesOfLines({ startedAt: 0, phases: [], linesDropped: 0 }, lines("S0", "C1"))).toEqual([0, 0]);
});
