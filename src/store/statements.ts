import { getTableColumns, getTableName } from "drizzle-orm";
import { CasingCache } from "drizzle-orm/casing";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { InValue } from "@libsql/client";

export type { InValue };

/** One SQL statement with its arguments, as the database takes it. */
export interface Statement {
  readonly sql: string;
  readonly args: InValue[];
}

/** How column names are written in the database: the same for migrations, statements and queries. */
export const CASING = "snake_case";

const casing = new CasingCache(CASING);

interface Insertion {
  /** The columns: their keys in rows, and what stands in them where a row does not say. */
  readonly columns: readonly (readonly [key: string, preset: InValue])[];
  readonly sql: string;
}

const insertions = new WeakMap<SQLiteTable, Map<string, Insertion>>();

function insertionOf(table: SQLiteTable, conflict: string): Insertion {
  const known = insertions.get(table) ?? new Map<string, Insertion>();
  insertions.set(table, known);
  let insertion = known.get(conflict);
  if (!insertion) {
    const columns = getTableColumns(table);
    const names = Object.values(columns).map((column) => casing.getColumnCasing(column));
    const sql = `insert into "${getTableName(table)}" (${names}) values ${listOf(names.length)} ${conflict}`;
    insertion = {
      columns: Object.entries(columns).map(([key, column]) => [
        key,
        column.notNull && column.default !== undefined ? column.default as InValue : null,
      ]),
      sql,
    };
    known.set(conflict, insertion);
  }
  return insertion;
}

/**
 * An INSERT for each row. They are all the same text: a local database prepares it once (local.ts).
 * @param conflict what to do when a row is there already, "on conflict …"; absent: that is an error
 */
export function insertRows<Table extends SQLiteTable>(
  table: Table,
  rows: readonly Table["$inferInsert"][],
  conflict = "",
): Statement[] {
  const { columns, sql } = insertionOf(table, conflict);
  return (rows as readonly Record<string, InValue | undefined>[]).map((values) => ({
    sql,
    args: columns.map(([key, preset]) => values[key] ?? preset),
  }));
}

/** `count` placeholders in brackets, for `in` and `values`. */
export function listOf(count: number): string {
  return `(${Array.from({ length: count }, () => "?").join(",")})`;
}
