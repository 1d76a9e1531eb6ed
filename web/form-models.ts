/** What forms are made of. */

/** What can be chosen: its value, and what it is called. */
export interface FieldOption {
  readonly value: string;
  readonly name: string;
}

/** A field of a form. */
export interface FormField {
  /** Its name in the form: the key of the settings. */
  readonly key: string;
  readonly label: string;
  /** What it is for; "": the label says it all. */
  readonly hint: string;
  readonly control: "text" | "number" | "lines" | "flag" | "choice" | "password";
  /** Of a choice: what there is beside nothing; of a text: what is suggested. */
  readonly options: readonly FieldOption[];
  readonly required: boolean;
  /** What holds where nothing is entered. */
  readonly preset: string;
  /** Of a flag: "true" or "". Lines are separated by line feeds. */
  readonly value: string;
  /** What is wrong with the value, and what was expected; null: nothing. */
  readonly error: string | null;
  /** What stands there now, where somebody else has changed it meanwhile; null: the same. */
  readonly now: string | null;
  /** It is shown and cannot be changed. */
  readonly isFixed: boolean;
  /** It stands among those that are seldom needed. */
  readonly isSeldom: boolean;
}

/** What a form is shown with, new or again after what was wrong. */
export interface FormModel {
  readonly fields: readonly FormField[];
  /** What is wrong with it as a whole, in sentences; what is wrong with a field stands in the field. */
  readonly problems: readonly string[];
  /** When the entry was changed last, as the form has seen it; null: it is new. */
  readonly seenAt: number | null;
}
