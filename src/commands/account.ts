import type { EntryValue } from "../identity/entries.ts";
import { formatDuration, formatEndpoint } from "../settings.ts";
import {
  asCommand,
  CommandError,
  type CommandIo,
  printJson,
  readCommandLine,
  runPart,
  settingsOf,
  UsageError,
} from "./command.ts";
import {
  changeEntries,
  COMMAND_ACTOR,
  given,
  isSameName,
  readAssignments,
  readNumber,
  requireEntry,
  requireUpstream,
  tellChange,
} from "./entry-changes.ts";
import { layOutTable } from "./output/table.ts";
import { openPasswords, type PasswordSource } from "./password.ts";
import { readDirectory } from "./stores.ts";

const ONE_LOGIN = { min: 1, max: 1, what: "one LOGIN" };

const ADD_OPTIONS = {
  address: { type: "string", multiple: true },
  upstream: { type: "string" },
  "password-stdin": { type: "boolean" },
  source: { type: "string" },
  "source-username": { type: "string" },
  "source-tls": { type: "string" },
  "source-port": { type: "string" },
  "source-mode": { type: "string" },
  "source-set": { type: "string", multiple: true },
} as const;

/** `waypost account`. @returns 0 done, 1 it failed, 2 the command line is wrong */
export const run = asCommand("account", (args, io) => runPart("account", { list, add, password, remove }, args, io));

async function list(args: string[], io: CommandIo): Promise<number> {
  const { values } = readCommandLine(args, {});
  const settings = settingsOf(values.config, io);
  const { accounts } = await readDirectory(settings, io);
  const rows = accounts.map(({ login, addresses, upstream, sources, origin, password, passwordHash }) => ({
    login,
    origin,
    canLogIn: password !== undefined || passwordHash !== undefined,
    addresses,
    upstream: upstream ?? null,
    sources: sources.map(({ name, host, port, tls, username, mode, deleteAfterMs, intervalMs }) => ({
      name,
      host,
      port,
      tls,
      username,
      mode,
      deleteAfterMs,
      intervalMs,
    })),
  }));
  if (values.json) printJson(io, { accounts: rows });
  else io.stdout(describeAccounts(rows));
  return 0;
}

function describeAccounts(
  rows: readonly {
    readonly login: string;
    readonly origin: string;
    readonly addresses: readonly string[];
    readonly upstream: string | null;
    readonly sources: readonly { host: string; port: number; mode: string; intervalMs: number }[];
  }[],
): string {
  if (rows.length === 0) return 'No accounts. To add one: "waypost account add LOGIN".\n';
  return layOutTable(
    [
      { title: "LOGIN", shrinks: true },
      { title: "FROM" },
      { title: "SENDS AS", shrinks: true },
      { title: "BY" },
      { title: "FETCHES", shrinks: true },
    ],
    rows.map(({ login, origin, addresses, upstream, sources }) => [
      login,
      origin,
      addresses.join(", ") || "nobody",
      upstream ?? "-",
      sources.map(({ host, port, mode, intervalMs }) =>
        `${formatEndpoint({ address: host, port })} ${mode} every ${formatDuration(intervalMs)}`
      ).join(", ") || "-",
    ]),
  );
}

async function add(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, ADD_OPTIONS, ONE_LOGIN);
  const login = positionals[0]!;
  const source = readSource(values);
  const settings = settingsOf(values.config, io);
  const inUse = await changeEntries(settings, io, async ({ directory, entries }) => {
    requireEntry("account", login, find(directory.accounts, login), "new", values.config);
    requireUpstream(directory, values.upstream);
    const passwords = openPasswords(values["password-stdin"] ?? false);
    const value = given({
      login,
      password: await passwords.next(`password for ${login}`, true),
      addresses: values.address,
      upstream: values.upstream,
      source: source && await withPassword(source, passwords),
    });
    await entries.add({ kind: "account", name: login, value }, COMMAND_ACTOR);
  });
  tellChange(io, values.json, { action: "added", kind: "account", name: login, inUse });
  return 0;
}

/** The source of a command line, its password to come. @throws UsageError */
function readSource(values: {
  readonly source?: string | undefined;
  readonly "source-username"?: string | undefined;
  readonly "source-tls"?: string | undefined;
  readonly "source-port"?: string | undefined;
  readonly "source-mode"?: string | undefined;
  readonly "source-set"?: string[] | undefined;
}): EntryValue | undefined {
  if (values.source === undefined) {
    const stray = Object.entries(values).find(([key, value]) => key.startsWith("source-") && value !== undefined);
    if (stray) throw new UsageError(`--${stray[0]} needs --source HOST`);
    return undefined;
  }
  if (values["source-username"] === undefined) throw new UsageError("--source needs --source-username USER");
  return given({
    ...readAssignments(values["source-set"] ?? []),
    host: values.source,
    username: values["source-username"],
    tls: values["source-tls"],
    port: readNumber("source-port", values["source-port"]),
    mode: values["source-mode"],
  });
}

async function withPassword(source: EntryValue, passwords: PasswordSource): Promise<EntryValue> {
  return { ...source, password: await passwords.next(`password of ${source["username"]} at ${source["host"]}`) };
}

async function password(args: string[], io: CommandIo): Promise<number> {
  const options = { "password-stdin": { type: "boolean" }, source: { type: "string" } } as const;
  const { values, positionals } = readCommandLine(args, options, ONE_LOGIN);
  const settings = settingsOf(values.config, io);
  const passwords = openPasswords(values["password-stdin"] ?? false);
  let login = positionals[0]!;
  const inUse = await changeEntries(settings, io, async ({ directory, entries }) => {
    const found = find(directory.accounts, login);
    requireEntry("account", login, found, "database", values.config);
    login = found!.login;
    const change = (rewrite: (entry: EntryValue) => EntryValue) =>
      entries.change({ kind: "account", name: login, rewrite }, COMMAND_ACTOR);
    if (values.source === undefined) {
      const fresh = await passwords.next(`new password for ${login}`, true);
      return await change((entry) => ({ ...entry, password: fresh }));
    }
    const source = found!.sources.find(({ name }) => isSameName(name, values.source!));
    if (!source) throw new CommandError(`${login} has no source ${values.source}`);
    const fresh = await passwords.next(`new password of ${source.username} at ${source.host}`);
    await change((entry) => withSourcePassword(entry, source.name, fresh));
  });
  tellChange(io, values.json, { action: "has a new password", kind: "account", name: login, inUse });
  return 0;
}

/** An account with another password for one source; a single source may stand without a list. */
function withSourcePassword(entry: EntryValue, name: string, password: string): EntryValue {
  const change = (source: EntryValue) => (source["name"] ?? source["host"]) === name ? { ...source, password } : source;
  const { source } = entry;
  return { ...entry, source: Array.isArray(source) ? source.map(change) : change(source as EntryValue) };
}

async function remove(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, {}, ONE_LOGIN);
  const settings = settingsOf(values.config, io);
  let login = positionals[0]!;
  const inUse = await changeEntries(settings, io, async ({ directory, entries }) => {
    const found = find(directory.accounts, login);
    requireEntry("account", login, found, "database", values.config);
    login = found!.login;
    await entries.remove({ kind: "account", name: login }, COMMAND_ACTOR);
  });
  tellChange(io, values.json, { action: "removed; its cached mail stays", kind: "account", name: login, inUse });
  return 0;
}

function find<Row extends { readonly login: string }>(accounts: readonly Row[], login: string): Row | undefined {
  return accounts.find((account) => isSameName(account.login, login));
}
