import type { SettingError } from "../settings.ts";
import type { Directory } from "./directory.ts";
import type { EntryKind, EntryValue } from "./entries.ts";

/** What is wrong with the names by which an entry refers to others; what has no form of a name is not looked at. Pure. */
export function referenceErrors(directory: Directory, kind: EntryKind, value: EntryValue): SettingError[] {
  const upstreams = directory.upstreams.map(({ name }) => name);
  const devices = directory.devices.map(({ name }) => name);
  const logins = directory.accounts.map(({ login }) => login);
  if (kind === "account" && typeof value["login"] === "string") logins.push(value["login"]);
  const errors: SettingError[] = [];
  const refer = (name: unknown, key: string, what: string, known: readonly string[], fold = false): void => {
    const same = (one: string) => fold ? one.toLowerCase() === String(name).toLowerCase() : one === name;
    if (typeof name !== "string" || known.some(same)) return;
    const names = known.length === 0 ? "none is configured yet" : `one of ${known.join(", ")}`;
    const shown = JSON.stringify(name.slice(0, 60));
    errors.push({ file: undefined, line: undefined, key, value: shown, expected: `${what}: ${names}` });
  };
  if (kind === "account" || kind === "device") {
    refer(value["upstream"], `${kind}.upstream`, "the name of an upstream", upstreams);
  }
  if (kind === "account") {
    for (const [path, rule] of deliveriesOf(value)) refer(rule, path, "the login of an account", logins, true);
  }
  if (kind === "route") {
    listOf(value["via"]).forEach((name, at) => refer(name, `route.via[${at}]`, "the name of an upstream", upstreams));
    refer(value["account"], "route.account", "the login of an account", logins, true);
    refer(value["device"], "route.device", "the name of a device", devices);
  }
  return errors;
}

function deliveriesOf({ source }: EntryValue): [path: string, account: unknown][] {
  return listOf(source).flatMap((one, index) =>
    listOf((one as EntryValue)["deliver"]).map((rule, at): [string, unknown] => [
      `account.source[${index}].deliver[${at}].account`,
      (rule as EntryValue)["account"],
    ])
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

/** What refers to an entry by its name: it would have to do without. */
export interface Reference {
  readonly kind: EntryKind;
  /** A login, a name, or of a route its number, from 1. */
  readonly name: string;
}

/** The entries that name another one. Pure. */
export function referencesTo(directory: Directory, kind: EntryKind, name: string): Reference[] {
  const { accounts, devices, routes } = directory;
  const isIt = (one: string | undefined) => one?.toLowerCase() === name.toLowerCase();
  const isNamedBy = (route: Directory["routes"][number]) =>
    kind === "upstream" ? route.via.some(isIt) : isIt(kind === "account" ? route.account : route.device);
  return [
    ...routes.flatMap((route, index) => isNamedBy(route) ? [{ kind: "route" as const, name: String(index + 1) }] : []),
    ...accounts.filter(({ login, upstream, sources }) =>
      kind === "upstream"
        ? isIt(upstream)
        : kind === "account" && !isIt(login) && sources.some(({ deliver }) => deliver.some((one) => isIt(one.account)))
    ).map(({ login }) => ({ kind: "account" as const, name: login })),
    ...devices.filter(({ upstream }) => kind === "upstream" && isIt(upstream)).map((device) => ({
      kind: "device" as const,
      name: device.name,
    })),
  ];
}
