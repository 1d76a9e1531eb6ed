import { assert, constantFrom, integer, property, record } from "fast-check";
import { expect, test } from "vitest";
import { formatSettingError, loadSettings, settingsTable } from "../settings.ts";
import { exampleOfSettings } from "./document.ts";

const PEM = "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n";
const SECRET = "correct horse battery";

/** A line `key = value` of the example, and the path of the key. */
interface Place {
  readonly line: number;
  readonly key: string;
  readonly path: string;
}

const lines = exampleOfSettings(settingsTable).split("\n");
const places = findPlaces();

/** The example has one entry of each list, so every list's index is 0. */
function findPlaces(): Place[] {
  let table = "";
  return lines.flatMap((text, index) => {
    const header = /^(\[+)([a-z0-9_.]+)\]+$/.exec(text);
    // Of nested lists the outer have their index too: [[account.source]] is account[0].source[0].
    if (header) {
      const outer = (header[2] ?? "").replace("account.", "account[0].").replace("source.", "source[0].");
      table = `${outer}${header[1] === "[[" ? "[0]" : ""}.`;
    }
    const key = /^(\w+) = /.exec(text)?.[1];
    return key === undefined ? [] : [{ line: index, key, path: `${table}${key}` }];
  });
}

function errorsOf(toml: string) {
  const readFile = (path: string) => path.endsWith(".toml") ? toml : PEM;
  const loaded = loadSettings("w.toml", {}, { readFile, workDir: "/srv" });
  return "errors" in loaded ? loaded.errors : [];
}

test("the example of every setting is right", () => {
  expect(places.length).toBeGreaterThan(80);
  expect(errorsOf(lines.join("\n")).map(formatSettingError)).toEqual([]);
});

test("a wrong value of any key gives an error that names the key and its line, and no secret", () => {
  // No kind of value takes any of these.
  const wrongValues = ["-1", "1979-05-27", "{ a = 1 }", "[[1]]", '"\\u0007"', "''", '["\\u0007", 1]', "nan"];
  for (const place of places) {
    for (const value of wrongValues) {
      const mutant = lines.with(place.line, `${place.key} = ${value}`);
      const errors = errorsOf(mutant.join("\n"));
      const own = errors.filter(({ key }) => key === place.path || key.startsWith(`${place.path}[`));
      expect(own.length, `${place.path} = ${value}`).toBeGreaterThan(0);
      for (const error of own) expect(error.line, `${place.path} = ${value}`).toBe(place.line + 1);
      for (const error of errors) expect(formatSettingError(error)).not.toContain(SECRET);
    }
  }
});

test("any key that is misspelt gives an error that names it, wherever comments and blank lines stand", () => {
  const noise = constantFrom("", "# [upstream]", "   ", '# key = """', "\t# x = 'y'");
  const mutation = record({
    place: constantFrom(...places),
    typo: constantFrom("x", "_", "0"),
    noise,
    count: integer({ min: 0, max: 3 }),
    end: constantFrom("\n", "\r\n"),
  });
  assert(property(mutation, ({ place, typo, noise, count, end }) => {
    const mutant = lines.with(place.line, (lines[place.line] ?? "").replace(place.key, place.key + typo));
    const filled = mutant.flatMap((line) => [...Array.from({ length: count }, () => noise), line]);
    const error = errorsOf(filled.join(end)).find(({ key }) => key === place.path + typo);
    expect(error?.line).toBe(place.line * (count + 1) + count + 1);
    expect(error?.expected).toContain(place.key);
  }));
});
