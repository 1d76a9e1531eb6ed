/** Passwords of the settings file that have become others: who signed in to the dashboard by them is signed out. */
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import type { Account } from "../settings.ts";
import type { Store } from "../store/store.ts";
import type { SecretBox } from "./secrets.ts";

/** What looking after them needs. */
export interface FilePasswordPorts {
  readonly store: Pick<Store, "read" | "write">;
  readonly box: Pick<SecretBox, "keyId" | "keyFor">;
  /** The accounts of the settings file. */
  readonly accounts: readonly Pick<Account, "login" | "password" | "passwordHash">[];
  /** Whether there is an account of a login still, in the file or in the database. */
  readonly hasAccount: (login: string) => boolean;
}

/** Which accounts are not as they were: their logins in lower case. */
interface Changes {
  readonly changed: readonly string[];
  readonly gone: readonly string[];
}

/**
 * Compares the passwords of the settings file with those that it had when it was read last, before a restart too, and ends
 * the dashboard's sessions of persons who signed in by one that is another now, or whose account is gone. Nothing is kept
 * of a password but a keyed hash, whose key lies in the data folder. @throws StoreError
 */
export async function endBrowsersOfOldPasswords(
  { store, box, accounts, hasAccount }: FilePasswordPorts,
): Promise<void> {
  // Nodes that share a store have settings and a key of their own each.
  const name = `file_passwords ${box.keyId}`;
  const key = box.keyFor("passwords of the settings file");
  const now = new Map(accounts.map((account) => [account.login.toLowerCase(), printOf(account, key)]));
  const text = JSON.stringify([...now].sort());
  const before = await store.read("factOf", { name });
  if (before === text) return;
  const none = { changed: [], gone: [] };
  const changes = before === null
    ? none
    : changesBetween(new Map(JSON.parse(before) as [string, string][]), now, hasAccount);
  await store.write("noteFilePasswords", { name, value: text, ...changes });
}

/** An account that is new in the file may have taken the place of one in the database. Pure. */
function changesBetween(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
  hasAccount: (login: string) => boolean,
): Changes {
  const different = [...new Set([...before.keys(), ...now.keys()])].filter((login) =>
    before.get(login) !== now.get(login)
  );
  return {
    changed: different.filter(hasAccount),
    gone: different.filter((login) => !hasAccount(login)),
  };
}

function printOf({ password, passwordHash }: FilePasswordPorts["accounts"][number], key: Uint8Array): string {
  const secret = password ? `password ${password.reveal()}` : `hash ${passwordHash?.reveal() ?? ""}`;
  return Buffer.from(createHmac("sha256", key).update(secret).digest()).toString("base64url");
}
