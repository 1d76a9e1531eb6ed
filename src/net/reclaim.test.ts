import { expect, test } from "vitest";
import { octetsBetweenCollections } from "./reclaim.ts";

test("collections are as far apart as messages pass side by side, within bounds", () => {
  const one = octetsBetweenCollections(0);
  expect([1, 2, 20, 64, 1000].map((flows) => octetsBetweenCollections(flows) / one)).toEqual([1, 1, 10, 32, 32]);
});
