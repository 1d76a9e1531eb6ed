import type { ServedMessage } from "../pop3/server/ports.ts";

/** A message as a session lists it, and its place in the spool. */
export interface ListedRow extends ServedMessage {
  readonly id: number;
}

/** Reads the lines "id octets uidl" of the query `servedMessages`. */
export function readListing(text: string): ListedRow[] {
  const rows: ListedRow[] = [];
  for (let at = 0; at < text.length;) {
    const first = text.indexOf(" ", at);
    const second = text.indexOf(" ", first + 1);
    const end = text.indexOf("\n", second);
    const next = end < 0 ? text.length : end;
    rows.push({
      id: Number(text.slice(at, first)),
      octets: Number(text.slice(first + 1, second)),
      uidl: text.slice(second + 1, next),
    });
    at = next + 1;
  }
  return rows;
}
