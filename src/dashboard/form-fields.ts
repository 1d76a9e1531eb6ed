/** Fields of forms, made of rows of the settings table: how a key is asked for, how its value is shown and read. */
import type { SettingError } from "../settings.ts";
import type { Rows } from "../settings/table.ts";
import { texts } from "../../web/texts.ts";
import type { FieldOption, FormField } from "../../web/form-models.ts";

/** A key of an entry. */
export type Row = Rows[string];

/** What a rule of several parts is written with. */
const ARROW = " → ";

/** What a form says of a field beyond what its row says. */
type Own =
  & Pick<FormField, "key" | "label" | "hint" | "preset">
  & Partial<Omit<FormField, "value" | "error">>
  & { readonly value: unknown; readonly error: SettingError | undefined };

/** A field. Its value is as the settings file would have it. Pure. */
export function fieldOf(row: Row, own: Own): FormField {
  return {
    ...controlOf(row),
    required: row.shape === "setting" && row.need === "required",
    now: null,
    isFixed: false,
    isSeldom: false,
    ...own,
    preset: own.preset.replaceAll("\n", ", "),
    value: writeValue(row, own.value),
    error: own.error === undefined ? null : sentenceOf(own.error),
  };
}

/** Options that are called what they are. */
export function optionsOf(values: readonly string[]): FieldOption[] {
  return values.map((value) => ({ value, name: value }));
}

/** How a key is asked for. */
export function controlOf(row: Row): Pick<FormField, "control" | "options"> {
  if (row.shape !== "setting" || row.kind.name.startsWith("list")) return { control: "lines", options: [] };
  const { kind } = row;
  if (kind.secret) return { control: "password", options: [] };
  if (isTicked(row)) return { control: "flag", options: [] };
  if (kind.name === "true or false") {
    const { yes, no } = texts.forms;
    return { control: "choice", options: [{ value: "true", name: yes }, { value: "false", name: no }] };
  }
  if (kind.name === "word") return { control: "choice", options: optionsOf(JSON.parse(`[${kind.range}]`) as string[]) };
  return { control: kind.name.includes("number") ? "number" : "text", options: [] };
}

/** A flag that is off where nothing is said is a box to be ticked. */
function isTicked(row: Row): boolean {
  return row.shape === "setting" && row.kind.name === "true or false" && row.default === false;
}

/** What a key is for, in words without marks. */
export function docOf({ doc }: Row): string {
  return doc.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1").replaceAll("`", "");
}

/** A value of an entry as its field shows it; a secret is never shown. */
export function writeValue(row: Row, value: unknown): string {
  if (row.shape === "setting" && row.kind.secret) return "";
  return isTicked(row) && value === false ? "" : textOf(value);
}

/** A value in words; "": nothing. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (!Array.isArray(value)) return String(value);
  return value.map((one) => typeof one === "object" ? Object.values(one as object).join(ARROW) : String(one)).join(
    "\n",
  );
}

/**
 * What a field comes to, as it would stand in the settings file; undefined: it was left empty. What is no number stays a
 * text, for the settings table to say what it expected.
 */
export function readValue(row: Row, raw: unknown): unknown {
  if (typeof raw !== "string" || raw.trim() === "") return undefined;
  if (row.shape !== "setting") return splitLines(raw).map((line) => ruleOf(row, line));
  const { name, secret } = row.kind;
  const text = raw.trim();
  if (secret) return raw;
  if (name.startsWith("list")) return splitList(text, name);
  if (name === "true or false") return text === "true" ? true : text === "false" ? false : text;
  return name.includes("number") && /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** The parts of a rule, by the keys of its table. */
function ruleOf({ rows }: Exclude<Row, { readonly shape: "setting" }>, line: string): Record<string, string> {
  const parts = line.split(/\s*(?:->|→|\s)\s*/);
  return Object.fromEntries(Object.keys(rows).map((key, index) => [key, parts[index] ?? ""]));
}

/** The items of a field, one a line; addresses and networks may have commas between them, though not within quotes. */
function splitList(text: string, kind: string): string[] {
  return kind === "list: text" ? splitLines(text) : splitLines(text, /[\r\n]+|,(?=(?:[^"]*"[^"]*")*[^"]*$)/);
}

function splitLines(text: string, ends = /[\r\n]+/): string[] {
  return text.split(ends).map((one) => one.trim()).filter((one) => one !== "");
}

/** The key of the field that an error is about: "account.addresses[1]" is about "addresses"; "": none is. */
export function keyOfError(kind: string, { key }: SettingError): string {
  return new RegExp(`(?:^|\\.)${kind}(?:\\[\\d+\\])?\\.([a-z_]+)`).exec(key)?.[1] ?? "";
}

/** What is wrong with a form as a whole: the errors that are about none of its fields. */
export function problemsBeside(keys: readonly string[], kind: string, errors: readonly SettingError[]): string[] {
  return errors.filter((one) => !keys.includes(keyOfError(kind, one))).map((one) => `${one.key}: ${sentenceOf(one)}`);
}

function sentenceOf({ value, expected }: SettingError): string {
  return value === "(missing)" ? texts.forms.missing(expected) : texts.forms.wrong(value, expected);
}
