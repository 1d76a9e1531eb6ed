import fs from "node:fs";
import path from "node:path";
import { freePort, portAnswers } from "../free-port.ts";
import { type Child, startChild } from "../process.ts";
import { waitFor } from "../wait.ts";

/** Who the delivered files belong to: Postfix refuses to deliver as root. */
const NOBODY = 65_534;

/** What a Postfix under test is started with. */
export interface PostfixOptions {
  /** A folder of its own; the same again for a restart. */
  readonly folder: string;
  readonly port?: number;
  /** Offers STARTTLS with this, and takes mail under TLS only. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** The socket of Dovecot's authentication service: then only who logs in may send. */
  readonly sasl?: string;
  /** Further ports by name, each with settings of its own. */
  readonly more?: Readonly<Record<string, PostfixSettings>>;
}

/** Settings of main.cf, or of one service: values without spaces. */
export type PostfixSettings = Readonly<Record<string, string>>;

/** Postfix as an upstream that delivers everything into one maildir. */
export interface Postfix {
  readonly port: number;
  /** The further ports by name. */
  readonly ports: Readonly<Record<string, number>>;
  /** The messages delivered so far, in any order, with CRLF as they went over the wire. */
  delivered(): Buffer[];
  /** What it logged. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts Postfix by hand, with a configuration, queue and log of its own, on 127.0.0.1. Needs root. */
export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const { folder } = options;
  const port = options.port ?? await freePort();
  const at = (name: string) => path.join(folder, name);
  const ports = Object.fromEntries(
    await Promise.all(Object.keys(options.more ?? {}).map(async (name) => [name, await freePort()] as const)),
  );
  writeConfiguration(options, port, ports);
  const child = startChild("/usr/sbin/postfix", ["-c", at("conf"), "start-fg"], { cwd: "/" });
  const log = () => fs.existsSync(at("log/mail.log")) ? fs.readFileSync(at("log/mail.log"), "utf8") : "";
  const stop = () => stopMaster(child, at("conf"));
  try {
    await waitFor(
      "Postfix to answer",
      async () => {
        if (!child.isRunning()) throw new Error("ended");
        const answers = await Promise.all([port, ...Object.values(ports)].map((each) => portAnswers(each)));
        return answers.every(Boolean);
      },
    );
  } catch (cause) {
    await stop();
    throw new Error(`Postfix did not start:\n${child.output()}${log()}`, { cause });
  }
  return { port, ports, log, stop, delivered: () => readMaildir(at("mail/all/new")) };
}

function writeConfiguration(
  { folder, certificate, sasl, more = {} }: PostfixOptions,
  port: number,
  ports: Readonly<Record<string, number>>,
): void {
  const at = (name: string) => path.join(folder, name);
  // Postfix's own users have to reach what lies in a temporary folder.
  fs.chmodSync(folder, 0o755);
  for (const name of ["conf", "spool", "data", "log", "mail"]) fs.mkdirSync(at(name), { recursive: true });
  fs.chownSync(at("mail"), NOBODY, NOBODY);
  fs.chownSync(at("data"), Number(idOf("postfix")), 0);
  if (certificate) fs.writeFileSync(at("conf/server.pem"), `${certificate.key}\n${certificate.cert}`, { mode: 0o600 });
  const settings = {
    compatibility_level: "3.6",
    queue_directory: at("spool"),
    data_directory: at("data"),
    maillog_file: at("log/mail.log"),
    maillog_file_prefixes: folder,
    myhostname: "upstream.test",
    mydestination: "",
    local_recipient_maps: "",
    alias_maps: "",
    alias_database: "",
    inet_interfaces: "127.0.0.1",
    inet_protocols: "ipv4",
    mynetworks: sasl ? "" : "127.0.0.0/8",
    smtpd_relay_restrictions: sasl ? "permit_sasl_authenticated, reject" : "permit_mynetworks, reject",
    virtual_mailbox_domains: "static:all",
    virtual_mailbox_maps: "static:all/",
    virtual_mailbox_base: at("mail"),
    virtual_uid_maps: `static:${NOBODY}`,
    virtual_gid_maps: `static:${NOBODY}`,
    virtual_mailbox_limit: "0",
    message_size_limit: "100000000",
    mailbox_size_limit: "0",
    // The tests bring more connections at a time than a stranger should.
    smtpd_client_connection_count_limit: "0",
    smtpd_client_connection_rate_limit: "0",
    in_flow_delay: "0",
    smtpd_tls_security_level: certificate ? "encrypt" : "none",
    ...(certificate ? { smtpd_tls_chain_files: at("conf/server.pem") } : {}),
    ...(sasl ? { smtpd_sasl_auth_enable: "yes", smtpd_sasl_type: "dovecot", smtpd_sasl_path: sasl } : {}),
  };
  fs.writeFileSync(at("conf/main.cf"), Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`).join(""));
  const further = Object.entries(more).map(([name, own]) => {
    const options = Object.entries(own).map(([key, value]) => `  -o ${key}=${value}\n`).join("");
    return `127.0.0.1:${ports[name]} inet n - n - - smtpd\n${options}`;
  });
  fs.writeFileSync(at("conf/master.cf"), services(port) + further.join(""));
}

/** master.cf: the services that taking and delivering mail needs, none of them in a chroot. */
function services(port: number): string {
  // service, type, private, wake up, most processes, program
  const rows = [
    [`127.0.0.1:${port}`, "inet", "n", "-", "-", "smtpd"],
    ["pickup", "unix", "n", "60", "1", "pickup"],
    ["cleanup", "unix", "n", "-", "0", "cleanup"],
    ["qmgr", "unix", "n", "300", "1", "qmgr"],
    ["tlsmgr", "unix", "-", "1000?", "1", "tlsmgr"],
    ["rewrite", "unix", "-", "-", "-", "trivial-rewrite"],
    ["bounce", "unix", "-", "-", "0", "bounce"],
    ["defer", "unix", "-", "-", "0", "bounce"],
    ["trace", "unix", "-", "-", "0", "bounce"],
    ["proxymap", "unix", "-", "-", "-", "proxymap"],
    ["error", "unix", "-", "-", "-", "error"],
    ["retry", "unix", "-", "-", "-", "error"],
    ["virtual", "unix", "-", "-", "-", "virtual"],
    ["anvil", "unix", "-", "-", "1", "anvil"],
    ["postlog", "unix-dgram", "n", "-", "1", "postlogd"],
  ] as const;
  return rows.map(([service, type, visible, wakeUp, most, program]) => {
    // Only delivery needs root, to become the user that it delivers as.
    const unprivileged = program === "virtual" ? "n" : "-";
    return `${service} ${type} ${visible} ${unprivileged} n ${wakeUp} ${most} ${program}\n`;
  }).join("");
}

async function stopMaster(child: Child, configuration: string): Promise<void> {
  if (!child.isRunning()) return;
  await startChild("/usr/sbin/postfix", ["-c", configuration, "stop"], { cwd: "/" }).exited;
  const timer = setTimeout(() => child.signal("SIGKILL"), 10_000);
  await child.exited;
  clearTimeout(timer);
}

/** The messages of a maildir; the headers that local delivery adds are taken off again. */
function readMaildir(folder: string): Buffer[] {
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder).sort().map((name) => {
    const text = fs.readFileSync(path.join(folder, name)).toString("latin1");
    const relayed = text.replace(/^(?:(?:Return-Path|X-Original-To|Delivered-To): .*\n)+/, "");
    return Buffer.from(relayed.replaceAll("\n", "\r\n"), "latin1");
  });
}

function idOf(user: string): string {
  const line = fs.readFileSync("/etc/passwd", "utf8").split("\n").find((row) => row.startsWith(`${user}:`));
  if (!line) throw new Error(`there is no user ${user}: is Postfix installed?`);
  return line.split(":")[2] ?? "";
}
