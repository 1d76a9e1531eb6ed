import type { MailField, MailState, MailTerm } from "../store/queries/mail-choice.ts";
import { MAIL_STATES } from "../store/queries/mail-choice.ts";

/** What people write into the box, read. Times are milliseconds since the epoch. */
export interface MailQuery {
  readonly terms: readonly MailTerm[];
  readonly state?: MailState | undefined;
  readonly direction?: "out" | "in" | undefined;
  /** At or after. */
  readonly fromAt?: number | undefined;
  /** Before. */
  readonly toAt?: number | undefined;
}

/** Words of one question that count. */
const MAX_TERMS = 30;
const DAY_MS = 86_400_000;

const FIELDS: Readonly<Record<string, MailField>> = {
  from: "sender",
  to: "recipients",
  subject: "subject",
  file: "names",
};

/**
 * Reads a question: words that must all be there, "words that stand together", and from:, to:, subject:, file:, is:, in:,
 * after: and before: with what belongs to them. What is no such condition is a word. Pure.
 */
export function parseMailQuery(text: string): MailQuery {
  const terms: MailTerm[] = [];
  const conditions: Omit<MailQuery, "terms"> = {};
  for (const [, key, phrase, word] of text.matchAll(/(?:([A-Za-z]+):)?(?:"([^"]*)"?|([^\s"]+))/g)) {
    const value = (phrase ?? word ?? "").trim();
    const name = key?.toLowerCase() ?? "";
    if (value === "" || noteCondition(conditions, name, value)) continue;
    const field = FIELDS[name];
    // "http://x": what stands before the colon is no condition, so all of it is a word.
    const whole = field === undefined && key !== undefined ? `${key}:${value}` : value;
    addTerm(terms, { field: field ?? "any", text: whole, isPhrase: phrase !== undefined });
  }
  return { terms, ...conditions };
}

/** A term of a form's field: all of its words, there. */
export function termsOf(field: MailField, text: string | undefined): MailTerm[] {
  return parseMailQuery(text ?? "").terms.filter((term) => term.field === "any").map((term) => ({ ...term, field }));
}

/** The begin of a day in UTC, "2026-11-24"; null: it is none. */
export function dayOf(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return null;
  const at = Date.parse(`${text}T00:00:00Z`);
  // The 31st of February is none, though some read it as a day in March.
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text ? null : at;
}

/** The end of such a day. */
export function endOfDay(at: number): number {
  return at + DAY_MS;
}

function addTerm(terms: MailTerm[], term: MailTerm): void {
  // The index knows letters and digits alone: what has none of them would fit nothing.
  if (terms.length < MAX_TERMS && /[\p{L}\p{N}]/u.test(term.text)) terms.push(term);
}

type Conditions = { -readonly [Key in keyof Omit<MailQuery, "terms">]: MailQuery[Key] };

function noteCondition(conditions: Conditions, name: string, value: string): boolean {
  const word = value.toLowerCase();
  if (name === "is") {
    const state = MAIL_STATES.find((known) => known === word);
    if (state) conditions.state = state;
    return state !== undefined;
  }
  if (name === "in") {
    const direction = word === "mailbox" || word === "mailboxes"
      ? "in"
      : word === "queue" || word === "out"
      ? "out"
      : null;
    if (direction) conditions.direction = direction;
    return direction !== null;
  }
  if (name !== "after" && name !== "before") return false;
  const at = dayOf(word);
  if (at === null) return false;
  if (name === "after") conditions.fromAt = at;
  else conditions.toAt = at;
  return true;
}
