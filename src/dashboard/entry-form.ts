/** Forms of entries: their fields are made of the table of settings, so each key of an entry has one. */
import type { Directory } from "../identity/directory.ts";
import { EntryConflict } from "../identity/entry-changes.ts";
import { EntryError, type EntryValue } from "../identity/entries.ts";
import { account } from "../settings/entries.ts";
import { entryTable, type SettingError } from "../settings.ts";
import type { Setting } from "../settings/table.ts";
import { texts } from "../../web/texts.ts";
import type { FormField, FormModel } from "../../web/form-models.ts";
import { docOf, fieldOf, keyOfError, optionsOf, problemsBeside, readValue, textOf, writeValue } from "./form-fields.ts";

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

type OwnRow = readonly [key: string, setting: Setting<unknown, string>];

/** The settings of a kind that its form shows: an account's password and sources have pages of their own. */
function rowsOf(kind: FormKind): OwnRow[] {
  return Object.entries(entryTable(kind).rows).flatMap(([key, row]): OwnRow[] =>
    row.shape !== "setting" || row.kind.secret ? [] : [[key, row]]
  );
}

/** The form. Pure. */
export function entryForm(content: FormContent): FormModel {
  const { kind, error, seenAt } = content;
  const errors = error instanceof EntryError ? error.errors : [];
  const fields = rowsOf(kind).map((row) => entryField(row, content, errors));
  const password = kind === "account" && seenAt === null ? [passwordField(errors)] : [];
  const all = [...fields.slice(0, 1), ...password, ...fields.slice(1)];
  return {
    fields: all,
    problems: [
      ...error instanceof EntryConflict ? [texts.forms.conflicts[error.reason]] : [],
      ...problemsBeside(all.map(({ key }) => key), kind, errors),
    ],
    seenAt,
  };
}

function entryField(
  [key, row]: OwnRow,
  { kind, value, now, seenAt, directory }: FormContent,
  errors: readonly SettingError[],
): FormField {
  const isFixed = seenAt !== null && key === FIXED[kind];
  const current = now === undefined ? null : writeValue(row, now[key]);
  const labels: Readonly<Record<string, string>> = texts.forms.labels[kind];
  return fieldOf(row, {
    key,
    label: labels[key] ?? key,
    hint: hintOf(key, row, directory, isFixed),
    ...choiceOf(key, directory),
    preset: key === "upstream" ? texts.forms.byRoutes : presetOf(row),
    value: value[key],
    error: errors.find((one) => keyOfError(kind, one) === key),
    now: current === null || current === writeValue(row, value[key]) ? null : current,
    isFixed,
    isSeldom: SELDOM.includes(key),
  });
}

/** The password of a new account. */
function passwordField(errors: readonly SettingError[]): FormField {
  return fieldOf(account.rows.password, {
    key: "password",
    label: texts.forms.labels.account.password,
    hint: texts.accounts.passwordHint,
    preset: "",
    value: undefined,
    error: errors.find((one) => keyOfError("account", one) === "password"),
  });
}

/** The keys that name something else: what there is. */
function choiceOf(key: string, { upstreams, devices, accounts }: Directory): Partial<FormField> {
  if (key === "upstream") return { control: "choice", options: optionsOf(upstreams.map(({ name }) => name)) };
  if (key === "device") return { control: "choice", options: optionsOf(devices.map(({ name }) => name)) };
  return key === "account" ? { options: optionsOf(accounts.map(({ login }) => login)) } : {};
}

function presetOf({ need, default: preset, derived }: Setting<unknown, string>): string {
  if (need === "derived") return derived?.text ?? "";
  return typeof preset === "boolean" ? "" : textOf(preset);
}

function hintOf(key: string, row: Setting<unknown, string>, { upstreams }: Directory, isFixed: boolean): string {
  const { hints } = texts.forms;
  if (isFixed) return hints.fixed;
  if (key === "via") {
    return upstreams.length === 0 ? hints.noUpstreams : hints.via(upstreams.map(({ name }) => name).join(", "));
  }
  return row.kind.name.startsWith("list") ? `${docOf(row)} ${hints.lines}` : docOf(row);
}

/** What the fields of a form come to: the keys of its kind alone, those that were left empty undefined. */
export function readEntryForm(kind: FormKind, form: Readonly<Record<string, unknown>>): EntryValue {
  return Object.fromEntries(rowsOf(kind).map(([key, row]) => [key, readValue(row, form[key])]));
}
