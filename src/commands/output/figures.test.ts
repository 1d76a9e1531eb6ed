import { expect, test } from "vitest";
import { showCount, showDistance, showDue, showDuration, showOctets, showSender, showTime } from "./figures.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [9_949, "9.9 kB"],
  [9_950, "10 kB"],
  [999_499, "999 kB"],
  [999_500, "1.0 MB"],
  [50_000_000, "50 MB"],
  [3_200_000_000_000, "3.2 TB"],
])("%i octets are shown as %s", (octets, shown) => expect(showOctets(octets)).toBe(shown));

test.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [1_000, "1.0 s"],
  [59_999, "59 s"],
  [60_000, "1 min"],
  [7_199_999, "119 min"],
  [7_200_000, "2 h"],
  [172_800_000, "2 d"],
])("%i ms are shown as %s", (ms, shown) => expect(showDuration(ms)).toBe(shown));

test("a moment is told by its distance to now", () => {
  expect(showDistance(100_000, 160_000)).toBe("1 min ago");
  expect(showDistance(160_000, 100_000)).toBe("in 1 min");
  expect(showDistance(100_000, 100_400)).toBe("now");
});

test("what should have happened already is due", () => {
  expect(showDue(100, 5_000_000)).toBe("due");
  expect(showDue(5_000, 1_000)).toBe("in 4.0 s");
});

test("times are those of the local zone", () => {
  expect(showTime(new Date(2026, 10, 4, 7, 3, 9).getTime())).toBe("2026-11-04 07:03:09");
});

test("counts agree with their word, and the null sender is visible", () => {
  expect([showCount(1, "message"), showCount(0, "message")]).toEqual(["1 message", "0 messages"]);
  expect([showSender(""), showSender("a@b.example")]).toEqual(["<>", "a@b.example"]);
});
