import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { freePort, portAnswers } from "../free-port.ts";
import { startChild } from "../process.ts";
import { waitFor } from "../wait.ts";

/** Who takes and delivers mail. */
const NOBODY = 65_534;

/** Exim as an upstream that delivers everything into one maildir. */
export interface Exim {
  readonly port: number;
  /** The messages delivered so far, in any order. */
  delivered(): string[];
  stop(): Promise<void>;
}

/**
 * Exim's program. Its package and Postfix's cannot be installed together, so it is unpacked into a folder.
 * @returns null, after having said why, where that cannot be done
 * @throws in CI, where it can
 */
export function unpackExim(folder: string): string | null {
  // Exim starts itself anew, as the user that it becomes.
  fs.chmodSync(folder, 0o755);
  const script = "apt-get download -qq exim4-daemon-light && dpkg -x exim4-daemon-light*.deb unpacked";
  const { status, stderr } = spawnSync("sh", ["-c", script], { cwd: folder, encoding: "utf8" });
  const program = path.join(folder, "unpacked/usr/sbin/exim4");
  const inOwnSpace = spawnSync("unshare", ["-m", "true"]).status === 0;
  if (status === 0 && inOwnSpace && fs.existsSync(program)) return program;
  const why = status === 0 ? "no mount name space of its own for its user" : stderr.trim().split("\n", 1)[0];
  if (process.env.CI) throw new Error(`Exim cannot be unpacked: ${why}`);
  console.warn(`skipped: Exim cannot be unpacked: ${why}`);
  return null;
}

/**
 * Starts Exim by hand, with a configuration, queue and log of its own, on 127.0.0.1. Needs root.
 * @param limits the largest message, in Exim's way
 */
export async function startExim(program: string, folder: string, { sizeLimit = "20K" } = {}): Promise<Exim> {
  const port = await freePort();
  const at = (name: string) => path.join(folder, name);
  fs.chmodSync(folder, 0o755);
  for (const name of ["spool", "log", "mail"]) {
    fs.mkdirSync(at(name), { recursive: true });
    fs.chownSync(at(name), NOBODY, NOBODY);
  }
  fs.writeFileSync(at("exim.conf"), configuration(program, folder, port, sizeLimit));
  // Debian's Exim looks for its user; the machine's own files of users stay as they are.
  fs.writeFileSync(at("passwd"), `${fs.readFileSync("/etc/passwd", "utf8")}Debian-exim:x:65534:65534::/:/bin/false\n`);
  fs.writeFileSync(at("group"), `${fs.readFileSync("/etc/group", "utf8")}Debian-exim:x:65534:\n`);
  const script = 'mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group && ' +
    'exec "$0" -C "$1/exim.conf" -bdf';
  const child = startChild("unshare", ["-m", "sh", "-c", script, program, folder], { cwd: "/" });
  await waitFor(
    () => `Exim to answer\n${child.output()}`,
    () => child.isRunning() ? portAnswers(port) : Promise.reject(new Error(child.output())),
  );
  return {
    port,
    delivered() {
      const mail = at("mail/new");
      if (!fs.existsSync(mail)) return [];
      return fs.readdirSync(mail).map((name) => fs.readFileSync(path.join(mail, name), "latin1"));
    },
    async stop() {
      child.signal("SIGTERM");
      await child.exited;
    },
  };
}

/** Refuses bad@ for good and later@ for now, barred@ as sender, DATA of silent@, and what is about spam. */
function configuration(program: string, folder: string, port: number, sizeLimit: string): string {
  return `
exim_path = ${program}
exim_user = nobody
exim_group = nogroup
never_users = root
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%slog
primary_hostname = upstream.test
daemon_smtp_ports = ${port}
local_interfaces = 127.0.0.1
tls_advertise_hosts =
keep_environment =
message_size_limit = ${sizeLimit}
acl_smtp_mail = check_mail
acl_smtp_rcpt = check_rcpt
acl_smtp_predata = check_predata
acl_smtp_data = check_data
begin acl
check_mail:
  deny condition = \${if eq{$sender_address}{barred@example.net}}
       message = this sender is barred
  accept
check_rcpt:
  deny local_parts = bad
       message = no such user
  defer local_parts = later
       message = come back later
  accept
check_predata:
  deny condition = \${if eq{$sender_address}{silent@example.net}}
       message = this sender has nothing to say
  accept
check_data:
  deny condition = \${if match{$h_subject:}{spam}}
       message = this looks like spam
  accept
begin routers
all:
  driver = accept
  transport = file
begin transports
file:
  driver = appendfile
  directory = ${folder}/mail
  maildir_format
  user = nobody
  group = nogroup
begin retry
* * F,2h,15m
`;
}
