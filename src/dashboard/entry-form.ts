/** Forms of entries: their fields are made of the table of settings, so each key of an entry has one. */
import type { Directory } from "../identity/directory.ts";
import { EntryConflict } from "../identity/entry-changes.ts";
import { EntryError, type EntryValue } from "../identity/entries.ts";
import { entryTable, type SettingError } from "../settings.ts";
import type { Setting } from "../settings/table.ts";
import { texts } from "../../web/texts.ts";
import type { FormField, FormModel } from "../../web/form-models.ts";

/** Kinds of entries that have such a form. */
export type FormKind = "account" | "device" | "route";

/** What a form is filled with. */
export interface FormContent {
  readonly kind: FormKind;
  readonly value: EntryValue;
  readonly directory: Directory;
  /** When the entry was changed last, as the form has seen it; null: it is new. */
  readonly seenAt: number | null;
  /** What was wrong with the value, or kept it from being written. */
  readonly error?: EntryError | EntryConflict | undefined;
  /** What stands there now, where somebody else has changed it. */
  readonly now?: EntryValue | undefined;
}

/** Keys that name the entry: they are given once. */
const FIXED: Readonly<Record<FormKind, string>> = { account: "login", device: "name", route: "" };
/** Keys that most entries leave as they are. */
const SELDOM: readonly string[] = [
  "owner",
  "messages_per_minute",
  "messages_per_hour",
  "max_message_size",
  "min_tls",
  "bare_lf",
  "min_size",
  "max_size",
];

type Row = readonly [key: string, setting: Setting<unknown, string>];

/** The settings of a kind that its form shows: an account's password and sources have pages of their own. */
function rowsOf(kind: FormKind): Row[] {
  return Object.entries(entryTable(kind).rows).flatMap(([key, row]): Row[] =>
    row.shape !== "setting" || row.kind.secret ? [] : [[key, row]]
  );
}

/** The form. Pure. */
export function entryForm(content: FormContent): FormModel {
  const { kind, error, seenAt } = content;
  const errors = error instanceof EntryError ? error.errors : [];
  const rows = rowsOf(kind);
  const fields = rows.map(([key, row]) => fieldOf(key, row, content, errors));
  const known = [...rows.map(([key]) => key), ...kind === "account" ? ["password"] : []];
  const general = errors.filter((one) => !known.includes(keyOf(kind, one)));
  return {
    fields: kind === "account" && seenAt === null
      ? [...fields.slice(0, 1), passwordField(errors), ...fields.slice(1)]
      : fields,
    problems: [
      ...error instanceof EntryConflict ? [texts.forms.conflicts[error.reason]] : [],
      ...general.map((one) => `${one.key}: ${sentenceOf(one)}`),
    ],
    seenAt,
  };
}

function fieldOf(
  key: string,
  row: Setting<unknown, string>,
  { kind, value, now, seenAt, directory }: FormContent,
  errors: readonly SettingError[],
): FormField {
  const error = errors.find((one) => keyOf(kind, one) === key);
  const shown = writeField(value[key]);
  const current = now === undefined ? null : writeField(now[key]);
  const labels: Readonly<Record<string, string>> = texts.forms.labels[kind];
  return {
    key,
    label: labels[key] ?? key,
    hint: hintOf(key, row, directory, seenAt !== null && key === FIXED[kind]),
    ...controlOf(key, row, directory),
    required: row.need === "required",
    preset: key === "upstream" ? texts.forms.byRoutes : presetOf(row),
    value: shown,
    error: error === undefined ? null : sentenceOf(error),
    now: current === null || current === shown ? null : current,
    isFixed: seenAt !== null && key === FIXED[kind],
    isSeldom: SELDOM.includes(key),
  };
}

/** The password of a new account. */
function passwordField(errors: readonly SettingError[]): FormField {
  const error = errors.find((one) => keyOf("account", one) === "password");
  return {
    ...{ key: "password", label: texts.forms.labels.account.password, hint: texts.accounts.passwordHint },
    ...{ control: "password", options: [], required: false, preset: "", value: "", now: null },
    error: error === undefined ? null : sentenceOf(error),
    ...{ isFixed: false, isSeldom: false },
  };
}

/** The key of the form's field that an error is about: "account.addresses[1]" is about "addresses". */
function keyOf(kind: FormKind, { key }: SettingError): string {
  return /^[a-z_]+/.exec(key.slice(kind.length + 1))?.[0] ?? "";
}

function sentenceOf({ value, expected }: SettingError): string {
  return value === "(missing)" ? texts.forms.missing(expected) : texts.forms.wrong(value, expected);
}

function controlOf(
  key: string,
  { kind, default: preset }: Setting<unknown, string>,
  directory: Directory,
): Pick<FormField, "control" | "options"> {
  if (key === "upstream") return { control: "choice", options: directory.upstreams.map(({ name }) => name) };
  if (key === "device") return { control: "choice", options: directory.devices.map(({ name }) => name) };
  if (key === "account") return { control: "text", options: directory.accounts.map(({ login }) => login) };
  if (kind.name.startsWith("list")) return { control: "lines", options: [] };
  if (kind.name === "true or false" && preset === false) return { control: "flag", options: [] };
  if (kind.name === "word") return { control: "choice", options: JSON.parse(`[${kind.range}]`) as string[] };
  return { control: kind.name.includes("number") ? "number" : "text", options: [] };
}

function presetOf({ need, default: preset, derived }: Setting<unknown, string>): string {
  if (need === "derived") return derived?.text ?? "";
  return preset === undefined || typeof preset === "boolean"
    ? ""
    : Array.isArray(preset)
    ? preset.join(", ")
    : String(preset);
}

function hintOf(key: string, row: Setting<unknown, string>, { upstreams }: Directory, isFixed: boolean): string {
  const { hints } = texts.forms;
  if (isFixed) return hints.fixed;
  if (key === "via") {
    return upstreams.length === 0 ? hints.noUpstreams : hints.via(upstreams.map(({ name }) => name).join(", "));
  }
  const doc = row.doc.replaceAll("`", "");
  return row.kind.name.startsWith("list") ? `${doc} ${hints.lines}` : doc;
}

/** The items of a field, one a line; addresses and networks may have commas between them, though not within quotes. */
function splitList(text: string, kind: string): string[] {
  const ends = kind === "list: text" ? /[\r\n]+/ : /[\r\n]+|,(?=(?:[^"]*"[^"]*")*[^"]*$)/;
  return text.split(ends).map((one) => one.trim()).filter((one) => one !== "");
}

/** A value of an entry as a field shows it. */
export function writeField(value: unknown): string {
  if (value === undefined || value === null || value === false) return "";
  return Array.isArray(value) ? value.map(String).join("\n") : String(value);
}

/**
 * What the fields of a form come to: the keys of its kind alone, those that were left empty undefined. A number that is
 * none stays a text, for the check to name it.
 */
export function readEntryForm(kind: FormKind, form: Readonly<Record<string, unknown>>): EntryValue {
  return Object.fromEntries(
    rowsOf(kind).map(([key, { kind: { name } }]) => {
      const raw = form[key];
      const text = typeof raw === "string" ? raw.trim() : "";
      if (text === "") return [key, undefined];
      if (name.startsWith("list")) return [key, splitList(text, name)];
      if (name === "true or false") return [key, text === "true"];
      return [key, name.includes("number") && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text];
    }),
  );
}
