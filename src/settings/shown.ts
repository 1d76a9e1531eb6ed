/** What stands in place of a value that is not there. */
export const MISSING = "(missing)";

/** What stands in place of the value of a key that nothing is known of: a misspelt "pasword" has a secret behind it. */
export const UNKNOWN = "(unknown key)";

/** A wrong value as it is shown to a person: short, and nothing of what is inside tables and lists. */
export function showValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : showKindOf(value);
}

/** Says what a value is where the value itself may hold secrets. */
export function showKindOf(value: unknown): string {
  if (value === null || value === undefined) return MISSING;
  if (value instanceof Date) return "(a date)";
  if (Array.isArray(value)) return "(a list)";
  return typeof value === "object" ? "(a table)" : `(a ${typeof value === "string" ? "text" : typeof value})`;
}
