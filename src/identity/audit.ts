import type { Store } from "../store/store.ts";
import { secretKeys } from "../settings.ts";

/** What kinds of things the log of changes knows. */
export const AUDIT_KINDS = [
  "account",
  "device",
  "upstream",
  "route",
  "source",
  "user",
  "token",
  "login",
  "mailbox",
  "queue",
  "settings",
] as const;

/** A kind of thing that was changed. */
export type AuditKind = (typeof AUDIT_KINDS)[number];

/** One value that was changed: from what, to what; of a secret only that it was. */
export interface AuditChange {
  /** As in the settings: "upstream", "source[pop.example.net].interval". */
  readonly key: string;
  /** null: it was not there. */
  readonly from?: Plain | null;
  /** null: it is not there any more. */
  readonly to?: Plain | null;
  readonly secret?: true;
}

/** What the log keeps beside who, when and what. It holds no secret. */
export interface AuditDetail {
  readonly changes?: readonly AuditChange[];
  /** A remark in words. */
  readonly note?: string;
}

/** What was done, for the log of changes. */
export interface AuditNote {
  readonly kind: AuditKind;
  /** Which one; "" where there is but one, "12 messages" where it was done to many at once. */
  readonly name: string;
  /** "added", "changed", "removed" … */
  readonly action: string;
  readonly detail?: AuditDetail;
}

/** A row of the log, to be written together with the change. */
export interface AuditRow {
  readonly at: number;
  readonly actor: string;
  readonly kind: string;
  readonly name: string;
  readonly action: string;
  readonly detail: string;
}

type Plain = string | number | boolean | readonly unknown[];
type Table = Readonly<Record<string, unknown>>;

/** Keys by which an entry is known. */
const IDENTITY = ["name", "login"];
/** Longest text that is kept of a name or a value. */
const MAX_TEXT = 400;

/** The row of a note. Pure. */
export function auditRow({ kind, name, action, detail = {} }: AuditNote, actor: string, now: number): AuditRow {
  return { at: now, actor, kind, name: cut(name), action, detail: JSON.stringify(detail) };
}

/** Notes what was done where nothing else is written with it. @throws StoreError */
export async function noteAudit(
  store: Pick<Store, "write">,
  note: AuditNote,
  actor: string,
  now: number,
): Promise<void> {
  await store.write("noteAudit", auditRow(note, actor, now));
}

/** What is different between two entries, key by key; secrets are named, never told. Pure. */
export function differencesOf(before: Table, after: Table): AuditChange[] {
  const [old, now] = [flatten(before), flatten(after)];
  const changes = [...new Set([...old.keys(), ...now.keys()])].flatMap((key): AuditChange[] => {
    const [from, to] = [old.get(key), now.get(key)];
    // The row itself says which one was added or removed.
    if (JSON.stringify(from) === JSON.stringify(to) || (IDENTITY.includes(key) && (!from || !to))) return [];
    if (isSecret(key)) return [{ key: key.replace(/password_hash$|scram_keys$/, "password"), secret: true }];
    return [{ key, from: from ?? null, to: to ?? null }];
  });
  return changes.filter(({ key }, index) => changes.findIndex((one) => one.key === key) === index);
}

function isSecret(path: string): boolean {
  return secretKeys.has(path.slice(path.lastIndexOf(".") + 1));
}

/** The values of an entry by their paths; a list of plain values is one value. */
function flatten(table: Table, prefix = "", into = new Map<string, Plain>()): Map<string, Plain> {
  for (const [key, value] of Object.entries(table)) {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (value === undefined || value === null) continue;
    if (Array.isArray(value) && value.some(isTable)) {
      value.forEach((item, index) => flatten(isTable(item) ? item : {}, `${path}[${labelOf(item, index)}]`, into));
    } else if (isTable(value)) flatten(value, `${path}[${labelOf(value, 0)}]`, into);
    else into.set(path, isSecret(path) ? String(value) : shorten(value));
  }
  return into;
}

/** What people call a table of a list; the number where it has no name. */
function labelOf(item: unknown, index: number): string {
  const { name, host, recipient } = isTable(item) ? item : {};
  return String(name ?? host ?? recipient ?? index);
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shorten(value: unknown): Plain {
  if (typeof value === "string") return cut(value);
  return Array.isArray(value) ? value.map(shorten) : typeof value === "number" ? value : value === true;
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
