import type { SessionLog } from "../../dialogue/session.ts";
import type { Connection } from "../../net/connection.ts";
import { connect } from "../../net/listener.ts";
import { secureClient } from "../../net/tls.ts";
import { chooseSaslMechanism, needsScramKeys, type SaslCredentials, startSaslClient } from "../../wire/sasl.ts";
import { type Secret, SECRET_SHOWN } from "../../wire/secret.ts";
import { negative, Pop3Error, type Pop3Reply } from "../reply.ts";
import { demand, granted, openClient, type Pop3Client, type Pop3Timeouts, readLines } from "./dialogue.ts";

/** A POP3 server to connect to. */
export interface Pop3Target extends Pop3Timeouts {
  readonly host: string;
  readonly port: number;
  /** "starttls": the session goes no further when the server has no STLS. "implicit": TLS from the first octet. */
  readonly tls: "off" | "starttls" | "implicit";
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca?: string | undefined;
  /** False: any certificate is taken, and anybody may read along. */
  readonly verify?: boolean | undefined;
  /** The fingerprint of the server's key, which alone counts then (net/tls.ts). */
  readonly fingerprint?: string | undefined;
  /** How long connecting and a TLS handshake may take, each. */
  readonly connectTimeoutMs: number;
}

/** What CAPA lists: names in upper case, with their arguments as they were sent (RFC 2449 section 5). */
export type Capabilities = ReadonlyMap<string, readonly string[]>;

/** A CAPA response of a sane server is shorter by far. */
const CAPA_OCTETS = 64 * 1024;

/**
 * Connects, secures the connection as `target.tls` says, and takes the greeting.
 * @param makeConnection how a TCP connection is made
 * @throws ConnectionError, DeadlineError, TlsError; Pop3Error when the server refuses. The connection is closed then.
 */
export async function openSession(
  target: Pop3Target,
  log: SessionLog,
  makeConnection: (host: string, port: number, timeoutMs: number) => Promise<Connection> = connect,
): Promise<Pop3Client> {
  const connection = await makeConnection(target.host, target.port, target.connectTimeoutMs);
  const client = openClient(connection, log, target);
  try {
    if (target.tls === "implicit") await secure(client, target);
    granted(await client.dialogue.reply(client.steps.greeting), "greeting");
    if (target.tls === "starttls") {
      await requireStls(client);
      await secure(client, target);
    }
    return client;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/** What the server offers; nothing when it does not know CAPA. To be asked again after STLS, when it may differ. */
export async function capabilities(client: Pop3Client): Promise<Capabilities> {
  const reply = await client.dialogue.ask(client.steps.capa, "CAPA");
  if (!reply.ok) return new Map();
  const lines = await readLines(client, "CAPA", CAPA_OCTETS);
  return new Map(lines.map((line) => {
    const [name = "", ...words] = line.trim().split(/[ \t]+/);
    return [name.toUpperCase(), words] as const;
  }));
}

/**
 * Logs in without telling the password where the server offers that (SCRAM), else with USER and PASS, or by another SASL
 * mechanism where the server says that it has no USER.
 * @param auth the only way that will do: a mechanism in any case, or "user"; "best": any
 * @throws Pop3Error with the server's words; `reply.code` "AUTH" when it says that the password is wrong (RFC 3206)
 */
export async function logIn(
  client: Pop3Client,
  offered: Capabilities,
  login: string,
  password: Secret,
  auth = "best",
): Promise<Pop3Reply> {
  requireOneLine("login", login);
  requireOneLine("password", password.reveal());
  const credentials = { login, password: password.reveal() };
  const offers = offered.get("SASL") ?? [];
  const isWanted = auth !== "best" && auth !== "user";
  const mechanism = auth === "user" ? undefined : chooseSaslMechanism(offers, credentials, isWanted ? auth : undefined);
  if (mechanism && (isWanted || needsScramKeys(mechanism) || !offered.has("USER"))) {
    return await logInBySasl(client, mechanism, credentials);
  }
  if (isWanted) {
    const cause = `the server offers no ${auth}, which the settings want: ${offers.join(" ") || "no SASL"}`;
    throw new Pop3Error("AUTH", negative("", undefined, cause));
  }
  await demand(client, client.steps.user, `USER ${login}`);
  return await demand(client, client.steps.pass, `PASS ${password.reveal()}`, `PASS ${SECRET_SHOWN}`);
}

/** For the owner: a server may offer SCRAM without having keys for this very login. */
const SCRAM_REFUSED = 'where the password is right, auth = "user" in the settings may do';

async function logInBySasl(client: Pop3Client, mechanism: string, credentials: SaslCredentials): Promise<Pop3Reply> {
  const label = `AUTH ${mechanism}`;
  let { challenged, awaitsProof } = startSaslClient(mechanism, credentials, false);
  let reply = await client.dialogue.ask(client.steps.auth, label);
  while (reply.continues) {
    const answer = await challenged(reply.text);
    reply = await client.dialogue.ask(
      client.steps.auth,
      answer.line,
      answer.type === "cancel" ? answer.line : SECRET_SHOWN,
    );
    if (answer.type === "cancel") throw new Pop3Error(label, negative("", undefined, `${label}: ${answer.text}`));
    ({ challenged, awaitsProof } = answer);
  }
  if (!reply.ok && needsScramKeys(mechanism)) client.dialogue.log.note(SCRAM_REFUSED);
  const done = granted(reply, label);
  if (!awaitsProof) return done;
  const cause = `${label}: the server let us in without proving that it knows the password: it may be another server`;
  throw new Pop3Error(label, negative("", undefined, cause));
}

async function requireStls(client: Pop3Client): Promise<void> {
  const reply = await client.dialogue.ask(client.steps.stls, "STLS");
  if (reply.ok) return;
  const cause = `STLS: the server does not begin TLS (-ERR ${reply.text}); the login would pass in the clear`;
  throw new Pop3Error("STLS", negative(reply.text, reply.code, cause));
}

async function secure({ dialogue: { connection, log } }: Pop3Client, target: Pop3Target): Promise<void> {
  const { host, ca, verify, fingerprint, connectTimeoutMs } = target;
  await secureClient(connection, { serverName: host, ca, verify, fingerprint, timeoutMs: connectTimeoutMs });
  log.note(`TLS handshake done: ${connection.tls?.protocol} ${connection.tls?.cipher}`);
}

function requireOneLine(what: string, text: string): void {
  if (text === "") throw new Pop3Error("login", negative("", undefined, `the source's ${what} is empty`));
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]/.test(text)) {
    throw new Pop3Error("login", negative("", undefined, `the source's ${what} holds a control character`));
  }
}
