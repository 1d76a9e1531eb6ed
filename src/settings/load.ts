import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { parse, TomlError } from "smol-toml";
import { findLines, formatPath, type LineOf, type Path } from "./lines.ts";
import { readEntry, readRoot } from "./read.ts";
import type { Entries, Group, Resolved, Rows, Surroundings } from "./table.ts";

/** One thing that is wrong with the settings, ready to be shown: a secret's value is never in it. */
export interface SettingError {
  /** The file as it was named; undefined for what does not come from a file. */
  readonly file: string | undefined;
  /** From 1; undefined where nothing in the file is to blame. */
  readonly line: number | undefined;
  /** As in `upstream[1].port`; empty when the whole file is meant. */
  readonly key: string;
  /** The value as shown, or "(secret)", "(missing)", "(unknown key)", "(a list)", … */
  readonly value: string;
  /** Ends the sentence "expected …". */
  readonly expected: string;
}

/** Names the settings file in the data folder that is read when no other is named. */
export const DEFAULT_FILE = join("data", "waypost.toml");

/** `waypost.toml:12: upstream[0].port: "abc" — expected a whole number from 1 to 65535` */
export function formatSettingError({ file, line, key, value, expected }: SettingError): string {
  const place = file === undefined ? [] : [line === undefined ? file : `${file}:${line}`];
  return `${[...place, ...key === "" ? [] : [key], value].join(": ")} — expected ${expected}`;
}

/** What the system provides; relative paths start in the working directory. */
export function systemSurroundings(env: Surroundings["env"]): Surroundings {
  const workDir = process.cwd();
  const runtime = process.versions.deno === undefined ? "node" : "deno";
  return { baseDir: workDir, workDir, env, runtime, readFile: (path) => readFileSync(path, "utf8") };
}

/** A settings file as it was written: its tables, secrets included, and where each key stands. */
export interface WrittenSettings {
  /** The file as it was named; undefined: there is none, the defaults hold. */
  readonly file: string | undefined;
  /** The same, absolute. */
  readonly path: string | undefined;
  readonly tables: Resolved;
  readonly lineOf: LineOf;
  /** Names the content: another one after each change of the file. */
  readonly digest: string;
}

/** What a file comes to. */
export interface LoadedFile {
  readonly values: Resolved;
  readonly file: string | undefined;
  readonly written: WrittenSettings;
}

/** The values of a file by the table `root`, or all that is wrong with them. No path: the default file, if it exists. */
export function loadFile(
  root: Group<Rows>,
  path: string | undefined,
  from: Surroundings,
): LoadedFile | { errors: readonly SettingError[] } {
  const file = path ?? DEFAULT_FILE;
  const absolute = resolve(from.workDir, file);
  let toml: string;
  try {
    toml = from.readFile(absolute);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (path === undefined && code === "ENOENT") return readDocument(root, "", undefined, from);
    return { errors: [{ file, line: undefined, key: "", value: `(${code})`, expected: "a file that can be read" }] };
  }
  return readDocument(root, toml, file, { ...from, baseDir: dirname(absolute) });
}

function readDocument(
  root: Group<Rows>,
  toml: string,
  file: string | undefined,
  from: Surroundings,
): LoadedFile | { errors: readonly SettingError[] } {
  let document: Resolved;
  try {
    document = parse(toml);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The rest of the message quotes the file, and so perhaps a password.
    const [reason = ""] = error.message.split("\n");
    const said = reason.replace(/^Invalid TOML document: /, "");
    return { errors: [{ file, line: error.line, key: "", value: "(not TOML)", expected: `TOML; ${said}` }] };
  }
  const lineOf = findLines(toml);
  const errors = createCollector(file, lineOf);
  const values = readRoot(root, document, from, errors.report);
  if (errors.found.length > 0) return { errors: errors.inOrder() };
  const digest = createHash("sha256").update(toml).digest("base64url");
  const path = file === undefined ? undefined : resolve(from.workDir, file);
  return { values: freezeDeep(values), file, written: { file, path, tables: document, lineOf, digest } };
}

/** The values of one table of a list, from JSON of the same shape as the TOML, or all that is wrong with them. */
export function loadEntry(
  entries: Entries<Rows, string>,
  kind: string,
  value: unknown,
  from: Surroundings,
): { entry: Resolved } | { errors: readonly SettingError[] } {
  const errors = createCollector(undefined, () => undefined);
  const entry = readEntry(entries, value, [kind], from, errors.report);
  return entry === undefined || errors.found.length > 0 ? { errors: errors.found } : { entry: freezeDeep(entry) };
}

function createCollector(file: string | undefined, lineOf: LineOf) {
  const found: SettingError[] = [];
  return {
    found,
    report: (path: Path, expected: string, value: string): void => {
      found.push({ file, line: lineOf(path), key: formatPath(path), value, expected });
    },
    /** From the top of the file to its end, as a person works through it. */
    inOrder: () => found.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0)),
  };
}

/** Freezes plain objects and lists all the way down; what has methods of its own guards itself. */
function freezeDeep<T extends object>(value: T): T {
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) {
    if (typeof inner === "object" && inner !== null) freezeDeep(inner);
  }
  return Object.freeze(value);
}
