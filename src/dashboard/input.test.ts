import { expect, test } from "vitest";
import * as input from "./input.ts";

test("an action is for messages by their ids, or for all that match", () => {
  expect(input.read(input.queueActionBody, { action: "hold", match: { sender: "*@example.net", age: "4h" } }).match)
    .toEqual({ sender: "*@example.net", age: 14_400_000 });
  expect(() => input.read(input.queueActionBody, { action: "hold" })).toThrow("expected ids, match");
});

test("an action on all messages says so: no condition is none", () => {
  const read = (body: object) => () => input.read(input.queueActionBody, { action: "remove", ...body });
  expect(read({ all: true })()).toMatchObject({ all: true });
  for (const match of [{}, { sender: "" }, { sender: undefined }]) expect(read({ match })).toThrow('"all": true');
  expect(read({ all: false })).toThrow("expected true");
  expect(read({ all: true, match: { state: "held" } })).toThrow("only one of");
  expect(read({ all: true, ids: ["1Q4W7Z0K8"] })).toThrow("only one of");
});

test("a condition that is misspelled is an error, and does not stand for every message", () => {
  expect(() => input.read(input.queueActionBody, { action: "remove", match: { sendr: "a@example.net" } })).toThrow(
    "sendr",
  );
});
