import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readFileIfThere } from "../net/files.ts";

/** Where the demo's upstream and source listen. */
export interface DemoPorts {
  readonly smtp: number;
  readonly pop3: number;
}

/** The demo's accounts; the sample clients send and read with them. */
export const DEMO_ACCOUNTS = ["alice@demo.example", "bob@demo.example"] as const;

/** What an account's password is kept in, so that a person can try a mail program with it. */
const PASSWORD_FILE = "password.txt";

/** The demo, ready to be started. */
export interface DemoSettings {
  /** The settings file that was written. */
  readonly file: string;
  /** The password of every account. */
  readonly password: string;
}

/**
 * Writes a settings file for the demo into a folder of its own, where a person can read and change it.
 * @param dataDir the demo's data folder
 */
export async function writeDemoSettings(dataDir: string, ports: DemoPorts): Promise<DemoSettings> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const passwordFile = join(dataDir, PASSWORD_FILE);
  const known = await readFileIfThere(passwordFile);
  const password = known?.trim() ?? randomBytes(9).toString("base64url");
  if (known === undefined) await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  const file = join(dataDir, "waypost.toml");
  await writeFile(file, settingsText(dataDir, ports), { mode: 0o600 });
  return { file, password };
}

function settingsText(dataDir: string, { smtp, pop3 }: DemoPorts): string {
  const [alice, bob] = DEMO_ACCOUNTS;
  return `# Written by "serve --demo" at each start: an upstream and a source on this machine, and two accounts.
data_dir = ${JSON.stringify(dataDir)}

[queue.retry]
first = "15s"

[telemetry]
flush_interval = "1s"

[[upstream]]
name = "provider"
host = "127.0.0.1"
port = ${smtp}
tls = "off"
max_connections = 3
messages_per_connection = 2

${accountText(alice, pop3, `mode = "keep"`)}
${accountText(bob, pop3, `mode = "delete"\ndelete_after = "0s"`)}`;
}

function accountText(login: string, pop3: number, mode: string): string {
  return `[[account]]
login = "${login}"
password_file = "${PASSWORD_FILE}"
[account.source]
name = "provider"
host = "127.0.0.1"
port = ${pop3}
tls = "off"
username = "${login}"
password = "demo"
interval = "4s"
${mode}
`;
}
