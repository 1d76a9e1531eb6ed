import type { Secret } from "../wire/secret.ts";
import type { Path } from "./lines.ts";
import { type Endpoint, formatEndpoint, isLoopback, type Networks } from "./network.ts";
import { providerById } from "./providers.ts";
import { type AllowedNetworks, checkPublicNetworks } from "./open-relay.ts";
import { MISSING } from "./shown.ts";
import type { Report } from "./table.ts";
import { formatDuration } from "./units.ts";

/*
 * What must be right between settings. A field is undefined where its value was wrong and has been reported, so each
 * check looks only at what is there.
 */

type Maybe<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** What the whole file must fulfil. */
export interface WholeSettings extends AllowedNetworks {
  readonly smtp?:
    | AllowedNetworks["smtp"] & { readonly listeners: readonly Maybe<{ endpoint: Endpoint }>[] }
    | undefined;
  readonly pop3?: {
    readonly listeners: readonly Maybe<{ endpoint: Endpoint }>[];
    readonly upstreamLogins?: readonly Maybe<{ domain: string }>[];
  } | undefined;
  readonly dashboard?: Maybe<{ endpoint: Endpoint }> | undefined;
  readonly upstreams: readonly Maybe<{ name: string }>[];
  readonly routes: readonly Maybe<{ account: string; device: string; via: readonly string[] }>[];
  readonly accounts: readonly (Maybe<{ login: string; upstream: string }> & {
    readonly sources?: readonly { readonly deliver?: readonly Maybe<{ account: string }>[] | undefined }[] | undefined;
  })[];
  readonly devices: readonly (Maybe<{ name: string; upstream: string }> & AllowedNetworks["devices"][number])[];
}

/** Names and addresses are given once, and every name that is referred to exists. */
export function checkWhole(settings: WholeSettings, report: Report): void {
  checkEndpoints(settings, report);
  checkPublicNetworks(settings, report);
  checkUnique(settings.upstreams.map(({ name }) => name), "upstream", "name", report);
  checkUnique(settings.accounts.map(({ login }) => login), "account", "login", report);
  const domains = (settings.pop3?.upstreamLogins ?? []).map(({ domain }) => domain);
  checkUnique(domains, "upstream_login", "domain", (at, ...rest) => report(["pop3", ...at], ...rest));
  checkUnique(settings.devices.map(({ name }) => name), "device", "name", report);
  const upstreams = settings.upstreams.map(({ name }) => name);
  const refer = (name: string | undefined, at: Path) => checkReference(name, upstreams, "upstream", at, report);
  settings.routes.forEach(({ via }, index) => via?.forEach((name, at) => refer(name, ["route", index, "via", at])));
  settings.accounts.forEach(({ upstream }, index) => refer(upstream, ["account", index, "upstream"]));
  settings.devices.forEach(({ upstream }, index) => refer(upstream, ["device", index, "upstream"]));
  const logins = settings.accounts.map(({ login }) => login?.toLowerCase());
  settings.routes.forEach(({ account }, index) =>
    checkReference(account?.toLowerCase(), logins, "account", ["route", index, "account"], report)
  );
  const devices = settings.devices.map(({ name }) => name);
  settings.routes.forEach(({ device }, index) =>
    checkReference(device, devices, "device", ["route", index, "device"], report)
  );
  settings.accounts.forEach(({ sources = [] }, index) =>
    sources.forEach(({ deliver = [] }, at) =>
      deliver.forEach(({ account }, rule) => {
        const path = ["account", index, "source", at, "deliver", rule, "account"];
        checkReference(account?.toLowerCase(), logins, "account", path, report);
      })
    )
  );
}

function checkReference(
  name: string | undefined,
  known: readonly (string | undefined)[],
  what: string,
  at: Path,
  report: Report,
): void {
  // While one of the entries has no valid name, it may be the one that is meant.
  if (name === undefined || known.includes(name) || known.includes(undefined)) return;
  const names = known.length > 0 ? `one of ${known.join(", ")}` : `but there is no [[${what}]]`;
  report(
    at,
    `the ${what === "account" ? "login of an account" : `name of ${what === "device" ? "a" : "an"} ${what}`}: ${names}`,
    JSON.stringify(name),
  );
}

/** Names that people type are the same in upper and lower case. */
function checkUnique(names: readonly (string | undefined)[], table: string, key: string, report: Report): void {
  const folded = names.map((name) => name?.toLowerCase());
  names.forEach((name, index) => {
    const first = folded.indexOf(folded[index]);
    if (name === undefined || first === index) return;
    report([table, index, key], `a ${key} of its own; ${table}[${first}] has it`, JSON.stringify(name));
  });
}

function checkEndpoints(settings: WholeSettings, report: Report): void {
  const taken: { at: Path; name: string; endpoint: Endpoint }[] = [];
  const take = (endpoint: Endpoint | undefined, at: Path, name: string) => {
    if (endpoint === undefined) return;
    const other = taken.find((one) => isSameEndpoint(one.endpoint, endpoint));
    if (other === undefined) taken.push({ at, name, endpoint });
    else report(at, `an address and port of its own; ${other.name} has it`, `"${formatEndpoint(endpoint)}"`);
  };
  for (const server of ["smtp", "pop3"] as const) {
    settings[server]?.listeners.forEach(({ endpoint }, index) =>
      take(endpoint, [server, "listen", index, "address"], `${server}.listen[${index}]`)
    );
  }
  take(settings.dashboard?.endpoint, ["dashboard", "listen"], "dashboard.listen");
}

const EVERY_ADDRESS = ["0.0.0.0", "::"];

function isSameEndpoint(one: Endpoint, other: Endpoint): boolean {
  // Port 0 is a different one each time.
  if (one.port !== other.port || one.port === 0) return false;
  const isSameFamily = one.address.includes(":") === other.address.includes(":");
  const isAnyEvery = EVERY_ADDRESS.includes(one.address) || EVERY_ADDRESS.includes(other.address);
  return one.address === other.address || (isSameFamily && isAnyEvery);
}

/** Somebody must be able to log in at a listener that requires it. */
export function checkSmtpListener(
  listener: Maybe<{ tls: string; auth: string; authWithoutTls: boolean }>,
  report: Report,
): void {
  if (listener.auth === "required" && listener.tls === "off" && listener.authWithoutTls === false) {
    report(
      ["auth"],
      'tls "starttls" or "implicit", or auth_without_tls = true: otherwise nobody can log in here',
      '"required" with tls = "off"',
    );
  }
}

/** Somebody must be able to log in at a POP3 listener. */
export function checkPop3Listener(
  listener: Maybe<{ endpoint: Endpoint; tls: string; loginWithoutTls: boolean }>,
  report: Report,
): void {
  const { endpoint, tls, loginWithoutTls } = listener;
  if (tls !== "off" || loginWithoutTls !== false || endpoint === undefined || isLoopback(endpoint.address)) return;
  report(
    ["tls"],
    '"starttls" or "implicit", or login_without_tls = true: otherwise nobody can log in here from another machine',
    '"off"',
  );
}

/** A certificate is of no use without its key. */
export function checkTls(tls: { certificate?: unknown; key?: unknown }, report: Report): void {
  if (tls.certificate !== undefined && tls.key === undefined) report(["key"], "the key of tls.certificate", MISSING);
  if (tls.key !== undefined && tls.certificate === undefined) {
    report(["certificate"], "the certificate that tls.key belongs to", MISSING);
  }
}

/** Delays grow from the first to the longest. */
export function checkRetry(retry: Maybe<{ firstMs: number; maxMs: number }>, report: Report): void {
  const { firstMs, maxMs } = retry;
  if (firstMs === undefined || maxMs === undefined || firstMs <= maxMs) return;
  report(["max"], `at least queue.retry.first, which is "${formatDuration(firstMs)}"`, `"${formatDuration(maxMs)}"`);
}

/** The longest wait is not below the first one; what is free does not ban. */
export function checkLogins(
  logins: Maybe<
    { firstDelayMs: number; maxDelayMs: number; freeFailures: number; banLoginAfter: number; banAddressAfter: number }
  >,
  report: Report,
): void {
  const { firstDelayMs = 0, maxDelayMs = Infinity, freeFailures = 0, banLoginAfter = 0, banAddressAfter = 0 } = logins;
  if (maxDelayMs < firstDelayMs) {
    const least = `at least logins.first_delay, which is "${formatDuration(firstDelayMs)}"`;
    report(["max_delay"], least, `"${formatDuration(maxDelayMs)}"`);
  }
  for (const [key, value] of [["ban_login_after", banLoginAfter], ["ban_address_after", banAddressAfter]] as const) {
    if (value === 0 || value > freeFailures) continue;
    report([key], `0, or more than logins.free_failures, which is ${freeFailures}`, String(value));
  }
}

/** A login upstream is a user name and a password; where its provider has not one server for all, it names its own. */
export function checkUpstream(
  upstream: Maybe<{
    provider: string;
    host: string;
    tls: string;
    fingerprint: string;
    username: string;
    password: Secret;
    auth: string;
    senders: readonly string[];
  }>,
  report: Report,
): void {
  const { provider, host, username, password, auth, senders } = upstream;
  checkFingerprint(upstream, report);
  if (host === "") {
    const hint = providerById(provider)?.smtp.hostHint;
    const expected = hint ? `a host name: ${hint}` : "a host name, or the provider whose server it is";
    report(["host"], expected, MISSING);
  }
  if (username !== undefined && password === undefined) {
    report(["password"], "a password, since username is given; or else password_file or password_env", MISSING);
  }
  if (username === undefined && password !== undefined) {
    report(["username"], "a user name, since a password is given", MISSING);
  }
  if (auth !== undefined && auth !== "best" && username === undefined && password === undefined) {
    report(["auth"], "username and password beside it: without them there is no login", `"${auth}"`);
  }
  if (senders?.length === 0) report(["senders"], 'at least one address, or "*" for all: nobody could send by it', "[]");
}

function checkFingerprint({ tls, fingerprint }: Maybe<{ tls: string; fingerprint: string }>, report: Report): void {
  if (fingerprint === undefined || tls !== "off") return;
  report(["fingerprint"], 'tls "starttls" or "implicit": without TLS no key is seen', `"${fingerprint}"`);
}

/** A source has a server, and asks nothing of its provider that it has not. */
export function checkSource(
  source: Maybe<{ provider: string; host: string; tls: string; fingerprint: string; recent: boolean }>,
  report: Report,
): void {
  const { provider, host, recent } = source;
  checkFingerprint(source, report);
  if (host === "") report(["host"], "a host name, or the provider whose server it is", MISSING);
  if (recent && providerById(provider)?.pop3?.recentPrefix === undefined) {
    report(["recent"], 'provider = "gmail" beside it: no other is known to have such a login', "true");
  }
}

/** A route names each of its upstreams once, and its range of sizes begins before it ends. */
export function checkRoute(
  route: Maybe<{ minSize: number; maxSize: number; via: readonly string[] }>,
  report: Report,
): void {
  const { minSize, maxSize, via = [] } = route;
  via.forEach((name, at) => {
    const first = via.indexOf(name);
    if (first < at) {
      report(["via", at], `an upstream that is not named before; via[${first}] is it`, JSON.stringify(name));
    }
  });
  if (minSize === undefined || maxSize === undefined || minSize <= maxSize) return;
  report(["max_size"], `at least min_size, which is ${minSize} octets`, `${maxSize} octets`);
}

/** A device has an address: nothing else tells which it is. */
export function checkDevice(device: Maybe<{ networks: Networks }>, report: Report): void {
  if (device.networks?.list.length === 0) report(["networks"], "at least one address of the device", "[]");
}

/** An account has one password and names its sources apart. */
export function checkAccount(
  account: Maybe<{ password: Secret; passwordHash: Secret; scramKeys: Secret }> & {
    readonly sources: readonly Maybe<{ name: string }>[];
  },
  report: Report,
): void {
  if (account.password !== undefined && account.passwordHash !== undefined) {
    report(["password_hash"], "either a password or its hash, not both", `${account.passwordHash}`);
  }
  if (account.scramKeys !== undefined && account.passwordHash === undefined) {
    report(["scram_keys"], "password_hash beside it, and no password: a password gives both", `${account.scramKeys}`);
  }
  checkUnique(account.sources.map(({ name }) => name), "source", "name", report);
}
