import type { Account, Alias, Device, Route, Settings, Upstream } from "../settings.ts";

/** Where an entry comes from: the file, where it is read-only, or the database. */
export type Origin = "file" | "database";

/** Everything that is configured by entries, at one moment: the file's and the database's together. */
export interface Directory {
  readonly accounts: readonly (Account & { readonly origin: Origin })[];
  readonly upstreams: readonly (Upstream & { readonly origin: Origin })[];
  readonly routes: readonly (Route & { readonly origin: Origin })[];
  readonly devices: readonly (Device & { readonly origin: Origin })[];
  /** Recipients that stand for somebody; of those that fit the first counts. */
  readonly aliases: readonly Alias[];
  /** The account with a login; upper and lower case are the same. */
  account(login: string): Account | undefined;
  upstream(name: string): Upstream | undefined;
  /** The device at a network address. */
  device(address: string): Device | undefined;
  deviceNamed(name: string): Device | undefined;
}

/** The entries of the database, as far as they could be read. */
export interface StoredEntries {
  readonly accounts: readonly Account[];
  readonly upstreams: readonly Upstream[];
  readonly routes: readonly Route[];
  readonly devices: readonly Device[];
}

/** Puts the two together. Where both name the same, the file wins: it is what the owner wrote by hand. */
export function createDirectory(settings: Settings, stored: StoredEntries): Directory {
  const accounts = merge(settings.accounts, stored.accounts, (account) => account.login.toLowerCase());
  const upstreams = merge(settings.upstreams, stored.upstreams, (upstream) => upstream.name);
  const devices = merge(settings.devices, stored.devices, (device) => device.name);
  const routes = [...from(settings.routes, "file"), ...from(stored.routes, "database")];
  const byLogin = new Map(accounts.map((account) => [account.login.toLowerCase(), account]));
  const byName = new Map(upstreams.map((upstream) => [upstream.name, upstream]));
  const devicesByName = new Map(devices.map((device) => [device.name, device]));
  return {
    accounts,
    upstreams,
    routes,
    devices,
    aliases: settings.aliases,
    account: (login) => byLogin.get(login.toLowerCase()),
    upstream: (name) => byName.get(name),
    device: (address) => devices.find((device) => device.networks.contains(address)),
    deviceNamed: (name) => devicesByName.get(name),
  };
}

function from<T>(entries: readonly T[], origin: Origin): (T & { readonly origin: Origin })[] {
  return entries.map((entry) => ({ ...entry, origin }));
}

function merge<T>(
  file: readonly T[],
  database: readonly T[],
  keyOf: (entry: T) => string,
): (T & { readonly origin: Origin })[] {
  const known = new Set(file.map(keyOf));
  return [...from(file, "file"), ...from(database.filter((entry) => !known.has(keyOf(entry))), "database")];
}
