/** The fields by which people write an upstream or a source: made from the settings table, as the file's keys are. */
import type { EntryValue } from "../identity/entries.ts";
import { parseEntry, type SettingError, type Source, type Upstream } from "../settings.ts";
import { upstream } from "../settings/entries.ts";
import { source } from "../settings/source.ts";
import type { Rows } from "../settings/table.ts";
import { formatSize } from "../settings/units.ts";
import type { FormField } from "../../web/form-models.ts";
import type { ServerKind } from "../../web/server-models.ts";
import { texts } from "../../web/texts.ts";
import { docOf, fieldOf, keyOfError, readValue, type Row, textOf } from "./form-fields.ts";

const TABLES: Readonly<Record<ServerKind, Rows>> = { upstream: upstream.rows, source: source.rows };

/** Keys that stand in no field of their own: what they hold stays as it is. */
const KEPT = ["password_file", "password_env"];
/** Keys whose fields are filled with what the provider's profile says. */
const PREFILLED = ["host", "port", "tls"];
/** Fields that need no more words than their label. */
const OBVIOUS = { host: "", port: "", tls: "", interval: "" };

/** The keys of an upstream or a source. */
export function rowsOf(kind: ServerKind): Rows {
  return TABLES[kind];
}

/**
 * Reads the fields of a form as an entry, as it would stand in the settings file. What is empty is not there; what the
 * provider's profile says by itself is left to it.
 */
export function entryOfFields(kind: ServerKind, fields: Readonly<Record<string, unknown>>): EntryValue {
  const read = Object.entries(TABLES[kind]).map(([key, row]) => [key, readValue(row, fields[key])] as const);
  return withoutDefaults(kind, Object.fromEntries(read.filter(([, value]) => value !== undefined)));
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
function defaultOf(row: Row, entry: EntryValue): string {
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

/** The fields of a form, by key, with what is wrong with them. A secret is never in them. */
export function fieldsOf(
  kind: ServerKind,
  value: EntryValue,
  errors: readonly SettingError[] = [],
): Readonly<Record<string, FormField>> {
  const resolved: EntryValue = {};
  return Object.fromEntries(
    Object.entries(TABLES[kind]).map(([key, row]) => {
      const preset = defaultOf(row, resolved);
      const given = textOf(value[key]);
      resolved[key] = given === "" ? numberOr(preset) : value[key];
      // The way TLS begins is always shown.
      const isPrefilled = key === "tls" || value["provider"] !== undefined && PREFILLED.includes(key);
      const error = errors.find((one) => keyOfError(kind, one) === key);
      const shown = given === "" && isPrefilled ? preset : value[key];
      return [
        key,
        fieldOf(row, { key, ...wordsOf(kind, key, row), ...ownOf(key, preset), preset, value: shown, error }),
      ];
    }),
  );
}

function numberOr(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function wordsOf(kind: ServerKind, key: string, row: Row): Pick<FormField, "label" | "hint"> {
  const labels: Readonly<Record<string, string>> = texts.servers.labels;
  const { sourceName, ...hints } = texts.servers.hints;
  // A source always wants a login.
  const ofSources = kind === "source" ? { name: sourceName, username: "" } : {};
  const own: Readonly<Record<string, string>> = { ...OBVIOUS, ...hints, ...ofSources };
  return { label: labels[key] ?? key, hint: own[key] ?? docOf(row) };
}

/** What a form asks for though a row does not, and choices that have words of their own. */
function ownOf(key: string, preset: string): Partial<FormField> {
  const { tlsModes, modes } = texts.servers;
  if (key === "tls") {
    const options = Object.entries(tlsModes).map(([value, name]) => ({ value, name }));
    return { options, required: true };
  }
  if (key === "host") return { required: preset === "" };
  if (key !== "on_client_delete") return {};
  return { options: [{ value: "keep", name: modes.clientKeep }, { value: "delete", name: modes.clientDelete }] };
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
