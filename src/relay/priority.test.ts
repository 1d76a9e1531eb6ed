import { expect, test } from "vitest";
import { priorityOf } from "./priority.ts";

test.each<[Record<string, string>, number]>([
  [{}, 0],
  [{ importance: "High" }, 1],
  [{ importance: "normal" }, 0],
  [{ importance: "low", priority: "urgent" }, -1],
  [{ priority: "urgent" }, 1],
  [{ priority: "non-urgent" }, -1],
  [{ "x-priority": "1 (Highest)" }, 1],
  [{ "x-priority": "3" }, 0],
  [{ "x-priority": "5" }, -1],
  [{ precedence: "bulk" }, -1],
  [{ importance: "constructor" }, 0],
])("%j has the priority %i", (fields, priority) => {
  expect(priorityOf(new Map(Object.entries(fields)))).toBe(priority);
});
