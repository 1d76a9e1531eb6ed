import { parse } from "smol-toml";

/** Where a value stands: keys of tables and indices of arrays, from the root. */
export type Path = readonly (string | number)[];

/** The line (from 1) on which a key, or else the closest table around it, stands. */
export type LineOf = (path: Path) => number | undefined;

/** A path as people write it: `upstream[1].port`. */
export function formatPath(path: Path): string {
  return path.map((part, at) => typeof part === "number" ? `[${part}]` : at === 0 ? part : `.${part}`).join("");
}

/**
 * Finds the line of every key of a TOML document, in arrays of tables, dotted keys, arrays and inline tables too.
 * The document must be well-formed: the parser, which tells no positions, has read it before.
 */
export function findLines(toml: string): LineOf {
  const scanner: Scanner = { toml, at: 0, line: 1, lines: new Map(), counts: new Map() };
  let table: Path = [];
  skipBlank(scanner);
  while (scanner.at < toml.length) {
    if (toml[scanner.at] === "[") table = scanHeader(scanner);
    else scanPair(scanner, table);
    skipBlank(scanner);
  }
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const line = scanner.lines.get(keyOf(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return undefined;
  };
}

interface Scanner {
  readonly toml: string;
  at: number;
  line: number;
  readonly lines: Map<string, number>;
  /** How many tables each array of tables has so far. */
  readonly counts: Map<string, number>;
}

function keyOf(path: Path): string {
  return JSON.stringify(path);
}

/** Notes where a path stands; the first place counts, since a table may be opened before its header comes. */
function note(scanner: Scanner, path: Path): void {
  const key = keyOf(path);
  if (!scanner.lines.has(key)) scanner.lines.set(key, scanner.line);
}

/** Moves on by so many characters, counting lines. */
function advance(scanner: Scanner, count: number): void {
  for (const end = Math.min(scanner.at + count, scanner.toml.length); scanner.at < end; scanner.at++) {
    if (scanner.toml[scanner.at] === "\n") scanner.line++;
  }
}

const BLANK = /(?:[\s\uFEFF]|#[^\n]*)*/y;

/** Passes white space, line ends and comments. */
function skipBlank(scanner: Scanner): void {
  advance(scanner, matchAt(scanner, BLANK).length);
}

function matchAt(scanner: Scanner, pattern: RegExp): string {
  pattern.lastIndex = scanner.at;
  return pattern.exec(scanner.toml)?.[0] ?? "";
}

/** `[a.b]` or `[[a.b]]`: the path of the table that it opens. */
function scanHeader(scanner: Scanner): Path {
  const isArray = scanner.toml.startsWith("[[", scanner.at);
  advance(scanner, isArray ? 2 : 1);
  const parts = scanKey(scanner);
  let path: Path = [];
  for (const [index, part] of parts.entries()) {
    path = [...path, part];
    const isLast = index === parts.length - 1;
    const count = scanner.counts.get(keyOf(path)) ?? 0;
    note(scanner, path);
    if (isLast && isArray) {
      scanner.counts.set(keyOf(path), count + 1);
      path = [...path, count];
      note(scanner, path);
    } else if (count > 0) {
      // A header beneath an array of tables belongs to the table that was opened last.
      path = [...path, count - 1];
    }
  }
  advance(scanner, isArray ? 2 : 1);
  return path;
}

function scanPair(scanner: Scanner, table: Path): void {
  let path = table;
  const line = scanner.line;
  for (const part of scanKey(scanner)) {
    path = [...path, part];
    if (!scanner.lines.has(keyOf(path))) scanner.lines.set(keyOf(path), line);
  }
  advance(scanner, 1); // "="
  skipBlank(scanner);
  scanValue(scanner, path);
}

const BARE_KEY = /[A-Za-z0-9_-]+/y;
const STRING = /"""(?:[^\\]|\\[^])*?"{3,5}|'''[^]*?'{3,5}|"(?:[^"\\]|\\.)*"|'[^']*'/y;
const SCALAR = /[^,\]}#\n]*/y;

/** A bare, quoted or dotted key, with the blanks after it. */
function scanKey(scanner: Scanner): string[] {
  const parts: string[] = [];
  for (;;) {
    skipBlank(scanner);
    const quoted = matchAt(scanner, STRING);
    const raw = quoted || matchAt(scanner, BARE_KEY);
    // The parser knows TOML's escapes.
    parts.push(quoted ? Object.keys(parse(`${raw} = 0`))[0] ?? "" : raw);
    advance(scanner, raw.length);
    skipBlank(scanner);
    if (scanner.toml[scanner.at] !== ".") return parts;
    advance(scanner, 1);
  }
}

function scanValue(scanner: Scanner, path: Path): void {
  const first = scanner.toml[scanner.at];
  if (first === "[") {
    return scanItems(scanner, "]", (index) => {
      note(scanner, [...path, index]);
      scanValue(scanner, [...path, index]);
    });
  }
  if (first === "{") return scanItems(scanner, "}", () => scanPair(scanner, path));
  const text = first === '"' || first === "'" ? matchAt(scanner, STRING) : matchAt(scanner, SCALAR);
  advance(scanner, text.length);
}

/** The items of an array or of an inline table, each read by `scanItem`, up to the closing bracket. */
function scanItems(scanner: Scanner, close: string, scanItem: (index: number) => void): void {
  advance(scanner, 1);
  skipBlank(scanner);
  for (let index = 0; scanner.at < scanner.toml.length && scanner.toml[scanner.at] !== close; index++) {
    scanItem(index);
    skipBlank(scanner);
    if (scanner.toml[scanner.at] === ",") advance(scanner, 1);
    skipBlank(scanner);
  }
  advance(scanner, 1);
}
