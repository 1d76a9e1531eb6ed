import { parseArgs } from "node:util";
import {
  type Account,
  formatDuration,
  formatEndpoint,
  formatSettingError,
  loadSettings,
  publicNetworksOf,
  type Settings,
  type Source,
} from "../settings.ts";

/** What a command may touch: text goes out as it is, line ends included. */
export interface CommandIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const USAGE = "usage: waypost check [--config FILE] [--json]\n";

/**
 * `waypost check`: prints every error of the settings, or what they come to.
 * @returns 0 the settings are right, 1 they are not, 2 the command line is wrong
 */
export function run(args: string[], io: CommandIo): Promise<number> {
  return Promise.resolve(check(args, io));
}

function check(args: string[], io: CommandIo): number {
  const options = readOptions(args);
  if (typeof options === "string") {
    io.stderr(`${options}\n${USAGE}`);
    return 2;
  }
  const loaded = loadSettings(options.config, io.env);
  if ("errors" in loaded) {
    if (options.json) io.stdout(toJson({ ok: false, errors: loaded.errors }));
    else io.stderr(loaded.errors.map((error) => `${formatSettingError(error)}\n`).join(""));
    return 1;
  }
  const { settings, file = null } = loaded;
  const notes = findNotes(settings);
  // Secrets write themselves as "(secret)".
  io.stdout(options.json ? toJson({ ok: true, file, notes, settings }) : describe(file, summarize(settings), notes));
  return 0;
}

function readOptions(args: string[]): { config: string | undefined; json: boolean } | string {
  try {
    const { values } = parseArgs({ args, options: { config: { type: "string" }, json: { type: "boolean" } } });
    return { config: values.config, json: values.json ?? false };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** What the settings come to, a few lines under each heading. */
function summarize(settings: Settings) {
  const { smtp, pop3, dashboard, store } = settings;
  return {
    hostname: [settings.hostname],
    data: [settings.dataDir],
    store: [store.url],
    smtp: smtp.listeners.map(({ endpoint, tls, auth, mode }) =>
      `${formatEndpoint(endpoint)}, TLS ${tls}, AUTH ${auth}, ${mode}`
    ),
    pop3: pop3.listeners.map(({ endpoint, tls }) => `${formatEndpoint(endpoint)}, TLS ${tls}`),
    dashboard: [`http://${formatEndpoint(dashboard.endpoint)}/`],
    upstreams: settings.upstreams.map(({ name, host, port, tls, username }) =>
      `${name}: ${formatEndpoint({ address: host, port })}, TLS ${tls}${username ? `, as ${username}` : ""}`
    ),
    accounts: settings.accounts.map((account) => `${account.login}: sends as ${listAddresses(account)}`),
    sources: settings.accounts.flatMap((account) =>
      account.sources.map((source) => `${account.login}: ${describeSource(source)}`)
    ),
    devices: settings.devices.map(({ name, networks }) => `${name}: ${networks.list.join(", ")}`),
  };
}

function listAddresses({ addresses }: Account): string {
  return addresses.length > 0 ? addresses.join(", ") : "nobody";
}

function describeSource({ name, host, port, tls, username, mode, deleteAfterMs, intervalMs }: Source): string {
  const server = formatEndpoint({ address: host, port });
  const deletes = mode === "keep" ? "keep" : `delete after ${formatDuration(deleteAfterMs)}`;
  const called = name === host ? "" : `${name}, `;
  return `${called}${server}, TLS ${tls}, as ${username}, ${deletes}, every ${formatDuration(intervalMs)}`;
}

/** What is allowed and yet perhaps not meant. */
function findNotes({ upstreams, accounts, smtp, devices }: Settings): string[] {
  const open = [smtp.allowWithoutAuth, ...devices.map(({ networks }) => networks)].flatMap(publicNetworksOf);
  return [
    ...open.length === 0 ? [] : [
      `whoever on the internet has an address in ${open.join(", ")} may send to anybody, without a login`,
    ],
    ...smtp.listeners.filter(({ authWithoutTls }) => authWithoutTls).map(({ endpoint }) =>
      `smtp ${formatEndpoint(endpoint)}: passwords may cross the LAN in the clear`
    ),
    ...upstreams.length === 0 ? ["no [[upstream]] here: mail waits in the queue until the dashboard has one"] : [],
    ...upstreams.filter(({ verify, tls }) => !verify && tls !== "off").map(({ name }) =>
      `upstream ${name}: its certificate is not checked, anybody on the way may read along`
    ),
    ...upstreams.filter(({ tls, password }) => tls === "off" && password !== undefined).map(({ name }) =>
      `upstream ${name}: the password goes out without TLS`
    ),
    ...accounts.filter(({ password, passwordHash }) => password === undefined && passwordHash === undefined).map(
      ({ login }) => `account ${login}: nobody can log in, it has no password`,
    ),
    ...accounts.filter(({ addresses }) => addresses.length === 0).map(({ login }) =>
      `account ${login}: may send as nobody; set addresses`
    ),
  ];
}

function describe(file: string | null, summary: ReturnType<typeof summarize>, notes: readonly string[]): string {
  const head = file === null ? "No settings file: the defaults are used." : `${file} is right.`;
  const width = Math.max(...Object.keys(summary).map((name) => name.length)) + 2;
  const lines = Object.entries(summary).flatMap(([name, values]) =>
    (values.length > 0 ? values : ["none"]).map((value, index) => (index === 0 ? name : "").padEnd(width) + value)
  );
  return [head, "", ...lines, ...notes.length > 0 ? ["", ...notes.map((note) => `note: ${note}`)] : [], ""].join("\n");
}
