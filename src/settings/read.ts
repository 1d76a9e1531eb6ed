import { SECRET_SHOWN } from "../wire/secret.ts";
import { indirectSecret, readNamedFile } from "./kinds.ts";
import type { Path } from "./lines.ts";
import { MISSING, showKindOf, showValue, UNKNOWN } from "./shown.ts";
import { suggestKey } from "./suggest.ts";
import { type Entries, type Group, propertyOf, type Read, type Report, type Rows } from "./table.ts";
import type { Derived, Resolved, Setting, Surroundings } from "./table.ts";

interface Reading {
  readonly from: Surroundings;
  readonly report: Report;
  readonly elsewhere: readonly string[];
  /** What is resolved of the root table so far. */
  readonly root: Record<string, unknown>;
}

/**
 * Reads the values of a table and reports everything that is wrong, with paths that begin with `at`. What was wrong is
 * undefined in the result: the checks between values still run, so that one pass finds all errors.
 */
export function readRoot(root: Group<Rows>, given: unknown, from: Surroundings, report: Report): Resolved {
  const values: Record<string, unknown> = {};
  const reading = { from, report, elsewhere: listKeys(root.rows), root: values };
  readGroup(root, given, [], reading, values);
  return values;
}

/** Reads one table of a list alone, such as an account that the database holds. */
export function readEntry(
  entries: Entries<Rows, string>,
  given: unknown,
  at: Path,
  from: Surroundings,
  report: Report,
) {
  return readGroup(entries, given, at, { from, report, elsewhere: [], root: {} });
}

function readGroup(
  group: Pick<Group<Rows>, "rows" | "check">,
  given: unknown,
  at: Path,
  reading: Reading,
  values: Record<string, unknown> = {},
): Resolved | undefined {
  if (!isTable(given)) {
    reading.report(at, "a table of settings", showKindOf(given));
    return undefined;
  }
  reportUnknownKeys(group.rows, given, at, reading);
  for (const [key, row] of Object.entries(group.rows)) {
    const value = Object.hasOwn(given, key) ? given[key] : undefined;
    const path = [...at, key];
    if (row.shape === "group") values[propertyOf(key, "camel")] = readGroup(row, value ?? {}, path, reading);
    else if (row.shape === "entries") values[row.property] = readEntries(row, value, path, reading);
    else values[propertyOf(key, row.kind.property)] = readSetting(key, row, given, at, reading, values);
  }
  const check = group.check as ((values: Resolved, report: Report) => void) | undefined;
  check?.(values, (path, expected, shown) => reading.report([...at, ...path], expected, shown));
  return values;
}

function readEntries(row: Entries<Rows, string>, given: unknown, at: Path, reading: Reading): readonly unknown[] {
  if (row.single && isTable(given)) return [readGroup(row, given, at, reading)].filter((entry) => entry !== undefined);
  if (given !== undefined && !Array.isArray(given)) {
    const name = at.filter((part) => typeof part === "string").join(".");
    reading.report(at, `a list of tables, each under [[${name}]] in double brackets`, showKindOf(given));
    return [];
  }
  // What is no table leaves a gap that keeps the numbers of those behind it.
  return (given ?? row.default).map((one: unknown, index: number) =>
    readGroup(row, one, given === undefined ? at : [...at, index], reading) ?? {}
  );
}

function readSetting(
  key: string,
  row: Setting<unknown, string>,
  given: Resolved,
  at: Path,
  reading: Reading,
  values: Resolved,
): unknown {
  const { kind } = row;
  // JSON says null where TOML leaves the key out.
  const written = (kind.secret === "indirect" ? readIndirect(key, given, at, reading) : given[key]) ?? undefined;
  if (written === FAILED) return undefined;
  const path = [...at, key];
  if (written === undefined && row.need === "required") {
    const also = kind.secret === "indirect" ? `; or else ${key}_file or ${key}_env` : "";
    reading.report(path, kind.expected + also, MISSING);
  }
  if (written === undefined && row.need === "derived") return derive(row.derived, values, reading);
  const value = written ?? row.default;
  return value === undefined ? undefined : settle(kind.read(value, reading.from), value, path, row, reading);
}

function derive(derived: Derived | undefined, values: Resolved, reading: Reading): unknown {
  return derived?.value(values, reading.root, reading.from);
}

/** The value, or undefined after its problems have been reported. */
function settle(read: Read<unknown>, given: unknown, path: Path, row: Setting<unknown, string>, reading: Reading) {
  if ("value" in read) return read.value;
  for (const problem of read.problems) {
    const item = (problem.at ?? []).reduce<unknown>((value, part) => (value as Resolved)[part], given);
    const shown = row.kind.secret ? SECRET_SHOWN : problem.shown ?? showValue(item);
    reading.report([...path, ...problem.at ?? []], problem.expected, shown);
  }
  return undefined;
}

/** Stands for a secret that could not be had and has been reported. */
const FAILED = Symbol("failed");

/** The secret as it is written in the file, in the file that it names, or in an environment variable. */
function readIndirect(key: string, given: Resolved, at: Path, reading: Reading): unknown {
  const present = indirectKeys(key).filter((name) => Object.hasOwn(given, name));
  const [name, second] = present;
  if (second !== undefined) {
    reading.report([...at, second], `only one of ${present.join(", ")}`, SECRET_SHOWN);
    return FAILED;
  }
  if (name === undefined || name === key) return given[key];
  const source = given[name];
  const read = name === `${key}_file` ? readSecretFile(source, reading.from) : readVariable(source, reading.from);
  if ("value" in read) return read.value;
  for (const problem of read.problems) {
    reading.report([...at, name], problem.expected, problem.shown ?? showValue(source));
  }
  return FAILED;
}

function readSecretFile(source: unknown, from: Surroundings): Read<string> {
  if (typeof source !== "string") return { problems: [{ expected: "the path of a file" }] };
  const read = readNamedFile(source, from);
  if ("problems" in read) return read;
  // Editors and `echo` end the line; a password does not.
  const secret = read.value.content.replace(/\r?\n$/, "");
  if ("value" in indirectSecret.read(secret, from)) return { value: secret };
  return { problems: [{ expected: `a file that holds ${indirectSecret.expected}; ${read.value.path} does not` }] };
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

function readVariable(source: unknown, from: Surroundings): Read<string> {
  if (typeof source !== "string" || !VARIABLE.test(source)) {
    // Whoever mistakes the key writes the password itself here.
    return { problems: [{ expected: "the name of an environment variable", shown: SECRET_SHOWN }] };
  }
  const secret = from.env[source] ?? "";
  if ("value" in indirectSecret.read(secret, from)) return { value: secret };
  const expected = `the name of an environment variable that holds ${indirectSecret.expected}`;
  return { problems: [{ expected, shown: source === source.toUpperCase() ? showValue(source) : SECRET_SHOWN }] };
}

function indirectKeys(key: string): string[] {
  return [key, `${key}_file`, `${key}_env`];
}

/** The keys that may stand in a table. */
export function keysOf(rows: Rows): string[] {
  return Object.entries(rows).flatMap(([key, row]) =>
    row.shape === "setting" && row.kind.secret === "indirect" ? indirectKeys(key) : [key]
  );
}

function listKeys(rows: Rows, prefix = ""): string[] {
  return Object.entries(rows).flatMap(([key, row]) => {
    const full = prefix === "" ? key : `${prefix}.${key}`;
    return row.shape === "setting" ? [full] : [full, ...listKeys(row.rows, full)];
  });
}

function reportUnknownKeys(rows: Rows, given: Resolved, at: Path, reading: Reading): void {
  const known = keysOf(rows);
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) reading.report([...at, key], suggestKey(key, known, reading.elsewhere), UNKNOWN);
  }
}

function isTable(value: unknown): value is Resolved {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
