/** How owners change upstreams and sources: the one way that pages and API go. */
import { EntryError, type EntryValue } from "../identity/entries.ts";
import { EntryConflict, isSameName } from "../identity/entry-changes.ts";
import { referencesTo } from "../identity/entry-references.ts";
import { formatSettingError, type Source, type Upstream } from "../settings.ts";
import { texts } from "../../web/texts.ts";
import { DashboardError } from "./errors.ts";
import type { DashboardPorts } from "./ports.ts";
import { changedEntry, readServer } from "./server-fields.ts";

type Ports = Pick<DashboardPorts, "directory" | "entries" | "store" | "clock" | "describe">;

/** Which source. */
export interface SourceName {
  readonly account: string;
  readonly name: string;
}

/** An upstream of the directory. @throws DashboardError 404 */
export function requireUpstream({ directory }: Pick<Ports, "directory">, name: string) {
  const found = directory().upstreams.find((one) => isSameName(one.name, name));
  if (!found) throw new DashboardError(404, "NOT_FOUND", texts.servers.noUpstream(name.slice(0, 60)));
  return found;
}

/** An account of the directory. @throws DashboardError 404 */
export function requireAccount({ directory }: Pick<Ports, "directory">, login: string) {
  const found = directory().accounts.find((one) => isSameName(one.login, login));
  if (!found) throw new DashboardError(404, "NOT_FOUND", texts.servers.sources.noAccount(login.slice(0, 60)));
  return found;
}

/** A source of an account of the directory. @throws DashboardError 404 */
export function requireSource(ports: Pick<Ports, "directory">, { account, name }: SourceName): Source {
  const found = requireAccount(ports, account).sources.find((source) => isSameName(source.name, name));
  if (!found) throw new DashboardError(404, "NOT_FOUND", texts.errors.noSource(name.slice(0, 60)));
  return found;
}

/** An entry of the database as it is written, and when that was. @throws DashboardError 404, 409 for one of the file */
export async function storedUpstream(ports: Ports, name: string) {
  const found = (await ports.entries.list("upstream")).find((row) => isSameName(row.name, name));
  if (found) return found;
  throw new DashboardError(409, "IN_FILE", texts.servers.fileOnly(requireUpstream(ports, name).name));
}

/** A source of the database as it is written, where it stands among those of its account, and when that was written. */
export async function storedSource(ports: Ports, { account, name }: SourceName) {
  const owner = requireAccount(ports, account);
  const found = (await ports.entries.list("account")).find((row) => isSameName(row.name, owner.login));
  if (owner.origin === "file" || !found) throw new DashboardError(409, "IN_FILE", texts.servers.fileOnly(owner.login));
  const { name: own } = requireSource(ports, { account, name });
  const index = owner.sources.findIndex((source) => source.name === own);
  return { account: owner.login, name: own, index, value: sourcesOf(found.value)[index]!, changedAt: found.changedAt };
}

/** The sources in an account's entry: one may stand without a list. */
function sourcesOf({ source }: EntryValue): EntryValue[] {
  return (Array.isArray(source) ? source : source === undefined ? [] : [source]) as EntryValue[];
}

/** Adds an upstream; gives its name. @throws EntryError, DashboardError 409 */
export async function addUpstream(ports: Ports, value: EntryValue, actor: string): Promise<string> {
  const { name } = upstreamOf(value);
  return await conflicting(() => ports.entries.add({ kind: "upstream", name, value }, actor));
}

/** Makes an entry of the one before it, in which secrets are sealed and may be left so. */
export type Change = (before: EntryValue) => EntryValue;

/** The change to what a form says: a password that it does not give stays as it was. */
export function asWritten(value: EntryValue): Change {
  return (before) => changedEntry(before, value);
}

/** The change of some keys; null takes one away. */
export function ofKeys(value: EntryValue): Change {
  return (before) => ({ ...before, ...value });
}

/** Changes an upstream; its name stays. @throws EntryError, DashboardError 404, 409 */
export async function changeUpstream(
  ports: Ports,
  name: string,
  change: Change,
  actor: string,
  seenAt?: number,
): Promise<void> {
  const { name: own } = await storedUpstream(ports, name);
  const rewrite = (before: EntryValue) => ({ ...change(before), name: own });
  await conflicting(() => ports.entries.change({ kind: "upstream", name: own, seenAt, rewrite }, actor));
}

/** Removes an upstream that nothing names any more. @throws DashboardError 404, 409 */
export async function removeUpstream(ports: Ports, name: string, actor: string): Promise<void> {
  const { name: own } = await storedUpstream(ports, name);
  // One that the file has as well goes on being there.
  const isUsed = ports.directory().upstreams.some(({ name: one, origin }) => one === own && origin === "database");
  const references = isUsed ? referencesTo(ports.directory(), "upstream", own) : [];
  if (references.length > 0) {
    const words = texts.servers.references;
    const by = references.map(({ kind, name: other }) => words[kind as keyof typeof words](other)).join(", ");
    throw new DashboardError(409, "STILL_NAMED", texts.servers.named(own, by));
  }
  await conflicting(() => ports.entries.remove({ kind: "upstream", name: own }, actor));
}

/** Adds a source to an account; gives its name. @throws EntryError, DashboardError 404, 409 */
export async function addSource(ports: Ports, account: string, value: EntryValue, actor: string): Promise<string> {
  const { login, origin } = requireAccount(ports, account);
  if (origin === "file") throw new DashboardError(409, "IN_FILE", texts.servers.fileOnly(login));
  const { name } = sourceOf(value);
  await rewriteAccount(ports, { account: login, name }, "added", (sources) => [...sources, value], actor);
  return name;
}

/** Changes a source; its name stays, by which its mailbox is known. @throws EntryError, DashboardError 404, 409 */
export async function changeSource(
  ports: Ports,
  which: SourceName,
  change: Change,
  actor: string,
  seenAt?: number,
): Promise<void> {
  const { account, name, index } = await storedSource(ports, which);
  const rewrite = (sources: readonly EntryValue[]) =>
    sources.map((before, at) => at === index ? present({ ...change(before), name }) : before);
  await rewriteAccount(ports, { account, name }, "changed", rewrite, actor, seenAt);
}

/** Removes a source, and the mail of its mailbox where that is wanted. @throws DashboardError 404, 409 */
export async function removeSource(ports: Ports, which: SourceName, withMail: boolean, actor: string): Promise<void> {
  const { account, name, index } = await storedSource(ports, which);
  const rest = (sources: readonly EntryValue[]) => sources.filter((_, at) => at !== index);
  await rewriteAccount(ports, { account, name }, "removed", rest, actor);
  if (!withMail) return;
  const boxes = await ports.store.read("mailboxes", null);
  const box = boxes.find((one) => isSameName(one.account, account) && one.source === name);
  if (box) await ports.store.write("emptyMailbox", { mailboxId: box.id, now: ports.clock.now() });
}

async function rewriteAccount(
  ports: Ports,
  { account, name }: SourceName,
  action: string,
  change: (sources: readonly EntryValue[]) => EntryValue[],
  actor: string,
  seenAt?: number,
): Promise<void> {
  const rewrite = ({ source, ...entry }: EntryValue) => {
    const sources = change(sourcesOf({ source }));
    return sources.length === 0 ? entry : { ...entry, source: sources };
  };
  const note = { kind: "source", name: `${account}, ${name}`, action } as const;
  await conflicting(() => ports.entries.change({ kind: "account", name: account, seenAt, rewrite, note }, actor));
}

function present(value: EntryValue): EntryValue {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null && one !== undefined));
}

/** An upstream as Waypost would use it. @throws EntryError */
export function upstreamOf(value: EntryValue): Upstream {
  const read = readServer("upstream", value);
  if ("errors" in read) throw new EntryError(read.errors);
  return read.server;
}

/** A source as Waypost would use it. @throws EntryError */
export function sourceOf(value: EntryValue): Source {
  const read = readServer("source", value);
  if ("errors" in read) throw new EntryError(read.errors);
  return read.server;
}

/** Gives what is wrong with an entry as programs get it. @throws DashboardError 400 in place of an EntryError */
export async function orBadInput<T>(act: () => Promise<T> | T): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    const text = error.errors.map(formatSettingError).join("; ");
    throw new DashboardError(400, "BAD_INPUT", texts.errors.badInput(text), { cause: error });
  }
}

async function conflicting<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof EntryConflict)) throw error;
    const [status, code] = error.reason === "missing" ? [404, "NOT_FOUND"] as const : [409, "CONFLICT"] as const;
    throw new DashboardError(status, code, `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`, {
      cause: error,
    });
  }
}
