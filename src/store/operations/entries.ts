import type { Operation } from "../operation.ts";
import { audit, entry } from "../schema.ts";
import { insertRows, type Statement } from "../statements.ts";

/** A row of the log of changes. */
export type NewAudit = Omit<typeof audit.$inferInsert, "id">;

/** An entry to be written, and under which condition. */
export interface EntryWrite {
  readonly kind: (typeof entry.$inferInsert)["kind"];
  readonly name: string;
  readonly value: string;
  readonly changedAt: number;
  readonly madeBy?: "upstream-login" | null;
  readonly position?: number | null;
  /**
   * When the entry was changed last, as its writer has seen it; null: there must be none of that name, in upper or lower
   * case; absent: whatever there is.
   */
  readonly seenAt?: number | null;
  /** What the log says of it, where it was written. */
  readonly audit?: NewAudit;
  /** It is an account with another password: browsers of who signed in with the old one are signed out. */
  readonly hasNewPassword?: boolean;
}

/** An entry to be removed, and under which condition. */
export interface EntryRemoval {
  readonly kind: string;
  readonly name: string;
  /** As of a write. */
  readonly seenAt?: number;
  readonly audit?: NewAudit;
}

/** Does nothing, and leaves what the statement before has changed as it was. */
const NOTHING: Statement = { sql: "select 1", args: [] };
const COLUMNS = "kind, name, value, changed_at, made_by, position";

/** Writes entries, new or changed; gives for each whether it was written. A later change has a later time. */
export const putEntry: Operation<EntryWrite, boolean> = {
  statements: (calls) =>
    calls.flatMap((call) => [
      putStatement(call),
      auditIfChanged(call.audit),
      call.hasNewPassword ? endBrowsersIfChanged(call.name, "by_account_password = 1") : NOTHING,
    ]),
  results: (calls, results) => calls.map((_, index) => results[3 * index]!.rowsAffected > 0),
};

/** Signs the persons of an account out, where the statements before have changed something. */
function endBrowsersIfChanged(account: string, which: "by_account_password = 1" | "true"): Statement {
  return {
    sql: `delete from web_session where changes() > 0
            and user_name in (select name from user where lower(account) = lower(?) and ${which})`,
    args: [account],
  };
}

function putStatement(call: EntryWrite): Statement {
  const { kind, name, value, changedAt, madeBy = null, position = null, seenAt } = call;
  const row = [kind, name, value, changedAt, madeBy, position];
  if (seenAt === null) {
    return {
      sql: `insert into entry (${COLUMNS}) select ?, ?, ?, ?, ?, ?
            where not exists (select 1 from entry where kind = ? and lower(name) = lower(?))`,
      args: [...row, kind, name],
    };
  }
  if (seenAt !== undefined) {
    return {
      sql: `update entry set value = ?, changed_at = max(?, changed_at + 1)
            where kind = ? and name = ? and changed_at = ?`,
      args: [value, changedAt, kind, name, seenAt],
    };
  }
  return {
    sql: `insert into entry (${COLUMNS}) values (?, ?, ?, ?, ?, ?) on conflict (kind, name) do update set
            value = excluded.value, changed_at = max(excluded.changed_at, entry.changed_at + 1)`,
    args: row,
  };
}

/** Removes entries; gives for each whether it was there as it was seen. The persons of an account are signed out with it. */
export const removeEntry: Operation<EntryRemoval, boolean> = {
  statements: (calls) =>
    calls.flatMap(({ kind, name, seenAt = null, audit: row }) => [
      {
        sql: "delete from entry where kind = ? and name = ? and (? is null or changed_at = ?)",
        args: [kind, name, seenAt, seenAt],
      },
      auditIfChanged(row),
      kind === "account" ? endBrowsersIfChanged(name, "true") : NOTHING,
    ]),
  results: (calls, results) => calls.map((_, index) => results[3 * index]!.rowsAffected > 0),
};

/** Routes in their new order, the first first. */
export interface RouteOrder {
  readonly names: readonly string[];
  readonly audit: NewAudit;
}

/** Puts routes in order. */
export const orderRoutes: Operation<RouteOrder, void> = {
  statements: (calls) =>
    calls.flatMap(({ names, audit: row }) => [
      {
        sql: `update entry set position = (select key from json_each(?) where value = entry.name)
              where kind = 'route' and name in (select value from json_each(?))`,
        args: [JSON.stringify(names), JSON.stringify(names)],
      },
      auditIfChanged(row),
    ]),
};

/** Writes rows of the log of changes. */
export const noteAudit: Operation<NewAudit, void> = { statements: (calls) => insertRows(audit, calls) };

/** Forgets the oldest rows of the log of changes, as far as they are older than a time; at most `limit` of them. */
export const purgeAudit: Operation<{ readonly before: number; readonly limit: number }, number> = {
  statements: (calls) =>
    calls.map(({ before, limit }) => ({
      // Rows are written in the order of their times: there is no need to look beyond the oldest.
      sql: "delete from audit where at < ? and id in (select id from audit order by id limit ?)",
      args: [before, limit],
    })),
  results: (calls, results) => calls.map((_, index) => results[index]!.rowsAffected),
};

/** A row of the log where the statement before has changed something; without a row a statement that does nothing. */
export function auditIfChanged(row: NewAudit | undefined): Statement {
  if (row === undefined) return NOTHING;
  return {
    sql: `insert into audit (at, actor, kind, name, action, detail) select ?, ?, ?, ?, ?, ? where changes() > 0`,
    args: [row.at, row.actor, row.kind, row.name, row.action, row.detail],
  };
}
