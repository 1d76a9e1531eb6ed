import type { UpstreamLogin } from "../settings.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../wire/clock.ts";
import type { Secret } from "../wire/secret.ts";
import { auditRow } from "./audit.ts";
import { type EntryValue, hashForAccount, writeEntry } from "./entries.ts";
import type { SecretBox } from "./secrets.ts";

/** Who changes an account in the log of changes, where a mail program logged in by its upstream's password. */
const ACTOR = "login";

/** An account whose login and password its upstream has accepted. */
export interface Adoption {
  readonly login: string;
  /** The login there. */
  readonly username: string;
  readonly password: Secret;
  readonly rule: UpstreamLogin;
}

/** Whether an account was made by a login with its upstream's password. @throws StoreError */
export async function isAdopted(store: Store, login: string): Promise<boolean> {
  return (await rowOf(store, login))?.madeBy === "upstream-login";
}

/**
 * Writes the account: new, with its source, or as it is, with another password for itself and that source.
 * @throws StoreError
 */
export async function adoptAccount(
  { store, box, clock }: { readonly store: Store; readonly box: SecretBox; readonly clock: Clock },
  { login, username, password, rule }: Adoption,
): Promise<void> {
  const row = await rowOf(store, login);
  if (!row) {
    const { host, port, tls, ca, verify } = rule;
    const source = { host, port, tls, ca: ca?.path, verify, username, password: password.reveal() };
    const value = { login, password: password.reveal(), source: JSON.parse(JSON.stringify(source)) as EntryValue };
    const audit = auditRow({ kind: "account", name: login, action: "added" }, ACTOR, clock.now());
    await writeEntry(store, box, "account", login, value, clock.now(), { madeBy: "upstream-login", audit });
    return;
  }
  const { password_hash, scram_keys } = await hashForAccount(password.reveal());
  const sealed = box.seal(password.reveal());
  const renew = (source: EntryValue) =>
    source["host"] === rule.host && source["username"] === username ? { ...source, password: sealed } : source;
  const before = JSON.parse(row.value) as EntryValue;
  const { source } = before;
  const value = {
    ...before,
    password_hash,
    scram_keys: scram_keys && box.seal(scram_keys),
    source: Array.isArray(source) ? source.map(renew) : source && renew(source as EntryValue),
  };
  await store.write("putEntry", {
    kind: "account",
    name: row.name,
    value: JSON.stringify(value),
    changedAt: clock.now(),
    audit: auditRow(
      { kind: "account", name: row.name, action: "changed", detail: { changes: [{ key: "password", secret: true }] } },
      ACTOR,
      clock.now(),
    ),
  });
}

async function rowOf(store: Store, login: string) {
  const rows = await store.read("entries", null);
  return rows.find(({ kind, name }) => kind === "account" && name.toLowerCase() === login.toLowerCase());
}
