import { parseArgs } from "node:util";
import {
  formatEndpoint,
  formatSettingError,
  loadSettings,
  publicNetworksOf,
  type Settings,
  type Source,
} from "../settings.ts";
import { texts } from "../../web/texts.ts";
import { overlapsOf } from "../settings/overlap.ts";
import { summarize } from "./check-summary.ts";

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

/** What is allowed and yet perhaps not meant. */
function findNotes({ upstreams, accounts, smtp, devices, mailbox }: Settings): string[] {
  const open = [smtp.allowWithoutAuth, ...devices.map(({ networks }) => networks)].flatMap(publicNetworksOf);
  return [
    ...open.length === 0 ? [] : [
      `whoever on the internet has an address in ${open.join(", ")} may send to anybody, without a login`,
    ],
    ...smtp.listeners.filter(({ authWithoutTls }) => authWithoutTls).map(({ endpoint }) =>
      `smtp ${formatEndpoint(endpoint)}: passwords may cross the LAN in the clear`
    ),
    ...devices.flatMap((device) =>
      overlapsOf(device, devices).map(({ network, first }) =>
        `device ${device.name}: ${texts.devices.rules.shared(network, first)}`
      )
    ),
    ...upstreams.length === 0 ? ["no [[upstream]] here: mail waits in the queue until the dashboard has one"] : [],
    ...upstreams.filter(({ verify, tls }) => !verify && tls !== "off").map(({ name }) =>
      `upstream ${name}: its certificate is not checked, anybody on the way may read along`
    ),
    ...upstreams.filter(({ tls, password }) => tls === "off" && password !== undefined).map(({ name }) =>
      `upstream ${name}: the password goes out without TLS`
    ),
    ...accounts.flatMap(({ login, sources }) => sources.flatMap((source) => sourceNotes(login, source))),
    ...mailbox.removeUnconfirmed && mailbox.maxAgeMs + mailbox.maxSize + mailbox.maxMessages > 0
      ? ["mailbox.remove_unconfirmed: what makes room may be the only copy of a message"]
      : [],
    ...accounts.filter(({ password, passwordHash }) => password === undefined && passwordHash === undefined).map(
      ({ login }) => `account ${login}: nobody can log in, it has no password`,
    ),
    ...accounts.filter(({ addresses }) => addresses.length === 0).map(({ login }) =>
      `account ${login}: may send as nobody; set addresses`
    ),
  ];
}

function sourceNotes(login: string, { name, verify, fingerprint, tls }: Source): string[] {
  if (tls === "off") return [`source ${name} of ${login}: the password goes out without TLS`];
  if (verify || fingerprint !== undefined) return [];
  return [`source ${name} of ${login}: its certificate is not checked, anybody on the way may read along`];
}

function describe(file: string | null, summary: ReturnType<typeof summarize>, notes: readonly string[]): string {
  const head = file === null ? "No settings file: the defaults are used." : `${file} is right.`;
  const width = Math.max(...Object.keys(summary).map((name) => name.length)) + 2;
  const lines = Object.entries(summary).flatMap(([name, values]) =>
    (values.length > 0 ? values : ["none"]).map((value, index) => (index === 0 ? name : "").padEnd(width) + value)
  );
  return [head, "", ...lines, ...notes.length > 0 ? ["", ...notes.map((note) => `note: ${note}`)] : [], ""].join("\n");
}
