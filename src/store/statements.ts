import { getTableColumns, getTableName } from "drizzle-orm";
import { CasingCache } from "drizzle-orm/casing";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { InValue } from "@libsql/client";

/** One SQL statement with its arguments, as the database takes it. */
export interface Statement {
  readonly sql: string;
  readonly args: InValue[];
}

/** How column names are written in the database: the same for migrations, statements and queries. */
export const CASING = "snake_case";

const casing = new CasingCache(CASING);
const columnCache = new WeakMap<SQLiteTable, [key: string, column: string][]>();

function columnsOf(table: SQLiteTable): [key: string, column: string][] {
  let columns = columnCache.get(table);
  if (!columns) {
    columns = Object.entries(getTableColumns(table)).map(([key, column]) => [key, casing.getColumnCasing(column)]);
    columnCache.set(table, columns);
  }
  return columns;
}

/**
 * One INSERT for any number of rows: what makes a group of messages cost little more than one.
 * @param conflict what to do when a row is there already, "on conflict …"; absent: that is an error
 */
export function insertRows<Table extends SQLiteTable>(
  table: Table,
  rows: readonly Table["$inferInsert"][],
  conflict = "",
): Statement {
  const columns = columnsOf(table);
  const row = `(${columns.map(() => "?").join(",")})`;
  const names = columns.map(([, column]) => column).join(",");
  const args: InValue[] = [];
  for (const values of rows as readonly Record<string, InValue | undefined>[]) {
    for (const [key] of columns) args.push(values[key] ?? null);
  }
  const values = Array.from({ length: rows.length }, () => row).join(",");
  return { sql: `insert into "${getTableName(table)}" (${names}) values ${values} ${conflict}`, args };
}

/** Most arguments of a statement here; SQLite takes 32,766. */
const MAX_ARGUMENTS = 30_000;

/** INSERTs for any number of rows, as few as the limit on arguments allows; none for none. */
export function insertAll<Table extends SQLiteTable>(
  table: Table,
  rows: readonly Table["$inferInsert"][],
): Statement[] {
  return partsOf(rows, columnsOf(table).length).map((part) => insertRows(table, part));
}

/** Cuts rows into parts whose arguments, `width` for each row, fit into one statement. */
export function partsOf<Row>(rows: readonly Row[], width: number): Row[][] {
  const most = Math.floor(MAX_ARGUMENTS / width);
  return Array.from({ length: Math.ceil(rows.length / most) }, (_, part) => rows.slice(part * most, (part + 1) * most));
}

/** `count` placeholders in brackets, for `in`. */
export function listOf(count: number): string {
  return `(${Array.from({ length: count }, () => "?").join(",")})`;
}

/** `rows` rows of `width` placeholders, for `values`. */
export function valuesOf(rows: number, width: number): string {
  const row = listOf(width);
  return Array.from({ length: rows }, () => row).join(",");
}
