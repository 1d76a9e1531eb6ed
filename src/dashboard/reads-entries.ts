/** Accounts, devices and routes as pages and API show them: what stands where, and what it comes to. No secret is in it. */
import { basename } from "node:path";
import type { EntryKind, EntryValue } from "../identity/entries.ts";
import { isSameName } from "../identity/entry-changes.ts";
import { type Device, formatSize, secretKeys } from "../settings.ts";
import { overlapsOf } from "../settings/overlap.ts";
import type { AccountModel, DeviceModel, DevicesModel, EntryModel, RouteModel } from "../../web/entry-models.ts";
import { texts } from "../../web/texts.ts";
import type { DashboardPorts } from "./ports.ts";

type Ports = Pick<DashboardPorts, "entries" | "directory" | "settings" | "store">;

/** Keys by which entries are known. */
const NAME_OF: Readonly<Record<EntryKind, string>> = {
  account: "login",
  device: "name",
  upstream: "name",
  route: "",
};

/** The entries of a kind, those of the file first. */
export async function readKind(ports: Ports, kind: EntryKind): Promise<EntryModel[]> {
  const { written } = ports.settings.current();
  const own = NAME_OF[kind];
  const tables = (written.tables[kind] ?? []) as readonly EntryValue[];
  const inFile = tables.map((value, index): EntryModel => ({
    name: own === "" ? null : String(value[own]),
    ...{
      origin: "file",
      state: "used",
      file: written.file === undefined ? null : basename(written.file),
      changedAt: null,
    },
    line: written.lineOf([kind, index]) ?? null,
    value: withoutSecrets(value),
  }));
  const used = new Set(namesInUse(ports, kind));
  const stored = (await ports.entries.list(kind)).map(({ name, value, changedAt }): EntryModel => {
    const isShadowed = own !== "" && inFile.some((one) => isSameName(one.name ?? "", name));
    const isBroken = own !== "" && !used.has(name.toLowerCase());
    const state = isShadowed ? "shadowed" : isBroken ? "broken" : "used";
    return { name, state, origin: "database", file: null, line: null, changedAt, value: withoutSecrets(value) };
  });
  return [...inFile, ...stored];
}

function namesInUse({ directory }: Ports, kind: EntryKind): string[] {
  const { accounts, devices, upstreams } = directory();
  if (kind === "account") return accounts.map(({ login }) => login.toLowerCase());
  return (kind === "device" ? devices : upstreams).map(({ name }) => name.toLowerCase());
}

/** An entry by its name; null: there is none. The file's counts where both have it. */
export async function readOne(ports: Ports, kind: EntryKind, name: string): Promise<EntryModel | null> {
  const rows = await readKind(ports, kind);
  return rows.find((row) => row.name !== null && isSameName(row.name, name)) ?? null;
}

/** A value without the keys that hold secrets, its sources' too. */
export function withoutSecrets(value: EntryValue): EntryValue {
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => !isSecretKey(key)).map(([key, inner]) => [key, walk(inner)]),
  );
}

function isSecretKey(key: string): boolean {
  return secretKeys.has(key.replace(/_(file|env)$/, ""));
}

function walk(inner: unknown): unknown {
  if (Array.isArray(inner)) return inner.map(walk);
  return typeof inner === "object" && inner !== null ? withoutSecrets(inner as EntryValue) : inner;
}

/** All accounts. */
export async function readAccounts(ports: Ports): Promise<AccountModel[]> {
  const directory = ports.directory();
  const adopted = new Set(
    (await ports.entries.list("account")).filter(({ madeBy }) => madeBy !== null).map(({ name }) => name),
  );
  return (await readKind(ports, "account")).map((row) => {
    const account = directory.account(row.name ?? "");
    return {
      ...row,
      login: row.name ?? "",
      canLogIn: account?.password !== undefined || account?.passwordHash !== undefined,
      hasScram: account?.password !== undefined || account?.scramKeys !== undefined,
      addresses: account?.addresses ?? [],
      upstream: account?.upstream ?? null,
      sources: (account?.sources ?? []).map(({ name, host, mode }) => ({ name, host, mode })),
      isAdopted: row.origin === "database" && adopted.has(row.name ?? ""),
    };
  });
}

/** Clients that were refused and are no devices: those that wait to be one, and those that were dismissed. */
export async function readClients(
  ports: Pick<DashboardPorts, "directory" | "settings" | "store">,
): Promise<Pick<DevicesModel, "waiting" | "dismissed">> {
  const directory = ports.directory();
  const allowed = ports.settings.current().settings.smtp.allowWithoutAuth;
  const refused = await ports.store.read("refusedClients", null);
  // Those of the LAN first: of the others few are one's own.
  const others = refused.filter(({ address }) => !directory.device(address) && !allowed.contains(address))
    .sort((one, other) => Number(other.isPrivate) - Number(one.isPrivate) || other.lastAt - one.lastAt);
  return {
    waiting: others.filter(({ dismissedAt }) => dismissedAt === null),
    dismissed: others.filter(({ dismissedAt }) => dismissedAt !== null),
  };
}

/** All devices, and who waits to be one. */
export async function readDevices(ports: Ports): Promise<DevicesModel> {
  const directory = ports.directory();
  const rows = await readKind(ports, "device");
  return {
    devices: rows.map((row): DeviceModel => {
      const device = row.state === "used" ? directory.deviceNamed(row.name ?? "") : undefined;
      return {
        ...row,
        networks: device?.networks.list ?? [],
        addresses: device?.addresses ?? [],
        upstream: device?.upstream ?? null,
        rules: device ? rulesOf(device, directory.devices) : [],
      };
    }),
    allowedWithoutAuth: ports.settings.current().settings.smtp.allowWithoutAuth.list,
    ...await readClients(ports),
  };
}

function rulesOf(device: Device, devices: readonly Device[]): string[] {
  const { rules } = texts.devices;
  const { from, owner, messagesPerMinute, messagesPerHour, maxMessageSize, minTls, bareLf } = device;
  const words = [
    from === undefined ? null : rules.from(from),
    messagesPerMinute > 0 ? rules.perMinute(messagesPerMinute) : null,
    messagesPerHour > 0 ? rules.perHour(messagesPerHour) : null,
    maxMessageSize === undefined ? null : rules.size(formatSize(maxMessageSize)),
    minTls === "off" ? null : rules.tls(minTls),
    bareLf ? rules.bareLf : null,
    ...overlapsOf(device, devices).map(({ network, first }) => rules.shared(network, first)),
    owner === undefined ? null : rules.owner(owner),
  ];
  return words.filter((word) => word !== null);
}

/** All routes in the order in which they are tried. */
export async function readRoutes(ports: Ports): Promise<RouteModel[]> {
  const rows = await readKind(ports, "route");
  const first = rows.findIndex(({ origin }) => origin === "database");
  return rows.map((row, index) => ({
    ...row,
    number: index + 1,
    via: (row.value["via"] ?? []) as string[],
    canMove: {
      up: row.origin === "database" && index > first,
      down: row.origin === "database" && index < rows.length - 1,
    },
  }));
}
