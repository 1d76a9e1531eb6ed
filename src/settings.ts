import { isLoopback } from "./settings/network.ts";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkRetry, checkTls, checkWhole } from "./settings/cross.ts";
import { account, alias, device, route, upstream } from "./settings/entries.ts";
import * as kinds from "./settings/kinds.ts";
import { loadEntry, loadFile, type SettingError, systemSurroundings, type WrittenSettings } from "./settings/load.ts";
import { logins } from "./settings/logins.ts";
import { mailbox } from "./settings/mailbox.ts";
import { pop3, smtp } from "./settings/servers.ts";
import {
  derived,
  type Entries,
  group,
  listSecretKeys,
  optional,
  type Rows,
  setting,
  type Surroundings,
  type Values,
} from "./settings/table.ts";

/*
 * THE table of settings: every key of waypost.toml with its kind (type, range, unit), its default and what it is for.
 * The reader, the types, `waypost check` and docs/settings.md are made from it. The tables of the servers and of the
 * entries that the dashboard may hold as well stand in settings/servers.ts and settings/entries.ts.
 */

const store = group("Where everything is stored.", {
  url: derived(
    kinds.storeUrl,
    "file:/var/lib/waypost/waypost.db",
    {
      text: "the file `waypost.db` in data_dir",
      value: (_, root) => pathToFileURL(join(String(root["dataDir"]), "waypost.db")).href,
    },
    "A database file (`file:`), or a libSQL server (`http://`, `https://`, `libsql://`) that several nodes share.",
  ),
  auth_token: optional(kinds.indirectSecret, "eyJhbGciOi", "The token that the libSQL server asks for."),
});

const dashboard = group("The dashboard and its JSON API.", {
  listen: setting(kinds.endpoint, "127.0.0.1:8025", "Address and port; port 0: the system chooses one."),
  trusted_hosts: setting(
    kinds.list(kinds.host),
    [],
    "Names, beside localhost and addresses, by which browsers may reach the dashboard. A request for another name is " +
      "refused: it may be a foreign page that uses the browser to get in (DNS rebinding).",
  ),
  tls: setting(
    kinds.choice("auto", "off", "implicit"),
    "auto",
    "`implicit`: the dashboard speaks TLS (https), with the certificate of the mail servers; `off`: in the clear, for a proxy " +
      "in front of it; `auto`: TLS unless it listens on loopback alone.",
  ),
  metrics_networks: setting(
    kinds.networks,
    [],
    "Networks from which Prometheus may read `/metrics` without a token. With a token of the scope `metrics` it may from " +
      "everywhere.",
  ),
});

const tls = group(
  "The certificate of the SMTP and POP3 servers. Without one, an authority of its own is made at the first start, whose " +
    "certificate for the clients lies in `tls/ca.pem` in data_dir.",
  {
    certificate: optional(kinds.certificateFile, "cert.pem", "The certificate with the chain that leads to it."),
    key: optional(kinds.keyFile, "key.pem", "Its private key."),
    names: setting(
      kinds.list(kinds.host),
      [],
      "More names and addresses for the certificate of the own authority. It has the hostname, this machine's name, also " +
        "with `.local`, and its addresses in the LAN without being told.",
    ),
    check_interval: setting(
      kinds.duration("1s", "1d"),
      "1m",
      "How often the certificate and its key are looked after: files that have changed are read and used for new " +
        "connections, the own certificate is renewed 30 days before it ends and when the names or addresses change.",
    ),
  },
  checkTls,
);

const retry = group("The delays between attempts: `first`, then each `factor` times the one before, up to `max`.", {
  first: setting(kinds.duration("1s", "1d"), "1m", "After the first attempt."),
  factor: setting(kinds.decimal(1, 10), 2, "How much longer each delay is than the one before."),
  max: setting(kinds.duration("1s", "7d"), "1h", "The longest delay."),
  jitter: setting(
    kinds.decimal(0, 1),
    0.1,
    "The share of a delay by which chance may shorten or lengthen it, so that messages do not all wake at once.",
  ),
}, checkRetry);

const queue = group("The queue of mail on its way to the upstreams.", {
  lifetime: setting(
    kinds.duration("1m", "365d"),
    "5d",
    "How long a message is tried before it goes back to its sender (RFC 5321 section 4.5.4.1 asks for 4 to 5 days).",
  ),
  warn_after: setting(
    kinds.duration("0s", "365d"),
    "4h",
    "How long a message is tried before its sender is told that it is delayed, once for each recipient (NOTIFY, RFC 3461, " +
      "may ask for less); 0s: never.",
  ),
  hot_memory: setting(
    kinds.size("0B", "4GB"),
    "16MB",
    "Memory for messages that are kept at hand from acceptance to delivery, so that they need not be read back.",
  ),
  keep_delivered: setting(
    kinds.duration("0s", "30d"),
    "0s",
    "How long what is in a message stays here once every recipient has its answer, to be read and searched in the " +
      "dashboard; 0s: it goes at once, and the message is known by its envelope and subject alone. What goes straight " +
      "through (`direct`) is never here.",
  ),
  keep_delivered_size: setting(
    kinds.size("0B", "100000GB"),
    "1GB",
    "Octets of delivered messages that are kept in all; beyond, the oldest go first, within the hour; 0B: no limit.",
  ),
  retry,
});

const search = group("Finding messages in the dashboard by words.", {
  enabled: setting(
    kinds.flag,
    true,
    "Whether a full-text index is kept, in the database. Without one, words are looked for in sender, recipients and " +
      "subject of the newest messages. Switched off, what it knows is forgotten.",
  ),
  max_text: setting(
    kinds.size("0B", "1MB"),
    "64KB",
    "Text of each message that is indexed; an index takes about as much room as the text. 0B: none, messages are found " +
      "by sender, recipients and subject.",
  ),
});

const telemetry = group("What is recorded of sessions, and who changed what.", {
  keep_sessions: setting(kinds.duration("1h", "3650d"), "30d", "How long sessions and their phases are kept."),
  keep_transcripts: setting(
    kinds.whole(0, 1_000_000, "sessions"),
    500,
    "Sessions, the newest, whose whole transcript is kept. Those of sessions that failed stay as long as the session.",
  ),
  keep_changes: setting(
    kinds.duration("1d", "36500d"),
    "400d",
    "How long the log of changes is kept: who changed which setting, user or message of the queue, and when.",
  ),
  flush_interval: setting(
    kinds.duration("100ms", "10m"),
    "5s",
    "How often what was recorded is written to the store: seldom, for the sake of SD cards.",
  ),
});

/** All settings, as a tree: what a key of waypost.toml is and what becomes of it. */
export const settingsTable = group("General.", {
  hostname: setting(
    kinds.domain,
    "waypost.lan",
    "The name that Waypost gives itself in greetings, in EHLO and in Received fields.",
  ),
  data_dir: derived(
    kinds.path,
    "/var/lib/waypost",
    {
      text: "the folder `data` where Waypost is started",
      value: (_, __, from) => join(from.workDir, "data"),
    },
    "The folder of the database, the certificates and the keys.",
  ),
  store,
  smtp,
  pop3,
  logins,
  mailbox,
  dashboard,
  tls,
  queue,
  search,
  telemetry,
  upstream,
  route,
  account,
  device,
  alias,
}, checkWhole);

/** The settings as the program uses them, frozen: sizes in octets, durations in ms, paths absolute, secrets wrapped. */
export type Settings = Values<typeof settingsTable.rows>;
/** The SMTP server's limits and listeners. */
export type SmtpSettings = Settings["smtp"];
/** One address where the SMTP server listens. */
export type SmtpListener = SmtpSettings["listeners"][number];
/** The POP3 server's limits and listeners. */
export type Pop3Settings = Settings["pop3"];
/** One address where the POP3 server listens. */
export type Pop3Listener = Pop3Settings["listeners"][number];
/** What happens to the cached mail. */
export type MailboxSettings = Settings["mailbox"];
/** A domain whose people log in with the upstream's own password. */
export type UpstreamLogin = Pop3Settings["upstreamLogins"][number];
/** What failed logins come to. */
export type LoginSettings = Settings["logins"];
/** How long messages wait in the queue. */
export type QueueSettings = Settings["queue"];
/** The delays between attempts. */
export type RetrySettings = QueueSettings["retry"];
/** How messages are found by words. */
export type SearchSettings = Settings["search"];
/** What is recorded, and for how long. */
export type TelemetrySettings = Settings["telemetry"];
/** A mail server that mail is submitted to. */
export type Upstream = Values<typeof upstream.rows>;
/** Which upstreams serve a message. */
export type Route = Values<typeof route.rows>;
/** A person or device that logs in. */
export type Account = Values<typeof account.rows>;
/** An upstream POP3 mailbox. */
export type Source = Account["sources"][number];
/** A LAN client that cannot log in. */
export type Device = Values<typeof device.rows>;
/** Which certificate the mail servers have. */
export type TlsSettings = Settings["tls"];
/** A recipient that stands for somebody. */
export type Alias = Values<typeof alias.rows>;
/** Whether and how TLS begins. */
export type TlsMode = SmtpListener["tls"];

/** What an entry of the database becomes, by its kind. */
export interface EntryKinds {
  upstream: Upstream;
  route: Route;
  account: Account;
  device: Device;
}

const entryTables = { upstream, route, account, device } as const;

/** The keys of entries, of their sources too, whose values nobody may see. */
export const secretKeys: ReadonlySet<string> = new Set(
  Object.values(entryTables).flatMap((table) => listSecretKeys(table.rows)),
);

/** The settings of a file, and the file as it was written. */
export interface LoadedSettings {
  readonly settings: Settings;
  /** The file that they come from; undefined: the defaults. */
  readonly file: string | undefined;
  readonly written: WrittenSettings;
}

/** What reading the settings file came to. */
export type SettingsOutcome = LoadedSettings | { readonly errors: readonly SettingError[] };

/** The table of a kind of entry: its keys with what they are for. */
export function entryTable(kind: keyof EntryKinds): Entries<Rows, string> {
  return entryTables[kind];
}

/**
 * Reads and checks the settings file; secrets in files and environment variables are resolved. Relative paths in the
 * file start in its folder.
 * @param path the file; undefined: `data/waypost.toml` if it exists, else the defaults
 * @returns the settings and the file that they come from, or every error, in the order of the file
 */
export function loadSettings(
  path: string | undefined,
  env: Surroundings["env"],
  from: Partial<Surroundings> = {},
): SettingsOutcome {
  const loaded = loadFile(settingsTable, path, { ...systemSurroundings(env), ...from });
  // The table describes both the values and the type.
  if ("errors" in loaded) return loaded;
  return { settings: loaded.values as Settings, file: loaded.file, written: loaded.written };
}

/**
 * Reads an entry that was made in the dashboard or by command: JSON of the same shape as the TOML of its kind. What it
 * refers to (an upstream by name) is not looked for here.
 */
export function parseEntry<Kind extends keyof EntryKinds>(
  kind: Kind,
  value: unknown,
  from: Partial<Surroundings> = {},
): { readonly entry: EntryKinds[Kind] } | { readonly errors: readonly SettingError[] } {
  const loaded = loadEntry(entryTables[kind], kind, value, { ...systemSurroundings({}), ...from });
  return "errors" in loaded ? loaded : { entry: loaded.entry as EntryKinds[Kind] };
}

export type { PemFile } from "./settings/kinds.ts";
export { formatSettingError, type SettingError, type WrittenSettings } from "./settings/load.ts";
export type { Endpoint, Networks } from "./settings/network.ts";
export { EXPECTED_PRIVATE, publicNetworksOf } from "./settings/open-relay.ts";
export { isPrivateAddress } from "./settings/private-networks.ts";
export { createNetworks, formatEndpoint, isLoopback, parseEndpoint } from "./settings/network.ts";
export { reportSettings, type SettingsSection, type ShownSetting } from "./settings/report.ts";
export { formatDuration, formatSize } from "./settings/units.ts";

/** Whether the dashboard speaks TLS. */
export function isDashboardSecure(
  { dashboard: { tls, endpoint } }: { readonly dashboard: Pick<Settings["dashboard"], "tls" | "endpoint"> },
): boolean {
  return tls === "implicit" || (tls === "auto" && !isLoopback(endpoint.address));
}
