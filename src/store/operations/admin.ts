import type { Operation } from "../operation.ts";
import { user, webSession } from "../schema.ts";
import { insertRows } from "../statements.ts";

/** Remembers a fact unless it is known; gives the value that holds. */
export const rememberFact: Operation<{ readonly name: string; readonly value: string }, string> = {
  statements: (calls) =>
    calls.flatMap(({ name, value }) => [
      { sql: "insert into fact (name, value) values (?, ?) on conflict do nothing", args: [name, value] },
      { sql: "select value from fact where name = ?", args: [name] },
    ]),
  results: (calls, results) => calls.map((_, index) => String(results[index * 2 + 1]!.rows[0]!.value)),
};

/** Forgets a fact. */
export const forgetFact: Operation<{ readonly name: string }, void> = {
  statements: (calls) => calls.map(({ name }) => ({ sql: "delete from fact where name = ?", args: [name] })),
};

/** Writes a dashboard user, new or changed. */
export const putUser: Operation<typeof user.$inferInsert, void> = {
  statements: (calls) =>
    insertRows(
      user,
      calls,
      "on conflict (name) do update set password_hash = excluded.password_hash, role = excluded.role",
    ),
};

/** The first user, with the set-up code that allows it. */
export interface FirstOwner {
  readonly name: string;
  readonly passwordHash: string;
  readonly createdAt: number;
  /** The fact that holds the code's hash, and the hash that it must have. */
  readonly codeFact: string;
  readonly codeHash: string;
}

/** Makes the first user, an owner, and uses up the set-up code; gives false when either is not to be had any more. */
export const createFirstOwner: Operation<FirstOwner, boolean> = {
  statements: (calls) =>
    calls.flatMap(({ name, passwordHash, createdAt, codeFact, codeHash }) => [
      {
        sql: `insert into user (name, password_hash, role, created_at)
              select ?, ?, 'owner', ? where not exists (select 1 from user)
                and exists (select 1 from fact where name = ? and value = ?)`,
        args: [name, passwordHash, createdAt, codeFact, codeHash],
      },
      { sql: "delete from fact where name = ? and exists (select 1 from user)", args: [codeFact] },
    ]),
  results: (calls, results) => calls.map((_, index) => results[index * 2]!.rowsAffected > 0),
};

/** Remembers a signed-in browser. */
export const putWebSession: Operation<typeof webSession.$inferInsert, void> = {
  statements: (calls) => insertRows(webSession, calls),
};

/** Signs browsers out: one by its token's hash, and all that have expired. */
export const endWebSessions: Operation<{ readonly tokenHash: string; readonly now: number }, void> = {
  statements: (calls) =>
    calls.map(({ tokenHash, now }) => ({
      sql: "delete from web_session where token_hash = ? or expires_at < ?",
      args: [tokenHash, now],
    })),
};
