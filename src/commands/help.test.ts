import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type HelpName, helpOf, helpOfAll, helpPages } from "./help.ts";

const NAMES = Object.keys(helpPages) as HelpName[];

test.each(NAMES)("the help of %s fits a terminal of 80 columns and says how it is called", (name) => {
  const page = helpOf(name);
  expect(page.split("\n").filter((line) => line.length > 80)).toEqual([]);
  expect(page).toContain(`usage: waypost ${name}`);
  expect(helpOfAll()).toContain(`  ${name} `);
});

test("every command that main knows has a page, and no other", () => {
  const main = readFileSync(new URL("../main.ts", import.meta.url), "utf8");
  const known = [...main.matchAll(/import\("\.\/commands\/([a-z]+)\.ts"\)/g)].map(([, name]) => name);
  expect(known).toEqual(NAMES);
});
