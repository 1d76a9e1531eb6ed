import type { Path } from "./lines.ts";
import type { WrittenSettings } from "./load.ts";
import { showKindOf } from "./shown.ts";
import { type Entries, type Group, propertyOf, type Resolved, type Rows, type Setting, type Written } from "./table.ts";

/** A setting as people read it. */
export interface ShownSetting {
  /** As it stands in the file: "max_message_size". */
  readonly key: string;
  /** The value in force as the file would write it; of a secret only whether there is one. */
  readonly value: string;
  /** Whether the file says so, another setting does, or nobody. */
  readonly from: "file" | "derived" | "default";
  /** Where it stands in the file. */
  readonly line: number | null;
  /** "size", "duration", "whole number of connections". */
  readonly type: string;
  readonly range: string;
  readonly preset: string;
  readonly doc: string;
}

/** A table of the settings. */
export interface SettingsSection {
  /** As in "[smtp]" or "[[smtp.listen]]"; "" for the keys before the first table. */
  readonly header: string;
  readonly doc: string;
  readonly line: number | null;
  /** Of a list of tables: how many there are; null: it is no list. */
  readonly count: number | null;
  /** The keys; of a list of tables those of each, in their order. */
  readonly tables: readonly (readonly ShownSetting[])[];
}

interface Place {
  readonly written: WrittenSettings;
  /** The table of the file, if it has it. */
  readonly given: Resolved;
  readonly path: Path;
  readonly resolved: Resolved;
}

/**
 * Every setting with its value in force, where that comes from, and what it is for. No secret is in it. Of the lists that
 * are named in `without` only how many the file has.
 */
export function reportSettings(
  root: Group<Rows>,
  written: WrittenSettings,
  settings: unknown,
  without: readonly string[],
): SettingsSection[] {
  const place = { written, given: written.tables, path: [], resolved: settings as Resolved };
  return sectionsOf(root, "", place, without);
}

function sectionsOf(
  table: Group<Rows>,
  name: string,
  place: Place,
  without: readonly string[],
): SettingsSection[] {
  const own: ShownSetting[] = [];
  const inner: SettingsSection[] = [];
  for (const [key, row] of Object.entries(table.rows)) {
    const full = name === "" ? key : `${name}.${key}`;
    if (row.shape === "setting") own.push(show(key, row, place));
    else if (row.shape === "group") {
      inner.push(...sectionsOf(row, full, within(place, key, propertyOf(key, "camel")), without));
    } else inner.push(listOf(row, full, key, place, without.includes(full)));
  }
  const { written, path } = place;
  const line = path.length === 0 ? null : written.lineOf(path) ?? null;
  return [
    { header: name === "" ? "" : `[${name}]`, doc: table.doc, line, count: null, tables: [own] },
    ...inner,
  ];
}

function listOf(
  row: Entries<Rows, string>,
  full: string,
  key: string,
  place: Place,
  isElsewhere: boolean,
): SettingsSection {
  const { written, given, path, resolved } = place;
  const asked = given[key];
  const tables = Array.isArray(asked) ? asked as Resolved[] : asked ? [asked as Resolved] : [];
  const inForce = (resolved[row.property] ?? []) as readonly Resolved[];
  const shown = isElsewhere ? [] : inForce.map((one, index) => {
    const at = { written, given: tables[index] ?? {}, path: [...path, key, index], resolved: one };
    const preset: Readonly<Record<string, Written>> = asked === undefined ? row.default[index] ?? {} : {};
    return Object.entries(row.rows).flatMap(([inner, setting]) =>
      setting.shape === "setting" ? [show(inner, setting, at, preset[inner])] : []
    );
  });
  const line = asked === undefined ? null : written.lineOf([...path, key]) ?? null;
  return { header: `[[${full}]]`, doc: row.doc, line, count: inForce.length, tables: shown };
}

function within(place: Place, key: string, property: string): Place {
  const { written, given, path, resolved } = place;
  return {
    written,
    given: (given[key] ?? {}) as Resolved,
    path: [...path, key],
    resolved: (resolved[property] ?? {}) as Resolved,
  };
}

function show(key: string, row: Setting<unknown, string>, place: Place, preset?: Written): ShownSetting {
  const { kind } = row;
  const { given, path, written } = place;
  const name = [key, `${key}_file`, `${key}_env`].find((one) => Object.hasOwn(given, one));
  const isGiven = name !== undefined && (name === key || kind.secret === "indirect");
  const standard = preset ?? row.default;
  const from = isGiven ? "file" : row.need === "derived" && preset === undefined ? "derived" : "default";
  return {
    key: isGiven ? name : key,
    value: isGiven
      ? kind.secret ? "(secret)" : writeValue(given[name])
      : from === "derived"
      ? writeValue(place.resolved[propertyOf(key, kind.property)])
      : standard === undefined
      ? ""
      : writeValue(standard),
    from,
    line: isGiven ? written.lineOf([...path, name]) ?? null : null,
    type: kind.unit && !["size", "duration"].includes(kind.name) ? `${kind.name} of ${kind.unit}` : kind.name,
    range: kind.range ?? "",
    preset: row.need === "derived" ? row.derived?.text ?? "" : row.default === undefined ? "" : writeValue(row.default),
    doc: row.doc,
  };
}

/** A value as TOML writes it; what is in tables is not told. */
function writeValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeValue).join(", ")}]`;
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : showKindOf(value);
}
