import { expect, test } from "vitest";
import * as input from "./input.ts";

test("an action is for messages by their ids, or for all that match", () => {
  expect(input.read(input.queueActionBody, { action: "hold", match: { sender: "*@example.net", age: "4h" } }).match)
    .toEqual({ sender: "*@example.net", age: 14_400_000 });
  expect(() => input.read(input.queueActionBody, { action: "hold" })).toThrow("expected ids, or match");
});

test("a condition that is misspelled is an error, and does not stand for every message", () => {
  expect(() => input.read(input.queueActionBody, { action: "remove", match: { sendr: "a@example.net" } })).toThrow(
    "sendr",
  );
});
