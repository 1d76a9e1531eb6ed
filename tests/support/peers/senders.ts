import { Buffer } from "node:buffer";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createTransport } from "nodemailer";
import { runProgram } from "./clients.ts";

/** How a connection is protected, and how a client logs in. */
export const protections = ["off", "starttls", "implicit"] as const;
export const mechanisms = ["none", "plain", "login", "scram-sha-256"] as const;
export type Protection = typeof protections[number];
export type Mechanism = typeof mechanisms[number];

/** What a sending program is given. */
export interface Sending {
  readonly port: number;
  readonly caPath: string;
  readonly login: string;
  readonly password: string;
  readonly from: string;
  readonly to: string;
  /** A file with the message, lines ended by CRLF, in a folder that the program may use. */
  readonly file: string;
  /** Absent: STARTTLS. */
  readonly tls?: Protection;
  /** Absent: PLAIN. */
  readonly auth?: Mechanism;
}

/** A program, or a library, that sends. */
export interface Sender {
  /** The commands that it needs. */
  readonly programs: readonly string[];
  /** How it can log in. */
  readonly knows: readonly Mechanism[];
  /** It says HELO where it does not log in. */
  readonly saysHelo?: true;
  /** It gives the copy that it keeps a Date of its own, a second later now and then. */
  readonly datesCopy?: true;
  /** Sends the file; a program that writes the message itself gives the copy of it that it kept. */
  readonly send: (sending: Required<Sending>) => Promise<Buffer | void>;
}

const NO_SCRAM = ["none", "plain", "login"] as const;

const rows = {
  swaks: { programs: ["swaks"], knows: NO_SCRAM, send: swaks },
  smtplib: {
    programs: ["python3"],
    knows: NO_SCRAM,
    send: async (sending) => void await runProgram("python3", ["-c", SMTPLIB, JSON.stringify(sending)]),
  },
  curl: { programs: ["curl"], knows: NO_SCRAM, send: curl },
  msmtp: { programs: ["msmtp"], knows: mechanisms, send: msmtp },
  nodemailer: { programs: [], knows: NO_SCRAM, send: nodemailer },
  neomutt: { programs: ["neomutt"], knows: mechanisms, datesCopy: true, send: neomutt },
  "s-nail": { programs: ["s-nail"], knows: NO_SCRAM, saysHelo: true, send: sNail },
  "Jakarta Mail": { programs: ["java"], knows: NO_SCRAM, send: jakartaMail },
} satisfies Record<string, Sender>;

export type SenderName = keyof typeof rows;

/** The programs by name. */
export const senders: Readonly<Record<SenderName, Sender>> = rows;

/** Lets a program send; see `Sender.send`. @throws with what it said, when it could not */
export function sendBy(name: SenderName, sending: Sending): Promise<Buffer | void> {
  return senders[name].send({ tls: "starttls", auth: "plain", ...sending });
}

async function swaks({ port, caPath, login, password, from, to, file, tls, auth }: Required<Sending>): Promise<void> {
  // It ends the last line itself, although it has an end.
  const unended = `${file}.swaks`;
  fs.writeFileSync(unended, fs.readFileSync(file).subarray(0, -2));
  const protect = { off: [], starttls: ["--tls"], implicit: ["--tls-on-connect"] }[tls];
  await runProgram("swaks", [
    ...["--server", "127.0.0.1", "--port", String(port), ...protect],
    ...(tls === "off" ? [] : ["--tls-ca-path", caPath, "--tls-verify"]),
    ...(auth === "none" ? [] : ["--auth", auth.toUpperCase(), "--auth-user", login, "--auth-password", password]),
    ...["--from", from, "--to", to, "--data", `@${unended}`, "--suppress-data"],
  ]);
}

const SMTPLIB = `
import json, smtplib, ssl, sys
s = json.loads(sys.argv[1])
context = ssl.create_default_context(cafile=s["caPath"])
implicit = {"off": False, "starttls": False, "implicit": True}[s["tls"]]
with (smtplib.SMTP_SSL("127.0.0.1", s["port"], timeout=60, context=context) if implicit
      else smtplib.SMTP("127.0.0.1", s["port"], timeout=60)) as client:
    if s["tls"] == "starttls":
        client.starttls(context=context)
    client.ehlo()
    client.user, client.password = s["login"], s["password"]
    if s["auth"] != "none":
        client.auth(s["auth"].upper(), getattr(client, "auth_" + s["auth"]))
    with open(s["file"], "rb") as file:
        client.sendmail(s["from"], [s["to"]], file.read(), mail_options=["BODY=8BITMIME"])
`;

async function curl({ port, caPath, login, password, from, to, file, tls, auth }: Required<Sending>): Promise<void> {
  await runProgram("curl", [
    ...["--silent", "--show-error", "--cacert", caPath, ...(tls === "starttls" ? ["--ssl-reqd"] : [])],
    ...(auth === "none" ? [] : ["--user", `${login}:${password}`, "--login-options", `AUTH=${auth.toUpperCase()}`]),
    ...["--mail-from", from, "--mail-rcpt", to, "--upload-file", file],
    `smtp${tls === "implicit" ? "s" : ""}://127.0.0.1:${port}/client.example`,
  ]);
}

async function msmtp({ port, caPath, login, password, from, to, file, tls, auth }: Required<Sending>): Promise<void> {
  const isOn = (value: boolean) => value ? "on" : "off";
  await runProgram("sh", [
    "-c",
    'file=$1; shift; msmtp "$@" <"$file"',
    ...["sh", file, "--host=127.0.0.1", `--port=${port}`],
    ...[`--tls=${isOn(tls !== "off")}`, `--tls-starttls=${isOn(tls === "starttls")}`, `--tls-trust-file=${caPath}`],
    ...(auth === "none" ? ["--auth=off"] : [`--auth=${auth}`, `--user=${login}`, "--passwordeval=printenv SECRET"]),
    ...[`--from=${from}`, to],
  ], { SECRET: password });
}

async function nodemailer({ port, caPath, login, password, from, to, file, tls, auth }: Required<Sending>) {
  const transport = createTransport({
    host: "127.0.0.1",
    port,
    secure: tls === "implicit",
    ignoreTLS: tls === "off",
    requireTLS: tls === "starttls",
    tls: { ca: fs.readFileSync(caPath, "utf8") },
    ...(auth === "none" ? {} : { authMethod: auth.toUpperCase(), auth: { user: login, pass: password } }),
  });
  await transport.sendMail({ envelope: { from, to }, raw: fs.readFileSync(file) });
  transport.close();
}

/** The body of what the programs send that write the header themselves. */
const BODY = "The scan of this morning, z\u00fcrich.\n.\n..\n.hidden\n\nThe end.\n";

async function neomutt({ port, caPath, login, password, from, to, file, tls, auth }: Required<Sending>) {
  const folder = path.dirname(file);
  const sent = path.join(folder, "sent");
  const settings = {
    from,
    realname: "Alice",
    hostname: "client.example",
    smtp_url: `smtp${tls === "implicit" ? "s" : ""}://${
      auth === "none" ? "" : `${encodeURIComponent(login)}@`
    }127.0.0.1:${port}/`,
    smtp_pass: auth === "none" ? "" : password,
    smtp_authenticators: auth === "none" ? "" : auth,
    ssl_starttls: tls === "starttls" ? "yes" : "no",
    ssl_force_tls: tls === "off" ? "no" : "yes",
    ssl_ca_certificates_file: caPath,
    certificate_file: path.join(folder, "certificates"),
    record: sent,
    copy: "yes",
    mbox_type: "Maildir",
    send_charset: "utf-8",
    charset: "utf-8",
    tmpdir: folder,
  };
  const lines = Object.entries(settings).map(([key, value]) => `set ${key}=${JSON.stringify(value)}\n`);
  fs.writeFileSync(path.join(folder, "neomuttrc"), lines.join(""));
  fs.writeFileSync(path.join(folder, "body"), BODY);
  await runProgram("sh", [
    "-c",
    'cd "$0"; HOME=$0 neomutt -n -F neomuttrc -s "Sent by neomutt" -- "$1" <body',
    ...[folder, to],
  ], { LC_ALL: "C.UTF-8" });
  return copyOf(path.join(sent, "cur"));
}

async function sNail({ port, caPath, login, password, from, to, file, tls, auth }: Required<Sending>) {
  const folder = path.dirname(file);
  const who = auth === "none" ? "" : `${encodeURIComponent(login)}:${encodeURIComponent(password)}@`;
  const settings = {
    // It compares the certificate with names alone, not with addresses.
    mta: `${tls === "implicit" ? "smtps" : "smtp"}://${who}localhost:${port}`,
    "smtp-auth": auth,
    ...(tls === "starttls" ? { "smtp-use-starttls": "" } : {}),
    "tls-ca-file": caPath,
    "tls-ca-no-defaults": "",
    "tls-verify": "strict",
    from,
    hostname: "client.example",
    ttycharset: "utf-8",
    "mime-encoding": "8bit",
    record: path.join(folder, "sent"),
    DEAD: path.join(folder, "dead.letter"),
    sendwait: "",
  };
  fs.writeFileSync(path.join(folder, "body"), BODY);
  const options = Object.entries(settings).flatMap(([key, value]) => ["-S", value === "" ? key : `${key}=${value}`]);
  await runProgram("sh", [
    "-c",
    'cd "$1"; to=$2; shift 2; HOME=$PWD s-nail -:/ -S v15-compat "$@" -s "Sent by s-nail" "$to" <body',
    ...["sh", folder, to, ...options],
  ], { LC_ALL: "C.UTF-8" });
  return copyOf(folder, "sent");
}

/** The copy that a program kept of what it sent, with the line ends of the wire and without what belongs to the mailbox. */
function copyOf(folder: string, name?: string): Buffer {
  const file = name ?? fs.readdirSync(folder)[0] ?? "";
  const kept = fs.readFileSync(path.join(folder, file), "latin1");
  const message = kept.replace(/^From .*\n/, "");
  const split = message.indexOf("\n\n") + 1;
  const header = message.slice(0, split).replaceAll(/^(?:Status|X-Status|Content-Length|Lines): .*\n/gm, "");
  const body = message.slice(split);
  return Buffer.from(
    (header + (name === undefined ? body : body.replace(/\n$/, ""))).replaceAll("\n", "\r\n"),
    "latin1",
  );
}

const MAIL_JAR = "/usr/share/java/javax.mail.jar";
const COMPILER_JAR = "/usr/share/java/ecj.jar";
let compiled: Promise<string> | undefined;

async function jakartaMail({ port, tls, auth, caPath, login, password, from, to, file }: Required<Sending>) {
  compiled ??= compile(path.dirname(caPath));
  const classPath = `${await compiled}:${MAIL_JAR}:/usr/share/java/javax.activation.jar`;
  await runProgram("java", [
    ...["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", classPath, "JakartaMail"],
    ...[String(port), tls, auth, caPath, login, password, from, to, file],
  ]);
}

/** Compiles with Eclipse's compiler: the one of the JDK would be an install of 70 MB more. */
async function compile(folder: string): Promise<string> {
  const target = path.join(folder, "java");
  const source = fileURLToPath(new URL("JakartaMail.java", import.meta.url));
  const main = "org.eclipse.jdt.internal.compiler.batch.Main";
  await runProgram("java", [
    ...["-cp", COMPILER_JAR, main, "-source", "8", "-target", "8", "-nowarn", "-cp", MAIL_JAR, "-d", target, source],
  ]);
  return target;
}
