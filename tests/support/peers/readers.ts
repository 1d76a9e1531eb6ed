import { Buffer } from "node:buffer";
import fs from "node:fs";
import path from "node:path";
import { runProgram } from "./clients.ts";

/** What a reading program is given. */
export interface Reading {
  readonly port: number;
  /** A port where TLS begins with the connection, for programs that know no STLS; absent: they cannot be run. */
  readonly implicitPort?: number;
  readonly caPath: string;
  readonly login: string;
  readonly password: string;
  /** A folder of its own for what it fetches. */
  readonly folder: string;
  /** How mpop logs in; absent: by USER and PASS. */
  readonly auth?: string;
  /** Deletes what it has read; absent: leaves it on the server. */
  readonly remove?: boolean;
}

/**
 * Programs that read: each takes all messages under TLS and gives their octets, those with the gift of order in the order
 * of the mailbox. Those that store lines with LF alone, as mail programs on Unix do, are given their CRLF back.
 */
export const readers: Readonly<Record<string, (reading: Reading) => Promise<Buffer[]>>> = {
  poplib: (reading) => runScript(["python3", "-c", POPLIB, JSON.stringify(reading)], reading),
  "Net::POP3": (reading) => {
    const { port, caPath, login, password, folder, remove } = reading;
    const args = [String(port), caPath, login, password, folder, remove ? "remove" : ""];
    return runScript(["perl", "-e", NET_POP3, ...args], reading);
  },
  async curl({ port, caPath, login, password, folder, remove }) {
    const common = ["--silent", "--show-error", "--ssl-reqd", "--cacert", caPath, "--user", `${login}:${password}`];
    const url = `pop3://127.0.0.1:${port}`;
    const list = (await runProgram("curl", [...common, `${url}/`])).trim();
    const urls = Array.from({ length: list === "" ? 0 : list.split("\n").length }, (_, index) => `${url}/${index + 1}`);
    await runProgram("curl", [...common, ...urls.flatMap((each, index) => ["-o", fileName(folder, index), each])]);
    if (remove) await runProgram("curl", [...common, "--request", "DELE", "--head", ...urls]);
    return filesOf(folder);
  },
  async fetchmail({ port, caPath, login, password, folder, remove }) {
    const file = path.join(folder, "..", `fetchmailrc-${path.basename(folder)}`);
    const settings = [
      `set idfile "${file}.ids"`,
      // It compares the certificate with names alone, not with addresses.
      `poll localhost protocol POP3 service ${port} uidl`,
      `user "${login}" password "${password}"`,
      `sslproto "auto" sslcertck sslcertfile "${caPath}"`,
      `${remove ? "nokeep" : "keep"} fetchall norewrite nostripcr nomimedecode pass8bits`,
      `mda "${intoFiles(folder)}"`,
    ].join("\n");
    fs.writeFileSync(file, `${settings}\n`, { mode: 0o600 });
    await runProgram("fetchmail", ["--fetchmailrc", file, "--invisible", "--nosyslog", "--pidfile", `${file}.pid`]);
    return filesOf(folder);
  },
  async mpop({ port, caPath, login, password, folder, remove, auth = "user" }) {
    await runProgram("mpop", [
      ...["--host=127.0.0.1", `--port=${port}`, "--tls=on", "--tls-starttls=on", `--tls-trust-file=${caPath}`],
      ...[`--auth=${auth}`, `--user=${login}`, "--passwordeval=printenv SECRET", "--received-header=off"],
      ...[`--keep=${remove ? "off" : "on"}`, `--uidls-file=${folder}.uidls`, `--delivery=mda,${intoFiles(folder)}`],
    ], { SECRET: password });
    return filesOf(folder).map(withCrlf);
  },
  async getmail({ implicitPort, caPath, login, password, folder, remove }) {
    const data = `${folder}-getmail`;
    fs.mkdirSync(data, { recursive: true });
    const settings = `
[retriever]
type = SimplePOP3SSLRetriever
server = 127.0.0.1
port = ${implicitPort}
username = ${login}
password = ${password}
ca_certs = ${caPath}
[destination]
type = MDA_external
path = /bin/sh
arguments = ("-c", ${JSON.stringify(intoFiles(folder))})
allow_root_commands = true
[options]
read_all = true
delete = ${remove === true}
delivered_to = false
received = false
verbose = 0
`;
    fs.writeFileSync(path.join(data, "getmailrc"), settings, { mode: 0o600 });
    await runProgram("getmail", ["--getmaildir", data, "--rcfile", "getmailrc"]);
    const added = "Return-Path: <unknown>\r\n";
    return filesOf(folder).map(withCrlf).map((octets) =>
      octets.indexOf(added) === 0 ? octets.subarray(added.length) : octets
    );
  },
  async neomutt({ port, caPath, login, password, folder, remove }) {
    for (const part of ["cur", "new", "tmp"]) fs.mkdirSync(path.join(folder, part), { recursive: true });
    const settings = `
set ssl_ca_certificates_file="${caPath}" ssl_use_system_certs=no ssl_starttls=yes ssl_force_tls=yes
set pop_host="pop://127.0.0.1:${port}" pop_user="${login}" pop_pass="${password}"
set pop_delete=${remove ? "yes" : "no"} pop_last=no
set mbox_type=Maildir spool_file="${folder}" folder="${folder}" quit=yes mark_old=no
push "<fetch-mail><quit>"
`;
    fs.writeFileSync(`${folder}-neomuttrc`, settings, { mode: 0o600 });
    // It wants a terminal.
    const command = `neomutt -n -F '${folder}-neomuttrc'`;
    await runProgram("script", ["-qec", command, "/dev/null"], { TERM: "xterm", HOME: folder });
    return ["new", "cur"].flatMap((part) => filesOf(path.join(folder, part))).map(withCrlf);
  },
  async alpine(reading) {
    const { port, caPath, login, folder } = reading;
    const settings = `
inbox-path={localhost:${port}/pop3/tls/user=${login}}INBOX
default-fcc=""
user-domain=example.net
feature-list=enable-aggregate-command-set,expunge-without-confirm,quit-without-confirm,save-will-not-delete
last-version-used=6.26
`;
    fs.writeFileSync(`${folder}-pinerc`, settings, { mode: 0o600 });
    const environment = { TERM: "xterm", HOME: folder, SSL_CERT_FILE: caPath, LINES: "40", COLUMNS: "120" };
    await runProgram("python3", ["-c", ALPINE, JSON.stringify(reading)], environment);
    return messagesOfMbx(fs.readFileSync(path.join(folder, "saved")));
  },
};

/** The program that has to be installed for a reader. */
export function programOf(reader: string): string {
  return { poplib: "python3", "Net::POP3": "perl" }[reader] ?? reader;
}

/** Octets of the longest line that a reader keeps whole: fetchmail cuts longer ones where its buffer ends. */
export const longestLine: Readonly<Record<string, number>> = { fetchmail: 8_190 };

const POPLIB = `
import json, poplib, ssl, sys
poplib._MAXLINE = 10_000_000
r = json.loads(sys.argv[1])
context = ssl.create_default_context(cafile=r["caPath"])
client = poplib.POP3("127.0.0.1", r["port"], timeout=60)
client.stls(context=context)
client.user(r["login"])
client.pass_(r["password"])
for number in range(1, len(client.list()[1]) + 1):
    with open("%s/%06d" % (r["folder"], number - 1), "wb") as file:
        for line in client.retr(number)[1]:
            file.write(line + b"\\r\\n")
    if r.get("remove"):
        client.dele(number)
client.quit()
`;

const NET_POP3 = `
use strict; use Net::POP3;
my ($port, $ca, $login, $password, $folder, $remove) = @ARGV;
my $pop = Net::POP3->new("127.0.0.1", Port => $port, Timeout => 60) or die "connect: $@";
$pop->starttls(SSL_ca_file => $ca, SSL_verifycn_name => "localhost") or die "starttls: " . $pop->message;
defined $pop->login($login, $password) or die "login: " . $pop->message;
for my $number (sort { $a <=> $b } keys %{ $pop->list }) {
  open my $file, ">:raw", sprintf("%s/%06d", $folder, $number - 1) or die $!;
  print $file @{ $pop->get($number) || die "get: " . $pop->message };
  close $file;
  $pop->delete($number) or die "delete: " . $pop->message if $remove;
}
$pop->quit or die "quit: " . $pop->message;
`;

/** Works at alpine's screens: what must be seen, and the keys that answer it. Its own file format keeps octets. */
const ALPINE = `
import json, os, pty, re, select, sys, time
r = json.loads(sys.argv[1])
steps = [
    (b"ENTER PASSWORD", r["password"] + "\\r"),
    (b"Preserve password", "n"),
    (b"(?s)INDEX.*OTHER CMDS", ";"),
    (b"select All", "a"),
    (b"messages selected", "as"),
    (b"SAVE .* to folder", "\\x15#driver.mbx/" + r["folder"] + "/saved\\r"),
    (b"Create", "y"),
    (b"messages saved|Saving +DONE", "ad" if r.get("remove") else "q"),
]
if r.get("remove"):
    steps += [(b"marked for deletion", "x"), (b"expunged from|Expunging +DONE", "q")]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp("alpine", ["alpine", "-nowrite_password_cache", "-p", r["folder"] + "-pinerc", "-i"])
seen = b""
for pattern, keys in steps:
    end = time.time() + 30
    while not re.search(pattern, seen):
        if time.time() > end:
            sys.exit("alpine does not show %r: %r" % (pattern, seen[-2000:]))
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 65536)
    # It drops what is typed before its question stands there whole.
    while select.select([terminal], [], [], 0.4)[0]:
        os.read(terminal, 65536)
    seen = b""
    os.write(terminal, keys.encode())
try:
    while os.read(terminal, 65536):
        pass
except OSError:
    pass
os.waitpid(pid, 0)
`;

async function runScript([command = "", ...args]: string[], { folder }: Reading): Promise<Buffer[]> {
  await runProgram(command, args);
  return filesOf(folder);
}

/** A shell command that puts what it is given into the next file of a folder. */
function intoFiles(folder: string): string {
  return `cat >'${folder}/'$(printf %06d $(ls '${folder}' | wc -l))`;
}

function fileName(folder: string, index: number): string {
  return path.join(folder, String(index).padStart(6, "0"));
}

function filesOf(folder: string): Buffer[] {
  return fs.readdirSync(folder).sort().map((name) => fs.readFileSync(path.join(folder, name)));
}

function withCrlf(octets: Buffer): Buffer {
  return Buffer.from(octets.toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1");
}

/** The messages of a folder in alpine's own format: a header of 2048 octets, and a line with the size before each. */
function messagesOfMbx(folder: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 2_048; at < folder.length;) {
    const end = folder.indexOf("\r\n", at);
    const size = Number(/^.{26},(\d+);/.exec(folder.subarray(at, end).toString("latin1"))?.[1]);
    messages.push(folder.subarray(end + 2, end + 2 + size));
    at = end + 2 + size;
  }
  return messages;
}
