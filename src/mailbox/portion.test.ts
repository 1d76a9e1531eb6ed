import fc from "fast-check";
import { expect, test } from "vitest";
import type { ListedMessage } from "./ledger.ts";
import { isFirstRun, NO_BUDGET, portionOf, type PortionRules } from "./portion.ts";

const list = (...sizes: number[]) =>
  sizes.map((_, index): ListedMessage => ({ number: index + 1, uidl: `m${index + 1}` }));
const rulesOf = (sizes: number[], changes: Partial<PortionRules> = {}): PortionRules => ({
  maxMessageSize: 0,
  budget: NO_BUDGET,
  smallFirst: false,
  sizes: new Map(sizes.map((size, index) => [index + 1, size])),
  ...changes,
});
const numbers = (messages: readonly ListedMessage[]) => messages.map(({ number }) => number);

test("small messages keep the server's order, larger ones come behind them by size", () => {
  const sizes = [500_000, 9_000, 1_000, 100_000, 70_000, 8_000];
  const { fetch } = portionOf([], list(...sizes), rulesOf(sizes, { smallFirst: true }));
  expect(numbers(fetch)).toEqual([2, 3, 6, 4, 5, 1]);
});

test("what does not fit into the budget waits, and all behind it, so that large ones have their turn", () => {
  const sizes = [100, 500, 100];
  const budget = { messages: Infinity, octets: 400 };
  expect(portionOf([], list(...sizes), rulesOf(sizes, { budget }))).toMatchObject({ postponed: 2 });
  expect(numbers(portionOf([], list(...sizes), rulesOf(sizes, { budget })).fetch)).toEqual([1]);
});

test("what its owner asked for comes first, and whatever the limits say", () => {
  const requested = [{ number: 9, uidl: "asked" }];
  const budget = { messages: 0, octets: 0 };
  const { fetch, postponed } = portionOf(requested, list(10, 10), rulesOf([10, 10], { budget, maxMessageSize: 5 }));
  expect([numbers(fetch), postponed]).toEqual([[9], 0]);
  expect(portionOf(requested, list(10, 10), rulesOf([10, 10], { budget })).postponed).toBe(2);
});

test("a first run is one in which most is new", () => {
  expect([isFirstRun(0, 0), isFirstRun(1, 1), isFirstRun(5, 10), isFirstRun(6, 10)]).toEqual([
    false,
    true,
    false,
    true,
  ]);
});

test("every message is fetched, announced or postponed, once; the budget is never exceeded by what sizes say", () => {
  const sizes = fc.array(fc.nat(300_000), { maxLength: 30 });
  fc.assert(
    fc.property(
      sizes,
      fc.nat(400_000),
      fc.nat(20),
      fc.boolean(),
      fc.nat(200_000),
      (given, octets, messages, first, max) => {
        const rules = rulesOf(given, { budget: { messages, octets }, smallFirst: first, maxMessageSize: max });
        const { fetch, announce, postponed } = portionOf([], list(...given), rules);
        expect(fetch.length + announce.length + postponed).toBe(given.length);
        expect(new Set([...numbers(fetch), ...numbers(announce)]).size).toBe(fetch.length + announce.length);
        expect(fetch.reduce((sum, { number }) => sum + given[number - 1]!, 0)).toBeLessThanOrEqual(octets);
        expect(fetch.length).toBeLessThanOrEqual(messages);
      },
    ),
  );
});
