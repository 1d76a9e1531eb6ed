import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createIds, firstIdAt, formatId, parseId, timeOfId } from "./ids.ts";

const START = Date.UTC(2026, 10, 24);

test("ids grow, however the clock goes", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5000, max: 5000 }), { maxLength: 200 }), fc.nat(4095), (steps, seed) => {
      let now = START;
      const nextId = createIds({ now: () => now }, seed);
      let last = nextId();
      for (const step of steps) {
        now += step;
        const id = nextId();
        expect(id).toBeGreaterThan(last);
        last = id;
      }
      expect(Number.isSafeInteger(last)).toBe(true);
    }),
  );
});

test("an id tells when it was given, and a time its first id", () => {
  const nextId = createIds({ now: () => START }, 0);
  const id = nextId();
  expect(timeOfId(id)).toBe(START);
  expect(firstIdAt(START)).toBeLessThanOrEqual(id);
  expect(firstIdAt(START + 1)).toBeGreaterThan(id);
});

test("every id is read as it is written, as people write it too", () => {
  fc.assert(fc.property(fc.maxSafeNat(), (id) => {
    expect(parseId(formatId(id))).toBe(id);
    expect(parseId(` ${formatId(id).toLowerCase().replaceAll("1", "l").replaceAll("0", "o")} `)).toBe(id);
  }));
});

test.each(["", "U", "!", "1-2", "ZZZZZZZZZZZZ", "9007199254740993x", "ZZZZZZZZZZZ"])("%j is no id", (text) => {
  expect(parseId(text)).toBeNull();
});
