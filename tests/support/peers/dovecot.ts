import { Buffer } from "node:buffer";
import fs from "node:fs";
import path from "node:path";
import { freePort, portAnswers } from "../free-port.ts";
import { startChild, stopChild } from "../process.ts";
import { waitFor } from "../wait.ts";

/** Who the mailboxes belong to. */
const NOBODY = 65_534;

/** What a Dovecot under test is started with. */
export interface DovecotOptions {
  /** A folder of its own; the same again for a restart. */
  readonly folder: string;
  readonly port?: number;
  readonly certificate: { readonly cert: string; readonly key: string };
  readonly password: string;
  /** SASL mechanisms; absent: PLAIN and LOGIN. */
  readonly mechanisms?: string;
  /** Lets clients log in without TLS. */
  readonly plaintext?: boolean;
}

/** Dovecot as a POP3 server with STLS, and as the authentication service of a Postfix. Any user, one password. */
export interface Dovecot {
  readonly port: number;
  /** Where a Postfix can ask for logins. */
  readonly sasl: string;
  /** Puts messages into a user's mailbox, octet for octet. */
  fill(user: string, messages: readonly Uint8Array[]): void;
  /** The folder where a user's messages and their UIDs lie. */
  maildir(user: string): string;
  /** How many messages are in it. */
  count(user: string): number;
  log(): string;
  stop(): Promise<void>;
}

/** Starts Dovecot by hand, with a configuration, mailboxes and log of its own, on 127.0.0.1. Needs root. */
export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
  const { folder, certificate } = options;
  const port = options.port ?? await freePort();
  const at = (name: string) => path.join(folder, name);
  fs.chmodSync(folder, 0o755);
  for (const name of ["run", "log", "mail"]) fs.mkdirSync(at(name), { recursive: true });
  fs.chownSync(at("mail"), NOBODY, NOBODY);
  fs.writeFileSync(at("cert.pem"), certificate.cert);
  fs.writeFileSync(at("key.pem"), certificate.key, { mode: 0o600 });
  fs.writeFileSync(at("dovecot.conf"), configuration(options, port));
  const child = startChild("/usr/sbin/dovecot", ["-F", "-c", at("dovecot.conf")], { cwd: "/" });
  const log = () => fs.existsSync(at("log/dovecot.log")) ? fs.readFileSync(at("log/dovecot.log"), "utf8") : "";
  const stop = async () => {
    if (child.isRunning()) await stopChild(child);
  };
  try {
    await waitFor(
      "Dovecot to answer",
      () => child.isRunning() ? portAnswers(port) : Promise.reject(new Error("ended")),
    );
  } catch (cause) {
    await stop();
    throw new Error(`Dovecot did not start:\n${child.output()}${log()}`, { cause });
  }
  const maildir = (user: string) => at(`mail/${user}/Maildir`);
  return {
    port,
    sasl: at("run/sasl"),
    log,
    maildir,
    stop,
    fill: (user, messages) => fillMaildir(at(`mail/${user}`), messages),
    count: (user) => ["new", "cur"].reduce((sum, part) => sum + filesIn(path.join(maildir(user), part)), 0),
  };
}

function configuration(
  { folder, password, mechanisms = "plain login", plaintext = false }: DovecotOptions,
  port: number,
): string {
  return `
protocols = pop3
listen = 127.0.0.1
base_dir = ${folder}/run
log_path = ${folder}/log/dovecot.log
mail_location = maildir:~/Maildir
first_valid_uid = 1
mail_max_userip_connections = 100
ssl = ${plaintext ? "yes" : "required"}
disable_plaintext_auth = ${plaintext ? "no" : "yes"}
auth_failure_delay = 0
ssl_cert = <${folder}/cert.pem
ssl_key = <${folder}/key.pem
auth_mechanisms = ${mechanisms}
passdb {
  driver = static
  args = password={PLAIN.b64}${Buffer.from(password).toString("base64")}
}
userdb {
  driver = static
  args = uid=${NOBODY} gid=${NOBODY} home=${folder}/mail/%u
}
service pop3-login {
  inet_listener pop3 {
    port = ${port}
  }
  inet_listener pop3s {
    port = 0
  }
}
service anvil {
  # Who fails to log in is not slowed down: tests fail on purpose.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service auth {
  unix_listener ${folder}/run/sasl {
    mode = 0666
  }
}
`;
}

function fillMaildir(home: string, messages: readonly Uint8Array[]): void {
  const parts = ["cur", "new", "tmp"].map((part) => path.join(home, "Maildir", part));
  for (const part of parts) fs.mkdirSync(part, { recursive: true });
  const seconds = Math.floor(Date.now() / 1000) - messages.length;
  const begin = filesIn(parts[0] ?? "") + filesIn(parts[1] ?? "");
  messages.forEach((octets, index) => {
    // The order of a maildir is that of its names.
    const name = `${seconds}.M${String(begin + index).padStart(6, "0")}.test`;
    fs.writeFileSync(path.join(home, "Maildir", "new", name), octets);
  });
  for (const entry of [home, ...fs.readdirSync(home, { recursive: true, encoding: "utf8" })]) {
    fs.chownSync(path.resolve(home, entry), NOBODY, NOBODY);
  }
}

function filesIn(folder: string): number {
  return fs.existsSync(folder) ? fs.readdirSync(folder).length : 0;
}
