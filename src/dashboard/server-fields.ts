/** The fields by which people write an upstream or a source: made from the settings table, as the file's keys are. */
import type { EntryValue } from "../identity/entries.ts";
import { parseEntry, type SettingError, type Source, type Upstream } from "../settings.ts";
import { upstream } from "../settings/entries.ts";
import { source } from "../settings/source.ts";
import type { Rows, Setting } from "../settings/table.ts";
import { formatSize } from "../settings/units.ts";
import type { FieldModel, ServerKind } from "../../web/server-models.ts";

const TABLES: Readonly<Record<ServerKind, Rows>> = { upstream: upstream.rows, source: source.rows };

/** Keys that stand in no field of their own: what they hold stays as it is. */
const KEPT = ["password_file", "password_env"];
/** Keys whose fields are filled with what the provider's profile says. */
const PREFILLED = ["host", "port", "tls"];
/** What a rule of delivery is written with, one in a line. */
const ARROW = /\s*(?:->|→|\s)\s*/;

/**
 * Reads the fields of a form as an entry, as it would stand in the settings file. What is empty is not there; what is no
 * number stays text, for the settings table to say what it expected. What the provider's profile says by itself is left to
 * it.
 */
export function entryOfFields(kind: ServerKind, fields: Readonly<Record<string, unknown>>): EntryValue {
  const value: EntryValue = {};
  for (const [key, row] of Object.entries(TABLES[kind])) {
    const text = fields[key];
    if (typeof text !== "string" || text.trim() === "") continue;
    if (row.shape === "setting") value[key] = valueOf(row, row.kind.secret ? text : text.trim());
    else if (row.shape === "entries") value[key] = rulesOf(text);
  }
  return withoutDefaults(kind, value);
}

function valueOf({ kind }: Setting<unknown, string>, text: string): unknown {
  if (kind.name === "whole number") return /^\d{1,15}$/.test(text) ? Number(text) : text;
  if (kind.name === "true or false") return text === "true" ? true : text === "false" ? false : text;
  return kind.name.startsWith("list: ") ? text.split(/[\s,;]+/).filter((part) => part !== "") : text;
}

function rulesOf(text: string): EntryValue[] {
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "").map((line) => {
    const [recipient = "", account = ""] = line.split(ARROW);
    return { recipient, account };
  });
}

/** An entry without what its provider's profile says anyhow: it follows the profile then. */
function withoutDefaults(kind: ServerKind, value: EntryValue): EntryValue {
  if (value["provider"] === undefined) return value;
  const { provider } = value;
  const kept = Object.entries(value).filter(([key, one]) => {
    const row = TABLES[kind][key];
    if (row?.shape !== "setting" || row.need !== "derived" || key === "name") return true;
    // The port goes with the way TLS begins.
    const given = key === "port"
      ? { provider, tls: value["tls"] ?? defaultOf(TABLES[kind]["tls"]!, { provider }) }
      : { provider };
    return String(one) !== defaultOf(row, given);
  });
  return Object.fromEntries(kept);
}

/** What stands in place of a field that is left empty; "": nothing. */
function defaultOf(row: Rows[string], entry: EntryValue): string {
  if (row.shape !== "setting") return "";
  if (row.need === "default") return textOf(row.default);
  const derived = row.derived?.value(entry, {}, {
    baseDir: "",
    workDir: "",
    env: {},
    runtime: "node",
    readFile: () => "",
  });
  return row.kind.unit === "octets" && typeof derived === "number" ? formatSize(derived) : textOf(derived);
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) {
    return value.map((one) => typeof one === "object" ? Object.values(one as object).join(" → ") : String(one)).join(
      value.some((one) => typeof one === "object") ? "\n" : ", ",
    );
  }
  return value === undefined || value === null ? "" : String(value);
}

/** The fields of a form, by key. A secret is never in them. */
export function fieldsOf(kind: ServerKind, value: EntryValue): Readonly<Record<string, FieldModel>> {
  const resolved: EntryValue = {};
  const fields = Object.entries(TABLES[kind]).map(([key, row]): [string, FieldModel] => {
    const fallback = defaultOf(row, resolved);
    const given = textOf(value[key]);
    resolved[key] = given === "" ? numberOr(fallback) : value[key];
    const isSecret = row.shape === "setting" && row.kind.secret !== undefined;
    return [key, {
      key,
      value: isSecret
        ? ""
        : given === "" && value["provider"] !== undefined && PREFILLED.includes(key)
        ? fallback
        : given,
      fallback,
      type: typeOf(row),
      choices: row.shape === "setting" && row.kind.name === "word" ? wordsOf(row.kind.range) : [],
      doc: plain(row.doc),
    }];
  });
  return Object.fromEntries(fields);
}

function numberOr(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function typeOf(row: Rows[string]): FieldModel["type"] {
  if (row.shape !== "setting") return "lines";
  if (row.kind.secret) return "secret";
  if (row.kind.name === "word") return "choice";
  return row.kind.name === "true or false" ? "flag" : row.kind.name === "whole number" ? "number" : "text";
}

function wordsOf(range = ""): string[] {
  return [...range.matchAll(/"([^"]+)"/g)].map(([, word]) => word!);
}

/** The documentation of a key without its marks. */
function plain(doc: string): string {
  return doc.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1").replaceAll("`", "");
}

/** What is wrong with an entry, by the field that is to blame; "": none is. */
export function problemsOf(errors: readonly SettingError[]): { readonly key: string; readonly text: string }[] {
  return errors.map(({ key, expected }) => ({
    key: /(?:^upstream|source(?:\[\d+\])?)\.([a-z_]+)/.exec(key)?.[1] ?? "",
    text: expected,
  }));
}

/** An entry as Waypost would use it, or what is wrong with it. */
export function readServer(
  kind: "upstream",
  value: EntryValue,
): { readonly server: Upstream } | { readonly errors: readonly SettingError[] };
export function readServer(
  kind: "source",
  value: EntryValue,
): { readonly server: Source } | { readonly errors: readonly SettingError[] };
export function readServer(kind: ServerKind, value: EntryValue) {
  if (kind === "upstream") {
    const parsed = parseEntry("upstream", value);
    return "errors" in parsed ? parsed : { server: parsed.entry };
  }
  const parsed = parseEntry("account", { login: "nobody", source: [value] });
  return "errors" in parsed ? parsed : { server: parsed.entry.sources[0]! };
}

/** A changed entry: what no field shows stays as it was, and so does a password that nobody has typed anew. Pure. */
export function changedEntry(before: EntryValue, after: EntryValue): EntryValue {
  if (after["username"] === undefined) return after;
  if (after["password"] !== undefined) return after;
  const kept = ["password", ...KEPT].filter((key) => before[key] !== undefined).map((key) => [key, before[key]]);
  return { ...after, ...Object.fromEntries(kept) };
}
