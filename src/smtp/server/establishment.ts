import { conductLogin, type LoginChecks, type LoginWords, offeredMechanisms } from "../../dialogue/login.ts";
import { type Answer, verbsOf } from "../../dialogue/verb.ts";
import type { Endpoint } from "../../net/connection.ts";
import { parseEhloArgument } from "../../wire/path.ts";
import { saslMechanismNames } from "../../wire/sasl.ts";
import { SECRET_SHOWN } from "../../wire/secret.ts";
import { reply, replyLines, type SmtpReply } from "../reply.ts";
import { announceExtensions } from "./extensions.ts";
import type { Sender, Submissions } from "./ports.ts";
import { senderByAddress } from "./sender-rules.ts";
import { abandonMessage, ANY_STATE, countChatter, mayLogIn, offersScram, offersStartTls } from "./state.ts";
import type { SmtpContext, SmtpState } from "./state.ts";

type SmtpAnswer = Answer<SmtpState, SmtpReply>;

const verb = verbsOf<SmtpState, SmtpContext, SmtpReply>();

/** The verbs of the phase connection establishment: who the client is and how the connection is protected. */
export const establishmentVerbs = [
  verb({
    name: "EHLO",
    in: ANY_STATE,
    rfc: "RFC 5321 section 4.1.1.1",
    parse: parseHello,
    run: (state, name, context) => greet(state, { name, esmtp: true }, context),
  }),
  verb({
    name: "HELO",
    in: ANY_STATE,
    rfc: "RFC 5321 section 4.1.1.1",
    parse: parseHello,
    run: (state, name, context) => greet(state, { name, esmtp: false }, context),
  }),
  verb({
    name: "STARTTLS",
    in: ["connected", "ready"],
    rfc: "RFC 3207 section 4",
    parse: (text) => text === "" ? { args: null } : { reply: reply(501, "5.5.4", "STARTTLS takes no argument") },
    run: (_state, _args, context) => startTls(context),
  }),
  verb({
    name: "AUTH",
    in: ["ready"],
    rfc: "RFC 4954 section 4",
    redact: showAuth,
    parse: parseAuth,
    run: (state, args, context) => authenticate(state, args, context),
  }),
];

function parseHello(text: string) {
  const argument = parseEhloArgument(text);
  return argument.ok ? { args: argument.name } : { reply: reply(argument.code, argument.enhanced, argument.text) };
}

/** EHLO begins anew, transaction included (RFC 5321 section 4.1.4); a login stays (RFC 4954 section 4). */
async function greet(
  state: SmtpState,
  hello: { name: string; esmtp: boolean },
  context: SmtpContext,
): Promise<SmtpAnswer> {
  countChatter(context);
  await abandonMessage(context);
  const { dialogue: { log, connection }, policy } = context;
  log.peerName = hello.name;
  const login = "login" in state ? state.login : null;
  const greeting = `${policy.hostname} greets ${connection.peer.address}`;
  const offers = hello.esmtp ? announceExtensions(context, login ?? senderByAddress(context)) : [];
  return { reply: replyLines(250, [greeting, ...offers]), state: { at: "ready", hello, login } };
}

function startTls({ dialogue: { connection }, policy }: SmtpContext): SmtpAnswer {
  if (connection.tls) return { reply: reply(503, "5.5.1", "The connection is under TLS already") };
  if (policy.tls.mode !== "starttls") return { reply: reply(502, "5.5.1", "STARTTLS is not offered here") };
  const { acceptor } = policy.tls;
  return {
    reply: reply(220, "2.0.0", "Begin the TLS handshake"),
    after: () => acceptor.accept(connection, policy.tlsTimeoutMs),
    // All that was said in the clear is forgotten (RFC 3207 section 4.2).
    state: { at: "connected" },
  };
}

/** The mechanism at most: a client that forgets it, or its space, has put its password in its place. */
function showAuth(text: string): string {
  const [word = "", ...more] = text.split(/\s+/);
  const isMechanism = /^[A-Z0-9_-]{1,20}$/.test(word) || saslMechanismNames.includes(word.toUpperCase());
  const shown = isMechanism ? word : SECRET_SHOWN;
  return more.length > 0 && shown !== SECRET_SHOWN ? `${shown} ${SECRET_SHOWN}` : shown;
}

interface AuthArguments {
  readonly mechanism: string;
  readonly initial: string | undefined;
}

function parseAuth(text: string) {
  const [mechanism = "", initial, ...more] = text.split(" ").filter((word) => word !== "");
  if (mechanism === "" || more.length > 0) {
    return { reply: reply(501, "5.5.4", "AUTH takes a mechanism and at most one initial response") };
  }
  return { args: { mechanism: mechanism.toUpperCase(), initial } };
}

async function authenticate(
  state: Extract<SmtpState, { at: "ready" }>,
  { mechanism, initial }: AuthArguments,
  context: SmtpContext,
): Promise<SmtpAnswer> {
  countChatter(context);
  const { dialogue, policy, submissions } = context;
  if (state.login !== null) return { reply: reply(503, "5.5.1", "You have logged in already") };
  if (policy.auth === "off") return { reply: reply(502, "5.5.1", "AUTH is not offered here") };
  if (!mayLogIn(context)) {
    // RFC 4954 section 4: the client should have asked for protection first.
    const remedy = offersStartTls(context) ? "send STARTTLS first" : "use a port with TLS";
    return { reply: reply(538, "5.7.11", `Login is allowed under TLS only: ${remedy}`) };
  }
  if (!offeredMechanisms(offersScram(context)).includes(mechanism)) {
    return { reply: reply(504, "5.5.4", "This authentication mechanism is not supported") };
  }
  const result = await conductLogin({
    mechanism,
    initial,
    ask: dialogue.ask,
    words: loginWords,
    checks: loginChecks(submissions, dialogue.connection.peer),
  });
  if ("reply" in result) return { reply: result.reply };
  dialogue.log.account = result.sender.account;
  return { reply: reply(235, "2.7.0", "Welcome"), state: { ...state, login: result.sender } };
}

/** How SMTP says what an exchange has to say, RFC 4954 section 4. */
const loginWords: LoginWords<SmtpReply> = {
  challenge: (line) => replyLines(334, [line]),
  broken: ({ code, enhanced, text }) => reply(code, enhanced, text),
  otherIdentity: () => reply(535, "5.7.8", "You may not act as another account"),
};

function loginChecks(submissions: Submissions, peer: Endpoint): LoginChecks<{ readonly sender: Sender }, SmtpReply> {
  const { scram } = submissions;
  const unsupported = () => Promise.resolve({ reply: reply(504, "5.5.4", "SCRAM is not offered here") });
  return {
    password: (login, password) => submissions.authenticate({ login, password, peer }),
    scramChallenge: (login) => scram?.challenge({ login, peer }) ?? unsupported(),
    scramProof: (login, proven) => scram?.settle({ login, peer, proven }) ?? unsupported(),
  };
}
