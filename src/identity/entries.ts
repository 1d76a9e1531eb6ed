import { randomBytes } from "node:crypto";
import {
  type Account,
  type Device,
  EXPECTED_PRIVATE,
  formatSettingError,
  parseEntry,
  publicNetworksOf,
  type Route,
  type SettingError,
  type Upstream,
} from "../settings.ts";
import type { EntryWrite } from "../store/operations/entries.ts";
import type { Store } from "../store/store.ts";
import type { StoredEntries } from "./directory.ts";
import { SaslprepError } from "../wire/saslprep.ts";
import { deriveScramKeys, formatScramKeys, scramSaltOctets } from "../wire/scram.ts";
import { hashPassword } from "./passwords.ts";
import { isSealed, type SecretBox, SecretError } from "./secrets.ts";

/** What kinds of entries the database may hold. */
export type EntryKind = "account" | "upstream" | "route" | "device";

/** An entry as it stands in waypost.toml or in the database: plain values by key. */
export type EntryValue = Record<string, unknown>;

/** The entries of the database, and what could not be read of them. */
export interface ReadEntries {
  readonly stored: StoredEntries;
  /** Sentences for the owner. Such an entry is left out, the others serve. */
  readonly problems: readonly string[];
}

/** An entry that is not as it should be; the message says what was wrong and what was expected, line by line. */
export class EntryError extends Error {
  override readonly name = "EntryError";
  /** The same by key: "account.addresses[1]". */
  readonly errors: readonly SettingError[];

  constructor(errors: readonly SettingError[]) {
    super(errors.map(formatSettingError).join("\n"));
    this.errors = errors;
  }
}

/** What the settings file says of entries that stand elsewhere. */
export interface EntryLimits {
  /** Devices may have addresses outside the private ranges. */
  readonly allowPublicNetworks: boolean;
}

const NARROWEST: EntryLimits = { allowPublicNetworks: false };

/** Reads the entries that were made in the dashboard or by command. @throws StoreError */
export async function readEntries(
  store: Store,
  box: SecretBox,
  limits: EntryLimits = NARROWEST,
): Promise<ReadEntries> {
  const problems: string[] = [];
  const accounts: Account[] = [];
  const upstreams: Upstream[] = [];
  const routes: Route[] = [];
  const devices: Device[] = [];
  for (const row of await store.read("entries", null)) {
    try {
      const written = withoutLostKeys(JSON.parse(row.value) as EntryValue, box);
      const value = mapSecrets(written, (text) => isSealed(text) ? box.open(text) : text);
      if (row.kind === "account") accounts.push(parse("account", value));
      else if (row.kind === "upstream") upstreams.push(parse("upstream", value));
      else if (row.kind === "route") routes.push(parse("route", value));
      else devices.push(withinLimits(parse("device", value), limits));
    } catch (error) {
      problems.push(`${row.kind} ${row.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { stored: { accounts, upstreams, routes, devices }, problems };
}

/**
 * Checks an entry and writes it, `madeBy` only where it is new, with the row of the log of changes.
 * @throws EntryError, StoreError
 */
export async function writeEntry(
  store: Store,
  box: SecretBox,
  kind: EntryKind,
  name: string,
  value: EntryValue,
  now: number,
  more: Pick<EntryWrite, "madeBy" | "audit"> = {},
): Promise<void> {
  const text = JSON.stringify(await sealEntry(box, kind, value));
  await store.write("putEntry", { kind, name, value: text, changedAt: now, ...more });
}

/**
 * Checks an entry and makes it ready to be stored: an account's own password as a hash and as keys for SCRAM, every other
 * secret sealed. Secrets that are sealed already stay as they are.
 * @throws EntryError
 */
export async function sealEntry(
  box: SecretBox,
  kind: EntryKind,
  value: EntryValue,
  limits?: EntryLimits,
): Promise<EntryValue> {
  const checked = mapSecrets(withoutLostKeys(value, box), (text) => isSealed(text) ? openOrStandIn(box, text) : text);
  if (kind === "device" && limits) checkDevice(checked, limits);
  else parse(kind, checked);
  const { password, ...rest } = value;
  const hashed = kind === "account" && typeof password === "string"
    ? { ...rest, ...await hashForAccount(password) }
    : value;
  return mapSecrets(hashed, (text) => isSealed(text) ? text : box.seal(text));
}

/** Stands for a secret that another `secret.key` has sealed: the rest of the entry can be changed all the same. */
function openOrStandIn(box: SecretBox, text: string): string {
  try {
    return box.open(text);
  } catch (error) {
    if (error instanceof SecretError) return "lost";
    throw error;
  }
}

/**
 * What stands in an account's entry instead of its password, secrets not yet sealed. A password that SCRAM cannot use has
 * no keys for it.
 */
export async function hashForAccount(
  password: string,
): Promise<{ readonly password_hash: string; readonly scram_keys?: string }> {
  const password_hash = await hashPassword(password);
  try {
    return {
      password_hash,
      scram_keys: formatScramKeys(await deriveScramKeys(password, randomBytes(scramSaltOctets))),
    };
  } catch (error) {
    if (error instanceof SaslprepError) return { password_hash };
    throw error;
  }
}

function parse(kind: "account", value: EntryValue): Account;
function parse(kind: "upstream", value: EntryValue): Upstream;
function parse(kind: "route", value: EntryValue): Route;
function parse(kind: "device", value: EntryValue): Device;
function parse(kind: EntryKind, value: EntryValue): unknown;
function parse(kind: EntryKind, value: EntryValue): unknown {
  const parsed = parseEntry(kind, value);
  if ("errors" in parsed) throw new EntryError(parsed.errors);
  return parsed.entry;
}

/** Checks a device before it is written. @throws EntryError where somebody on the internet could send by it */
export function checkDevice(value: EntryValue, limits: EntryLimits): void {
  withinLimits(parse("device", value), limits);
}

function withinLimits(device: Device, { allowPublicNetworks }: EntryLimits): Device {
  const [beyond] = allowPublicNetworks ? [] : publicNetworksOf(device.networks);
  if (beyond === undefined) return device;
  const value = JSON.stringify(beyond);
  throw new EntryError([
    { file: undefined, line: undefined, key: "device.networks", value, expected: EXPECTED_PRIVATE },
  ]);
}

/** Leaves out SCRAM keys that another `secret.key` has sealed: the account still logs in by its hash. */
function withoutLostKeys(value: EntryValue, box: SecretBox): EntryValue {
  const { scram_keys, ...rest } = value;
  if (typeof scram_keys !== "string") return value;
  try {
    box.open(scram_keys);
    return value;
  } catch (error) {
    if (error instanceof SecretError) return rest;
    throw error;
  }
}

/** Keys of an entry that hold secrets to be read again. */
const sealedKeys = ["password", "scram_keys"];

/** Changes the text of every secret within an entry; those of its sources too. */
function mapSecrets(value: EntryValue, change: (text: string) => string): EntryValue {
  const walk = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(walk);
    return typeof inner === "object" && inner !== null ? mapSecrets(inner as EntryValue, change) : inner;
  };
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      sealedKeys.includes(key) && typeof inner === "string" ? change(inner) : walk(inner),
    ]),
  );
}
