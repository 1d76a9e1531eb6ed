import { expect, test } from "vitest";
import { authorOf, duration, octets, senderOf, subjectOf, time } from "./format.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

test.each([
  [0, "0 B"],
  [812, "812 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [9_949, "9.9 kB"],
  [48_200_000, "48 MB"],
  [999_600, "1.0 MB"],
  [5e15, "5000 TB"],
])("%i octets read %j", (number, text) => {
  expect(plain(octets(number))).toBe(text);
});

test.each([
  [0.2, "<1 ms"],
  [340, "340 ms"],
  [999.6, "1 s"],
  [1_240, "1.2 s"],
  [12_345, "12 s"],
  [59_990, "1 min"],
  [125_000, "2 min 5 s"],
  [3_600_000, "1 h"],
  [86_400_000, "1 day"],
  [14 * 86_400_000, "14 days"],
])("%d ms read %j", (ms, text) => {
  expect(plain(duration(ms))).toBe(text);
});

test("a time comes in UTC and says so", () => {
  expect(String(time(Date.UTC(2026, 0, 2, 14, 5), "short"))).toContain(">14:05 UTC</time>");
});

test("the null sender is named", () => {
  expect(senderOf("")).toBe("a bounce (no sender)");
  expect(senderOf("<a@b.example>")).toBe("a@b.example");
});

test("fetched mail without a From field is no bounce", () => {
  expect(authorOf("")).toBe("no sender");
  expect(authorOf("<a@b.example>")).toBe("a@b.example");
});

test("a list cuts a subject that has no end, and no letter of it in two", () => {
  expect(String(subjectOf("x".repeat(120)))).toBe("x".repeat(120));
  expect(String(subjectOf("😀".repeat(500)))).toBe(`${"😀".repeat(120)}…`);
});
