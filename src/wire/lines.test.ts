import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Line, OctetQueue } from "./lines.ts";

const MAX_OCTETS = 12;

/** Text in which line ends, and nothing else, are frequent. */
const text = fc.string({ unit: fc.constantFrom("\r", "\n", "\r\n", "a", "bc", "x".repeat(7)), maxLength: 40 });

/** The lines of a whole input, obviously. */
function linesOf(input: string): (readonly [string, string, boolean])[] {
  return input.split(/(?<=\n)/).filter((line) => line.endsWith("\n")).map((line) => {
    const tooLong = line.length > MAX_OCTETS;
    return [
      tooLong ? line.slice(0, MAX_OCTETS) : line.replace(/\r?\n$/, ""),
      line.endsWith("\r\n") ? "crlf" : "lf",
      tooLong,
    ];
  });
}

function shown({ octets, ending, tooLong }: Line): readonly [string, string, boolean] {
  return [Buffer.from(octets).toString("latin1"), ending, tooLong];
}

/** Takes all lines that wait. */
function takeAll(queue: OctetQueue, maxOctets = MAX_OCTETS): Line[] {
  const lines: Line[] = [];
  for (let line = queue.takeLine(maxOctets); line; line = queue.takeLine(maxOctets)) lines.push(line);
  return lines;
}

/** The pieces of an input that is cut at the given places. */
function cut(input: string, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (input.length + 1))), input.length].sort((a, b) => a - b);
  return ends.map((end, index) => Buffer.from(input.slice(ends[index - 1] ?? 0, end), "latin1"));
}

test("wherever the input is cut, the lines are those of the whole", () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat()), (input, places) => {
      const queue = new OctetQueue();
      const lines = cut(input, places).flatMap((piece) => {
        queue.push(piece);
        return takeAll(queue);
      });
      expect(lines.map(shown)).toEqual(linesOf(input));
    }),
    { numRuns: 2000 },
  );
});

test("the lines are the same when they are taken after all has come", () => {
  fc.assert(fc.property(text, fc.array(fc.nat()), (input, places) => {
    const queue = new OctetQueue();
    for (const piece of cut(input, places)) queue.push(piece);
    expect(queue.hasLine()).toBe(input.includes("\n"));
    expect(takeAll(queue).map(shown)).toEqual(linesOf(input));
  }));
});

test("lines, pieces and what was put back come in the order of the stream", () => {
  const step = fc.constantFrom("push", "line", "piece", "unread", "look");
  fc.assert(
    fc.property(fc.array(fc.tuple(step, text), { maxLength: 60 }), (steps) => {
      const queue = new OctetQueue();
      let waiting = "";
      for (const [action, input] of steps) {
        if (action === "push") {
          queue.push(Buffer.from(input, "latin1"));
          waiting += input;
        } else if (action === "unread") {
          queue.unshift(Buffer.from(input, "latin1"));
          waiting = input + waiting;
        } else if (action === "piece") {
          const piece = Buffer.from(queue.takePiece() ?? []).toString("latin1");
          expect(waiting.startsWith(piece)).toBe(true);
          expect(piece === "").toBe(waiting === "");
          waiting = waiting.slice(piece.length);
        } else if (action === "line") {
          const line = queue.takeLine(1000);
          const end = waiting.indexOf("\n") + 1;
          expect(line && shown(line)[0]).toBe(end > 0 ? waiting.slice(0, end).replace(/\r?\n$/, "") : undefined);
          waiting = waiting.slice(end);
        } else expect(queue.hasLine()).toBe(waiting.includes("\n"));
        expect(queue.octets).toBe(waiting.length);
      }
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ["exactly as long as allowed", 10, 12, false],
  ["one octet longer", 11, 12, true],
])("a line that is %s", (_, octets, maxOctets, tooLong) => {
  const queue = new OctetQueue();
  queue.push(Buffer.from(`${"x".repeat(octets)}\r\nnext\r\n`));
  expect(takeAll(queue, maxOctets).map((line) => [line.octets.length, line.tooLong])).toEqual([
    [tooLong ? maxOctets : octets, tooLong],
    [4, false],
  ]);
});

test("a line that is too long does not fill the memory, and keeps its line end", () => {
  const queue = new OctetQueue();
  for (let sent = 0; sent < 1000; sent++) {
    queue.push(Buffer.from("x".repeat(999) + "\r"));
    expect(queue.takeLine(MAX_OCTETS)).toBeUndefined();
    expect(queue.octets).toBe(0);
  }
  queue.push(Buffer.from("\n"));
  expect(queue.takeLine(MAX_OCTETS)).toMatchObject({ ending: "crlf", tooLong: true });
});

test("what waits can be looked at and dropped, wherever it is cut", () => {
  fc.assert(fc.property(fc.string({ minLength: 1 }), fc.array(fc.nat()), fc.nat(40), (input, places, count) => {
    const queue = new OctetQueue();
    const octets = Buffer.from(input, "latin1");
    for (const piece of cut(input, places)) queue.push(piece);
    expect(Buffer.from(queue.peek(count))).toEqual(octets.subarray(0, count));
    expect(queue.octets).toBe(octets.length);
    queue.skip(count);
    expect(Buffer.from(queue.takeAll())).toEqual(octets.subarray(count));
    expect(queue.octets).toBe(0);
  }));
});

test("what is cleared is gone, a line that was being dropped too", () => {
  const queue = new OctetQueue();
  queue.push(Buffer.from("x".repeat(100)));
  expect(queue.takeLine(MAX_OCTETS)).toBeUndefined();
  queue.clear();
  queue.push(Buffer.from("NOOP\r\n"));
  expect(takeAll(queue).map(shown)).toEqual([["NOOP", "crlf", false]]);
});

test("a line that comes octet by octet is searched once for each octet", () => {
  let searched = 0;
  class CountedPiece extends Uint8Array {
    override indexOf(octet: number, from?: number): number {
      searched++;
      return super.indexOf(octet, from);
    }
  }
  const queue = new OctetQueue();
  for (let octets = 0; octets < 10_000; octets++) {
    queue.push(new CountedPiece([120]));
    queue.takeLine(20_000);
  }
  expect(searched).toBe(10_000);
  queue.push(new CountedPiece([13, 10]));
  expect(queue.takeLine(20_000)?.octets.length).toBe(10_000);
});

test("many small pieces are taken without moving the others up for each", () => {
  // An array of so many elements is not moved up for free: taken one by one from its front it would be quadratic.
  const queue = new OctetQueue();
  const pieces = 300_000;
  for (let index = 0; index < pieces; index++) queue.push(new Uint8Array([index & 127 || 1]));
  const { splice } = Array.prototype;
  let moved = 0;
  Array.prototype.splice = function (this: unknown[], ...args: [number, number]) {
    moved += this.length - args[1];
    return splice.apply(this, args);
  } as typeof splice;
  try {
    for (let index = 0; index < pieces; index++) {
      if (queue.takePiece()![0] !== (index & 127 || 1)) throw new Error(`piece ${index} is not in its place`);
    }
  } finally {
    Array.prototype.splice = splice;
  }
  expect(queue.octets).toBe(0);
  expect(moved).toBeLessThan(2 * pieces);
});
