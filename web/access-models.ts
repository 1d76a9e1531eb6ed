/** What the pages of users, tokens and one's own profile show. */
import type { Role, Scope } from "../src/identity/roles.ts";

/** A user of the dashboard. */
export interface UserModel {
  readonly name: string;
  readonly role: Role;
  /** Of a person: the account whose mail it sees. */
  readonly account: string | null;
  /** How it signs in: with a password of its own, with that of its account, or not yet, with a one-time code. */
  readonly signsIn: "password" | "account-password" | "code";
  /** When the one-time code ceases to work; null: there is none. */
  readonly codeExpiresAt: number | null;
  readonly createdAt: number;
  /** Browsers that are signed in. */
  readonly browsers: number;
}

/** A token of a program. */
export interface TokenModel {
  readonly id: number;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly createdBy: string | null;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly isExpired: boolean;
}

/** A browser that is signed in. */
export interface BrowserModel {
  /** The beginning of the hash of its token: it opens nothing. */
  readonly key: string;
  readonly signedInAt: number;
  readonly lastSeenAt: number | null;
  /** What it calls itself. */
  readonly browser: string | null;
  readonly address: string | null;
  /** It is the one that asks. */
  readonly isThis: boolean;
}
