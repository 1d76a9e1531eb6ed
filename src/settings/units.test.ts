import { assert, constantFrom, integer, nat, oneof, property, string } from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, formatSize, parseDuration, parseSize } from "./units.ts";

test("sizes are read in decimal and binary units", () => {
  expect(parseSize("50MB")).toBe(50_000_000);
  expect(parseSize("1 KB")).toBe(1000);
  expect(parseSize("1KiB")).toBe(1024);
  expect(parseSize("2MiB")).toBe(2_097_152);
  expect(parseSize("1.5GB")).toBe(1_500_000_000);
  expect(parseSize("0B")).toBe(0);
  expect(parseSize("16mb")).toBe(16_000_000);
});

test("durations are read from milliseconds to days", () => {
  expect(parseDuration("14d")).toBe(1_209_600_000);
  expect(parseDuration("5m")).toBe(300_000);
  expect(parseDuration("1.5h")).toBe(5_400_000);
  expect(parseDuration("30s")).toBe(30_000);
  expect(parseDuration("0s")).toBe(0);
  expect(parseDuration("500ms")).toBe(500);
});

test("what is no amount with a unit is refused", () => {
  const wrong = ["", "5", "MB", "-5MB", "5 x", "5M", "1e3MB", "5MB ", "0x10MB", "1,5MB", "99999999999GB", "5mm", "٥MB"];
  for (const text of wrong) expect(parseSize(text), text).toBeUndefined();
  for (const text of ["", "5", "m", "-5m", "5 weeks", "5D", "5M", "1h30m", "∞s"]) {
    expect(parseDuration(text), text).toBeUndefined();
  }
});

test("every size and duration that is shown is read back as the same", () => {
  const units = oneof(nat(), integer({ min: 0, max: 9000 }).map((n) => n * 1_000_000), nat(9000).map((n) => n * 1024));
  assert(property(units, (octets) => parseSize(formatSize(octets)) === octets));
  const spans = oneof(nat(), nat(9000).map((n) => n * 60_000));
  assert(property(spans, (ms) => parseDuration(formatDuration(ms)) === ms));
});

test("no text makes an amount that is negative, broken or not whole", () => {
  const texts = oneof(
    string(),
    constantFrom("1", "0.3", "007", "99999999999999999999", "1.", ".5", "-1", "+1"),
  ).chain((number) => constantFrom("MB", "KiB", "d", "ms", "s", "").map((unit) => number + unit));
  assert(property(texts, (text) => {
    for (const amount of [parseSize(text), parseDuration(text)]) {
      expect(amount === undefined || (Number.isSafeInteger(amount) && amount >= 0)).toBe(true);
    }
  }));
});
