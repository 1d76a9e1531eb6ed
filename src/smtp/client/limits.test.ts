import { expect, test } from "vitest";
import { serverLimits } from "./limits.ts";

test.each<[string | null, number, number]>([
  [null, Infinity, Infinity],
  ["", Infinity, Infinity],
  ["RCPTMAX=20", 20, Infinity],
  ["MAILMAX=5 RCPTMAX=20 RCPTDOMAINMAX=1", 20, 5],
  ["rcptmax=20", 20, Infinity],
  ["RCPTMAX 20 MAILMAX 5", 20, 5],
  ["RCPTMAX=0", Infinity, Infinity],
  ["RCPTMAX=many MAILMAX=5x", Infinity, Infinity],
])("LIMITS %j: %d recipients, %d messages", (given, recipients, messages) => {
  expect(serverLimits(new Map(given === null ? [] : [["LIMITS", given]]))).toEqual({ recipients, messages });
});
