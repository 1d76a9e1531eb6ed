import fs from "node:fs";
import path from "node:path";
import { startChild } from "../process.ts";

/** How long a mail program of others may take. */
const PATIENCE_MS = 90_000;

/** Runs a program to its end; gives what it said. @throws when it ends with anything but 0, with what it said */
export async function runProgram(command: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = startChild(command, args, { cwd: "/", env });
  const timer = setTimeout(() => child.signal("SIGKILL"), PATIENCE_MS);
  const outcome = await child.exited;
  clearTimeout(timer);
  if (outcome !== 0) throw new Error(`${command} ended with ${outcome}:\n${child.output()}`);
  return child.output();
}

/** What a reading program is given. */
export interface Reading {
  readonly port: number;
  readonly caPath: string;
  readonly login: string;
  readonly password: string;
  /** A folder of its own for what it fetches. */
  readonly folder: string;
  /** How mpop logs in; absent: by USER and PASS. */
  readonly auth?: string;
}

/**
 * Programs that read: each takes all messages by STLS, leaves them on the server, and gives their octets in the order of
 * the mailbox. Those that store lines with LF alone, as mail programs on Unix do, are given their CRLF back.
 */
export const readers: Readonly<Record<string, (reading: Reading) => Promise<Buffer[]>>> = {
  async poplib(reading) {
    await runProgram("python3", ["-c", POPLIB, JSON.stringify(reading)]);
    return filesOf(reading.folder);
  },
  async curl({ port, caPath, login, password, folder }) {
    const common = ["--silent", "--show-error", "--ssl-reqd", "--cacert", caPath, "--user", `${login}:${password}`];
    const url = `pop3://127.0.0.1:${port}`;
    const count = (await runProgram("curl", [...common, `${url}/`])).trim().split("\n").length;
    const each = Array.from({ length: count }, (_, index) => ["-o", fileName(folder, index), `${url}/${index + 1}`]);
    await runProgram("curl", [...common, ...each.flat()]);
    return filesOf(folder);
  },
  async fetchmail({ port, caPath, login, password, folder }) {
    const file = path.join(folder, "..", `fetchmailrc-${path.basename(folder)}`);
    const settings = [
      `set idfile "${file}.ids"`,
      // It compares the certificate with names alone, not with addresses.
      `poll localhost protocol POP3 service ${port} uidl`,
      `user "${login}" password "${password}"`,
      `sslproto "auto" sslcertck sslcertfile "${caPath}"`,
      "keep fetchall norewrite nostripcr nomimedecode pass8bits",
      `mda "cat >'${folder}/'$(printf %06d $(ls '${folder}' | wc -l))"`,
    ].join("\n");
    fs.writeFileSync(file, `${settings}\n`, { mode: 0o600 });
    await runProgram("fetchmail", ["--fetchmailrc", file, "--invisible", "--nosyslog", "--pidfile", `${file}.pid`]);
    return filesOf(folder);
  },
  async mpop({ port, caPath, login, password, folder, auth = "user" }) {
    await runProgram("mpop", [
      ...["--host=127.0.0.1", `--port=${port}`, "--tls=on", "--tls-starttls=on", `--tls-trust-file=${caPath}`],
      ...[`--auth=${auth}`, `--user=${login}`, "--passwordeval=printenv SECRET", "--keep=on", "--received-header=off"],
      ...[`--uidls-file=${folder}.uidls`, `--delivery=mda,cat >'${folder}/'$(printf %06d $(ls '${folder}' | wc -l))`],
    ], { SECRET: password });
    return filesOf(folder).map(withCrlf);
  },
};

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
client.quit()
`;

function fileName(folder: string, index: number): string {
  return path.join(folder, String(index).padStart(6, "0"));
}

function filesOf(folder: string): Buffer[] {
  return fs.readdirSync(folder).sort().map((name) => fs.readFileSync(path.join(folder, name)));
}

function withCrlf(octets: Buffer): Buffer {
  return Buffer.from(octets.toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1");
}
