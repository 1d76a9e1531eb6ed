import { createNetworks, type SettingError } from "../settings.ts";
import type { Store } from "../store/store.ts";
import { type AuditNote, auditRow, differencesOf } from "./audit.ts";
import type { Directory } from "./directory.ts";
import { EntryError, type EntryKind, type EntryLimits, type EntryValue, sealEntry } from "./entries.ts";
import { referenceErrors } from "./entry-references.ts";
import type { SecretBox } from "./secrets.ts";

/** What changing entries works with. */
export interface EntryChangePorts {
  readonly store: Store;
  readonly box: SecretBox;
  readonly now: () => number;
  /** What is configured at this moment. */
  readonly directory: () => Directory;
  /** What the settings file says of devices. */
  readonly limits: () => EntryLimits;
  /** A name for a route, that nobody has. */
  readonly newName: () => string;
  /** Has the rest of Waypost use the entries as they are now. */
  readonly changed: () => Promise<void>;
}

/** Why an entry cannot be changed, though there is nothing wrong with what it is to be. */
export type EntryConflictReason = "file" | "exists" | "missing" | "changed";

/** An entry that cannot be changed here, or not any more; the message is a sentence without a full stop. */
export class EntryConflict extends Error {
  override readonly name = "EntryConflict";
  /** "file": it stands there; "exists"; "missing"; "changed": by somebody else since it was read. */
  readonly reason: EntryConflictReason;

  constructor(reason: EntryConflictReason, kind: EntryKind, name: string) {
    super(CONFLICTS[reason](kind, name));
    this.reason = reason;
  }
}

const CONFLICTS: Readonly<Record<EntryConflictReason, (kind: EntryKind, name: string) => string>> = {
  file: (kind, name) => `${kind} ${name} stands in the settings file: it is changed there`,
  exists: (kind, name) => `there is a ${kind} ${name} already`,
  missing: (kind, name) => `there is no ${kind} ${name}`,
  changed: (kind, name) => `${kind} ${name} was changed by somebody else meanwhile`,
};

/** An entry of the database as it is written; instead of secrets it names which there are. */
export interface ShownEntry {
  readonly kind: EntryKind;
  readonly name: string;
  /** With sealed secrets and hashes; to be shown only without the keys in `secretKeys`. */
  readonly value: EntryValue;
  /** What a change has to name, so that none is lost that came between. */
  readonly changedAt: number;
  readonly madeBy: "upstream-login" | null;
}

/** An entry to be added. */
export interface EntryAddition {
  readonly kind: EntryKind;
  /** For a route nothing: it gets one. */
  readonly name?: string;
  readonly value: EntryValue;
}

/** An entry to be changed. */
export interface EntryRewrite {
  readonly kind: EntryKind;
  readonly name: string;
  /** `changedAt` of what was read; absent: whatever is there. */
  readonly seenAt?: number | undefined;
  /**
   * Makes the new value of the old one, in which secrets are sealed: they stay as they are where they are left; what is
   * not sealed is sealed or hashed.
   */
  readonly rewrite: (value: EntryValue) => EntryValue;
  /** What the log says instead of "changed" and the entry itself: that a source was added, for example. */
  readonly note?: Partial<Pick<AuditNote, "kind" | "name" | "action">> | undefined;
}

/** An entry to be removed. */
export type EntryRemovalRequest = Pick<EntryRewrite, "kind" | "name" | "seenAt">;

/**
 * Changes entries of the database: each change is checked, written together with its row of the log, and in use at once.
 * `actor`: who, for the log. All throw EntryError for values that are wrong, EntryConflict, StoreError.
 */
export interface EntryChanges {
  /** The entries of the database, routes in their order. */
  list(kind: EntryKind): Promise<readonly ShownEntry[]>;
  /** Adds an entry that is not there yet; gives its name. */
  add(addition: EntryAddition, actor: string): Promise<string>;
  change(rewrite: EntryRewrite, actor: string): Promise<void>;
  remove(removal: EntryRemovalRequest, actor: string): Promise<void>;
  /** Puts a route one place further up or down; nothing where it is the first or the last. */
  moveRoute(name: string, direction: "up" | "down", actor: string): Promise<void>;
}

/** Makes it. */
export function createEntryChanges(ports: EntryChangePorts): EntryChanges {
  return {
    list: (kind) => list(ports, kind),
    add: (addition, actor) => add(ports, addition, actor),
    change: (rewrite, actor) => change(ports, rewrite, actor),
    remove: (removal, actor) => remove(ports, removal, actor),
    moveRoute: (name, direction, actor) => moveRoute(ports, name, direction, actor),
  };
}

/** Names that people type are the same in upper and lower case. */
export function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

async function list({ store }: EntryChangePorts, kind: EntryKind): Promise<ShownEntry[]> {
  const rows = (await store.read("entries", null)).filter((row) => row.kind === kind);
  return rows.map(({ name, value, changedAt, madeBy }) => ({
    kind,
    name,
    value: JSON.parse(value) as EntryValue,
    changedAt,
    madeBy,
  }));
}

/** Whether the file has an entry of a name; it wins over the database's. */
function isInFile({ directory }: EntryChangePorts, kind: EntryKind, name: string): boolean {
  const { accounts, upstreams, devices } = directory();
  const is = (origin: string, own: string) => origin === "file" && isSameName(own, name);
  if (kind === "account") return accounts.some(({ origin, login }) => is(origin, login));
  if (kind === "upstream") return upstreams.some((upstream) => is(upstream.origin, upstream.name));
  return kind === "device" && devices.some((device) => is(device.origin, device.name));
}

async function find(ports: EntryChangePorts, { kind, name, seenAt }: EntryRemovalRequest): Promise<ShownEntry> {
  const found = (await list(ports, kind)).find((row) => isSameName(row.name, name));
  if (!found) throw new EntryConflict(isInFile(ports, kind, name) ? "file" : "missing", kind, name);
  if (seenAt !== undefined && seenAt !== found.changedAt) throw new EntryConflict("changed", kind, found.name);
  return found;
}

async function add(ports: EntryChangePorts, { kind, value, ...given }: EntryAddition, actor: string): Promise<string> {
  const { store, now } = ports;
  const name = given.name ?? ports.newName();
  const rows = await list(ports, kind);
  if (isInFile(ports, kind, name)) throw new EntryConflict("file", kind, name);
  if (rows.some((row) => isSameName(row.name, name))) throw new EntryConflict("exists", kind, name);
  if (kind !== "route") refuseName(kind, name);
  const sealed = await check(ports, kind, value);
  const note: AuditNote = {
    kind,
    name: kind === "route" ? titleOfRoute(value) : name,
    action: "added",
    detail: { changes: differencesOf({}, sealed) },
  };
  const written = await store.write("putEntry", {
    kind,
    name,
    value: JSON.stringify(sealed),
    changedAt: now(),
    // Behind all others: a new upstream is not the first one, which takes what no route names.
    position: now(),
    seenAt: null,
    audit: auditRow(note, actor, now()),
  });
  if (!written) throw new EntryConflict("exists", kind, name);
  if (kind === "device") await forgetRefused(store, value);
  await ports.changed();
  return name;
}

async function change(ports: EntryChangePorts, request: EntryRewrite, actor: string): Promise<void> {
  const { store, now } = ports;
  const before = await find(ports, request);
  const { kind, name } = before;
  const wanted = request.rewrite(before.value);
  const sealed = await check(ports, kind, replacingHash(kind, wanted));
  const changes = differencesOf(before.value, sealed);
  if (changes.length === 0) return;
  const note: AuditNote = {
    kind,
    name: kind === "route" ? titleOfRoute(wanted) : name,
    action: "changed",
    ...given(request.note ?? {}),
    detail: { changes },
  };
  const written = await store.write("putEntry", {
    kind,
    name,
    value: JSON.stringify(sealed),
    changedAt: now(),
    seenAt: before.changedAt,
    audit: auditRow(note, actor, now()),
    hasNewPassword: kind === "account" && sealed["password_hash"] !== before.value["password_hash"],
  });
  if (!written) throw new EntryConflict("changed", kind, name);
  if (kind === "device") await forgetRefused(store, wanted);
  await ports.changed();
}

async function remove(ports: EntryChangePorts, request: EntryRemovalRequest, actor: string): Promise<void> {
  const { kind, name, changedAt, value } = await find(ports, request);
  const shown = kind === "route" ? titleOfRoute(value) : name;
  const detail = { changes: differencesOf(value, {}) };
  const audit = auditRow({ kind, name: shown, action: "removed", detail }, actor, ports.now());
  const removed = await ports.store.write("removeEntry", { kind, name, seenAt: changedAt, audit });
  if (!removed) throw new EntryConflict("changed", kind, name);
  await ports.changed();
}

async function moveRoute(
  ports: EntryChangePorts,
  name: string,
  direction: "up" | "down",
  actor: string,
): Promise<void> {
  const routes = await list(ports, "route");
  const from = routes.findIndex((route) => route.name === name);
  if (from < 0) throw new EntryConflict("missing", "route", name);
  const to = direction === "up" ? from - 1 : from + 1;
  if (to < 0 || to >= routes.length) return;
  const names = routes.map((route) => route.name);
  [names[from], names[to]] = [names[to]!, names[from]!];
  const note: AuditNote = {
    kind: "route",
    name: titleOfRoute(routes[from]!.value),
    action: "moved",
    detail: { changes: [{ key: "position", from: from + 1, to: to + 1 }] },
  };
  await ports.store.write("orderRoutes", { names, audit: auditRow(note, actor, ports.now()) });
  await ports.changed();
}

async function check(ports: EntryChangePorts, kind: EntryKind, value: EntryValue): Promise<EntryValue> {
  const errors: SettingError[] = referenceErrors(ports.directory(), kind, value);
  let sealed: EntryValue = {};
  try {
    sealed = await sealEntry(ports.box, kind, given(value), ports.limits());
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    errors.unshift(...error.errors);
  }
  if (errors.length > 0) throw new EntryError(errors);
  return sealed;
}

/** Refuses names that no address of a page or of the API can hold. */
function refuseName(kind: EntryKind, name: string): void {
  if (!/^\.{1,2}$|\p{Cs}/u.test(name)) return;
  const key = `${kind}.${kind === "account" ? "login" : "name"}`;
  const expected = 'a name other than "." and "..", in whole characters';
  throw new EntryError([{ file: undefined, line: undefined, key, value: JSON.stringify(name.slice(0, 60)), expected }]);
}

/** An account with a new password has no use for the hash of the old one. */
function replacingHash(kind: EntryKind, value: EntryValue): EntryValue {
  if (kind !== "account" || value["password"] === undefined) return value;
  const { password_hash: _, scram_keys: __, ...rest } = value;
  return rest;
}

/** What a route is called in the log: whose mail it is for, and by what it goes. */
export function titleOfRoute(value: EntryValue): string {
  const { via, sender, recipient, account, device } = value;
  const whose = [sender && `from ${sender}`, recipient && `to ${recipient}`, account, device].filter(Boolean).join(
    ", ",
  );
  return `${whose || "all"} → ${Array.isArray(via) ? via.join(", ") : ""}`;
}

/** Clients that a device's networks hold wait no more. */
async function forgetRefused(store: Store, { networks }: EntryValue): Promise<void> {
  const own = createNetworks(networks as string[]);
  const allowed = (await store.read("refusedClients", null)).filter(({ address }) => own.contains(address));
  if (allowed.length === 0) return;
  await store.write("forgetRefusedClients", { addresses: allowed.map(({ address }) => address) });
}

function given<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined && one !== null)) as T;
}
