import { expect, test } from "vitest";
import { foreseeFirst } from "./first-fetch.ts";
import { sourceOf } from "./support.ts";

const MB = 1_000_000;
const content = { messages: 4, octets: 36 * MB, sizes: [MB, 30 * MB, 2 * MB, 3 * MB] };

test.each(
  [
    ["keep mode fetches all and deletes nothing", {}, { fetch: { messages: 4, octets: 36 * MB }, deleted: 0 }],
    ["delete mode deletes all of it", { mode: "delete" }, { deleted: 4 }],
    [
      "a large message stays, with a notice",
      { mode: "delete", maxMessageSize: 10 * MB },
      { fetch: { messages: 3, octets: 6 * MB }, announced: 1, deleted: 3 },
    ],
    ["the newest stay", { mode: "delete", keepNewest: 3 }, { deleted: 1 }],
    ["small ones stay", { mode: "delete", deleteLargerThan: 2 * MB }, { deleted: 2 }],
    ["a budget spreads it over days", { messagesPerDay: 1 }, { fetch: { messages: 1, octets: MB }, postponed: 3 }],
  ] as const,
)("%s", (_, changes, expected) => {
  expect(foreseeFirst(content, sourceOf(changes))).toMatchObject(expected);
});

test("where there are too many messages to list, only their number is told", () => {
  expect(foreseeFirst({ messages: 200_000, octets: MB, sizes: null }, sourceOf())).toMatchObject({ fetch: null });
});
