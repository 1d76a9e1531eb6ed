import { ClientDialogue } from "../../dialogue/client.ts";
import type { SessionOutcome } from "../../dialogue/phases.ts";
import type { SessionLog } from "../../dialogue/session.ts";
import type { Connection } from "../../net/connection.ts";
import { connect } from "../../net/listener.ts";
import { ConnectionError, DeadlineError, describeError, InterruptedError } from "../../net/errors.ts";
import { secureClient } from "../../net/tls.ts";
import { chooseSaslMechanism, needsScramKeys, startSaslClient } from "../../wire/sasl.ts";
import { type Secret, SECRET_SHOWN } from "../../wire/secret.ts";
import { isRefusal, reply, showReply, type SmtpReply, takeReplyLine } from "../reply.ts";
import { type SmtpClientTimeouts, type SmtpSteps, smtpSteps } from "./steps.ts";

/** How to log in. */
export interface SmtpLogin {
  readonly username: string;
  readonly password: Secret;
  /** The mechanism, in any case; "best" or absent: the best that the server offers. */
  readonly auth?: string;
}

/** The server to talk to, and how. */
export interface SmtpTarget {
  readonly host: string;
  readonly port: number;
  /** "starttls" and "implicit" never fall back to the clear. */
  readonly tls: "off" | "starttls" | "implicit";
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca?: string | undefined;
  /** Whether the certificate is checked. */
  readonly verify: boolean;
  /** The fingerprint of the server's key, which alone counts then (net/tls.ts). */
  readonly fingerprint?: string | undefined;
  /** Absent: no AUTH. */
  readonly login?: SmtpLogin | undefined;
  /** Our own name, for EHLO. */
  readonly helo: string;
  readonly timeouts: SmtpClientTimeouts;
}

/** A server that refuses what a session needs (the greeting, EHLO, TLS, the login). */
export class SmtpRefusal extends Error {
  override readonly name = "SmtpRefusal";
  readonly reply: SmtpReply;
  constructor(step: string, given: SmtpReply) {
    super(`${step} was refused: ${showReply(given)}`);
    this.reply = given;
  }
}

/** An open session with a server, ready for messages: greeted, protected, logged in. */
export interface SmtpClientSession {
  readonly dialogue: ClientDialogue<SmtpReply>;
  readonly steps: SmtpSteps;
  readonly timeouts: SmtpClientTimeouts;
  /** What EHLO offered: keyword in upper case, and what stood behind it. */
  readonly extensions: ReadonlyMap<string, string>;
}

/**
 * Connects, greets, protects and logs in (RFC 5321 section 4.1.1.1, RFC 3207, RFC 4954). When it fails the connection is
 * closed and the session recorded.
 * @param makeConnection how a TCP connection is made
 * @throws SmtpRefusal, ConnectionError, TlsError, DeadlineError
 */
export async function openSession(
  target: SmtpTarget,
  log: SessionLog,
  makeConnection: (host: string, port: number, timeoutMs: number) => Promise<Connection> = connect,
): Promise<SmtpClientSession> {
  const { host, port, timeouts } = target;
  try {
    const connection = await makeConnection(host, port, timeouts.connectMs);
    const dialogue = new ClientDialogue(connection, log, { take: takeReplyLine, show: showReply, isRefusal });
    const steps = smtpSteps(timeouts);
    try {
      const extensions = await establish(dialogue, steps, target);
      return { dialogue, steps, timeouts, extensions };
    } catch (error) {
      connection.destroy();
      throw error;
    }
  } catch (error) {
    log.end(outcomeOf(error), describeError(error));
    throw error;
  }
}

/** Says QUIT, waits shortly for the answer, and records the session as completed: the mail is delivered by then. */
export async function closeSession({ dialogue, steps }: SmtpClientSession): Promise<void> {
  try {
    await dialogue.ask(steps.quit, "QUIT");
    dialogue.log.end("completed");
  } catch (error) {
    dialogue.log.end("dropped", describeError(error));
  }
  await dialogue.connection.end();
}

/** Drops a session that cannot be used any more, and records why. */
export function dropSession({ dialogue }: SmtpClientSession, error: unknown): void {
  dialogue.log.end(outcomeOf(error), describeError(error));
  dialogue.connection.destroy();
}

function outcomeOf(error: unknown): SessionOutcome {
  if (error instanceof SmtpRefusal) return "refused";
  if (error instanceof DeadlineError) return "timeout";
  if (error instanceof InterruptedError) return "shutdown";
  if (error instanceof ConnectionError && error.name === "ConnectionError") return "dropped";
  return "failed";
}

async function establish(
  dialogue: ClientDialogue<SmtpReply>,
  steps: SmtpSteps,
  target: SmtpTarget,
): Promise<ReadonlyMap<string, string>> {
  if (target.tls === "implicit") await secure(dialogue, target);
  accept("the connection", await dialogue.reply(steps.greeting));
  let extensions = await sayHello(dialogue, steps, target.helo);
  if (target.tls === "starttls") {
    if (!extensions.has("STARTTLS")) {
      throw new SmtpRefusal("STARTTLS", local(451, "4.7.5", "the server does not offer STARTTLS, which is required"));
    }
    accept("STARTTLS", await dialogue.ask(steps.startTls, "STARTTLS"));
    await secure(dialogue, target);
    // What was offered in the clear does not count (RFC 3207 section 4.2).
    extensions = await sayHello(dialogue, steps, target.helo);
  }
  if (target.login) await logIn(dialogue, steps, extensions, target.login);
  return extensions;
}

async function secure(dialogue: ClientDialogue<SmtpReply>, target: SmtpTarget): Promise<void> {
  await secureClient(dialogue.connection, {
    serverName: target.host,
    ca: target.ca,
    verify: target.verify,
    fingerprint: target.fingerprint,
    timeoutMs: target.timeouts.connectMs,
  });
  const { tls } = dialogue.connection;
  dialogue.log.note(`TLS: ${tls?.protocol} ${tls?.cipher}`);
}

async function sayHello(
  dialogue: ClientDialogue<SmtpReply>,
  steps: SmtpSteps,
  name: string,
): Promise<ReadonlyMap<string, string>> {
  const ehlo = await dialogue.ask(steps.ehlo, `EHLO ${name}`);
  if (!isRefusal(ehlo)) return extensionsOf(ehlo);
  // A server from before ESMTP (RFC 5321 section 3.2).
  if (ehlo.code !== 421) accept("HELO", await dialogue.ask(steps.helo, `HELO ${name}`));
  else accept("EHLO", ehlo);
  return new Map();
}

function extensionsOf({ lines }: SmtpReply): ReadonlyMap<string, string> {
  const extensions = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const [keyword = "", ...rest] = line.trim().split(/[ =]/);
    const known = extensions.get(keyword.toUpperCase());
    // Some servers repeat AUTH in an older form: "AUTH=PLAIN".
    extensions.set(keyword.toUpperCase(), known === undefined ? rest.join(" ") : `${known} ${rest.join(" ")}`);
  }
  return extensions;
}

/** For the owner: a server may offer SCRAM without having keys for this very login. */
const SCRAM_REFUSED = 'where the password is right, auth = "plain" in the settings may do';

async function logIn(
  dialogue: ClientDialogue<SmtpReply>,
  steps: SmtpSteps,
  extensions: ReadonlyMap<string, string>,
  login: SmtpLogin,
): Promise<void> {
  const offered = (extensions.get("AUTH") ?? "").split(" ");
  const credentials = { login: login.username, password: login.password.reveal() };
  const { auth = "best" } = login;
  const mechanism = chooseSaslMechanism(offered, credentials, auth === "best" ? undefined : auth);
  if (!mechanism) {
    const what = auth === "best" ? "no mechanism that we know" : `no ${auth}, which the settings want`;
    const text = `the server offers ${what}: ${offered.join(" ") || "no AUTH"}`;
    throw new SmtpRefusal("AUTH", local(454, "4.7.0", text));
  }
  const start = startSaslClient(mechanism, credentials);
  const initial = start.initialResponse === undefined ? "" : ` ${start.initialResponse}`;
  const shown = `AUTH ${mechanism}${initial === "" ? "" : ` ${SECRET_SHOWN}`}`;
  let answer = await dialogue.ask(steps.auth, `AUTH ${mechanism}${initial}`, shown);
  let { challenged, awaitsProof } = start;
  while (answer.code === 334) {
    const outcome = await challenged(answer.lines[0] ?? "");
    const shown = outcome.type === "cancel" ? outcome.line : SECRET_SHOWN;
    answer = await dialogue.ask(steps.auth, outcome.line, shown);
    if (outcome.type === "cancel") throw new SmtpRefusal("AUTH", local(454, "4.7.0", outcome.text));
    ({ challenged, awaitsProof } = outcome);
  }
  if (isRefusal(answer) && needsScramKeys(mechanism)) dialogue.log.note(SCRAM_REFUSED);
  accept("AUTH", answer);
  if (awaitsProof) {
    const text = "the server let us in without proving that it knows the password: it may be another server";
    throw new SmtpRefusal("AUTH", local(454, "4.7.0", text));
  }
}

function accept(step: string, given: SmtpReply): void {
  if (given.code >= 300) throw new SmtpRefusal(step, given);
}

function local(code: number, enhanced: string, text: string): SmtpReply {
  return { ...reply(code, enhanced, text), local: true };
}
