import { expect, test } from "vitest";
import { cut, layOutFacts, layOutTable, oneLine, wrap } from "./table.ts";

const COLUMNS = [{ title: "NAME", shrinks: true }, { title: "SIZE", align: "right" }, {
  title: "WHY",
  shrinks: true,
}] as const;

test("columns stand under their titles, figures at the right", () => {
  expect(layOutTable(COLUMNS, [["a", "1", "x"], ["bcdef", "12345", "y"]])).toBe(
    "NAME    SIZE  WHY\n" +
      "a          1  x\n" +
      "bcdef  12345  y\n",
  );
});

test("a table that is too wide cuts its longest columns and no line is wider", () => {
  const text = layOutTable(COLUMNS, [["n".repeat(70), "12345", "w".repeat(70)], ["a", "1", "b"]], 40);
  const lines = text.trimEnd().split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBe(40);
  expect(lines[1]).toBe(`${"n".repeat(14)}…  12345  ${"w".repeat(15)}…`);
});

test("what others have sent cannot move the cursor or begin a line", () => {
  expect(oneLine("a\r\nb\u001b[2Jc\u202ed")).toBe("a b [2Jc d");
  expect(layOutTable([{ title: "X" }], [["a\nb"]])).toBe("X\na b\n");
});

test("texts break between words, and long words stay whole", () => {
  expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
  expect(wrap("a verylongword b", 5)).toEqual(["a", "verylongword", "b"]);
  expect(wrap("", 5)).toEqual([""]);
});

test("a cut text says that something is missing", () => {
  expect([cut("abcdef", 4), cut("abcd", 4), cut("äöüß…", 3)]).toEqual(["abc…", "abcd", "äö…"]);
});

test("facts stand under each other", () => {
  expect(layOutFacts([["from", "a"], ["subject", "one two"]], 13)).toBe("from     a\nsubject  one\n         two\n");
});
