import type { Operation } from "../operation.ts";
import { apiToken, user, webSession } from "../schema.ts";
import { insertRows } from "../statements.ts";

/** Whether somebody else is an owner who can sign in: as SQL, about the user `?`. */
const OTHER_OWNER = "exists (select 1 from user where role = 'owner' and password_hash <> '' and name <> ?)";

/** Makes a dashboard user; gives whether the name was free. */
export const addUser: Operation<typeof user.$inferInsert, boolean> = {
  statements: (calls) => insertRows(user, calls, "on conflict (name) do nothing"),
  results: (calls, results) => calls.map((_, index) => results[index]!.rowsAffected > 0),
};

/** A user's new role, and of a person the account. */
export interface RoleChange {
  readonly name: string;
  readonly role: (typeof user.$inferInsert)["role"];
  readonly account: string | null;
  readonly byAccountPassword: boolean;
}

/**
 * Gives a user another role, and signs all browsers of it out. Gives whether it did: there is no such user, or it is the
 * last owner who can sign in.
 */
export const changeRole: Operation<RoleChange, boolean> = {
  statements: (calls) =>
    calls.flatMap(({ name, role, account, byAccountPassword }) => [
      {
        sql: `update user set role = ?, account = ?, by_account_password = ?
              where name = ? and (role <> 'owner' or ? = 'owner' or ${OTHER_OWNER})`,
        args: [role, account, byAccountPassword ? 1 : 0, name, role, name],
      },
      {
        sql: "delete from web_session where user_name = ? and exists (select 1 from user where name = ? and role = ?)",
        args: [name, name, role],
      },
    ]),
  results: (calls, results) => calls.map((_, index) => results[index * 2]!.rowsAffected > 0),
};

/** A user's new password; the one-time code is void from then on. */
export const setPassword: Operation<
  { readonly name: string; readonly passwordHash: string; readonly keepSession: string | null },
  boolean
> = {
  statements: (calls) =>
    calls.flatMap(({ name, passwordHash, keepSession }) => [
      {
        sql: "update user set password_hash = ?, code_hash = null, code_expires_at = null where name = ?",
        args: [passwordHash, name],
      },
      {
        sql: "delete from web_session where user_name = ? and token_hash <> ?",
        args: [name, keepSession ?? ""],
      },
    ]),
  results: (calls, results) => calls.map((_, index) => results[index * 2]!.rowsAffected > 0),
};

/** A one-time code by which a user chooses a password. */
export interface UserCode {
  readonly name: string;
  readonly codeHash: string;
  readonly codeExpiresAt: number;
}

/** Gives a user a one-time code: the password is void, and every browser of the user is signed out. */
export const setUserCode: Operation<UserCode, boolean> = {
  statements: (calls) =>
    calls.flatMap(({ name, codeHash, codeExpiresAt }) => [
      {
        sql: `update user set password_hash = '', by_account_password = 0, code_hash = ?, code_expires_at = ?
              where name = ?`,
        args: [codeHash, codeExpiresAt, name],
      },
      { sql: "delete from web_session where user_name = ?", args: [name] },
    ]),
  results: (calls, results) => calls.map((_, index) => results[index * 2]!.rowsAffected > 0),
};

/** Uses a one-time code up: the user has a password from then on. Gives false when the code is not the user's, or is old. */
export const redeemCode: Operation<
  { readonly name: string; readonly codeHash: string; readonly passwordHash: string; readonly now: number },
  boolean
> = {
  statements: (calls) =>
    calls.map(({ name, codeHash, passwordHash, now }) => ({
      sql: `update user set password_hash = ?, code_hash = null, code_expires_at = null
            where name = ? and code_hash = ? and code_expires_at > ?`,
      args: [passwordHash, name, codeHash, now],
    })),
  results: (calls, results) => calls.map((_, index) => results[index]!.rowsAffected > 0),
};

/**
 * Removes a user with the browsers and tokens of the user. Gives whether it did: there is none of that name, or it is the
 * last owner who can sign in.
 */
export const removeUser: Operation<{ readonly name: string }, boolean> = {
  statements: (calls) =>
    calls.flatMap(({ name }) => [
      {
        sql: `delete from user where name = ? and (role <> 'owner' or ${OTHER_OWNER})`,
        args: [name, name],
      },
      {
        sql: "delete from web_session where user_name = ? and not exists (select 1 from user where name = ?)",
        args: [name, name],
      },
      {
        sql: "delete from api_token where created_by = ? and not exists (select 1 from user where name = ?)",
        args: [name, name],
      },
    ]),
  results: (calls, results) => calls.map((_, index) => results[index * 3]!.rowsAffected > 0),
};

/** Signs browsers of a user out: all, or the one whose token's hash begins so. Gives how many. */
export const endBrowsers: Operation<{ readonly userName: string; readonly hashBegin: string | null }, number> = {
  statements: (calls) =>
    calls.map(({ userName, hashBegin }) => ({
      sql: "delete from web_session where user_name = ? and substr(token_hash, 1, ?) = ?",
      args: [userName, hashBegin?.length ?? 0, hashBegin ?? ""],
    })),
  results: (calls, results) => calls.map((_, index) => results[index]!.rowsAffected),
};

/** What the settings file says of passwords now, and whose are not as they were: logins in lower case. */
export interface FilePasswords {
  /** The fact that holds it, and its value. */
  readonly name: string;
  readonly value: string;
  /** Accounts with another password: who signed in by it is signed out. */
  readonly changed: readonly string[];
  /** Accounts that are no more: all their persons are signed out. */
  readonly gone: readonly string[];
}

/** Remembers the passwords of the settings file, and signs out who came by one that is no more. */
export const noteFilePasswords: Operation<FilePasswords, void> = {
  statements: (calls) =>
    calls.flatMap(({ name, value, changed, gone }) => [
      {
        sql: "insert into fact (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
        args: [name, value],
      },
      {
        sql: `delete from web_session where user_name in (select name from user where
                lower(account) in (select value from json_each(?)) and by_account_password = 1
                or lower(account) in (select value from json_each(?)))`,
        args: [JSON.stringify(changed), JSON.stringify(gone)],
      },
    ]),
};

/** Notes that a signed-in browser was seen. */
export const noteBrowserSeen: Operation<Pick<typeof webSession.$inferSelect, "tokenHash" | "lastSeenAt">, void> = {
  unpromised: true,
  statements: (calls) =>
    calls.map(({ tokenHash, lastSeenAt }) => ({
      sql: "update web_session set last_seen_at = ? where token_hash = ?",
      args: [lastSeenAt, tokenHash],
    })),
};

/** Makes a token; gives whether the name was free. */
export const addToken: Operation<typeof apiToken.$inferInsert, boolean> = {
  statements: (calls) => insertRows(apiToken, calls, "on conflict (name) do nothing"),
  results: (calls, results) => calls.map((_, index) => results[index]!.rowsAffected > 0),
};

/** Removes a token; gives whether there was one. */
export const removeToken: Operation<{ readonly id: number }, boolean> = {
  statements: (calls) => calls.map(({ id }) => ({ sql: "delete from api_token where id = ?", args: [id] })),
  results: (calls, results) => calls.map((_, index) => results[index]!.rowsAffected > 0),
};

/** Notes that a token was used. */
export const noteTokenUsed: Operation<{ readonly id: number; readonly at: number }, void> = {
  unpromised: true,
  statements: (calls) =>
    calls.map(({ id, at }) => ({ sql: "update api_token set last_used_at = ? where id = ?", args: [at, id] })),
};
