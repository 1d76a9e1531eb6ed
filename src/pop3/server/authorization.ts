import { conductLogin, type LoginChecks, type LoginWords, offeredMechanisms } from "../../dialogue/login.ts";
import { type Answer, verbsOf } from "../../dialogue/verb.ts";
import { Secret, SECRET_SHOWN } from "../../wire/secret.ts";
import { challenge, negative, type Pop3Reply, positive } from "../reply.ts";
import { noArguments } from "./arguments.ts";
import { countOf, Maildrop } from "./maildrop.ts";
import { listing } from "./multiline.ts";
import type { ClientLine, LoginOutcome, OpenMailbox } from "./ports.ts";
import { ANY_STATE, BEFORE_LOGIN, clearLoginRefused, mayLogIn, offersScram, offersStls } from "./state.ts";
import type { Pop3Context, Pop3State } from "./state.ts";

type Pop3Answer = Answer<Pop3State, Pop3Reply>;

const verb = verbsOf<Pop3State, Pop3Context, Pop3Reply>();

/** The verbs that lead to a login, and those that are allowed before and after it. */
export const authorizationVerbs = [
  verb({
    name: "CAPA",
    in: ANY_STATE,
    rfc: "RFC 2449 section 5",
    parse: noArguments("CAPA"),
    run: (_state, _args, context) => ({ reply: positive("capabilities follow"), body: listing(capabilities(context)) }),
  }),
  verb({
    name: "STLS",
    in: BEFORE_LOGIN,
    rfc: "RFC 2595 section 4",
    parse: noArguments("STLS"),
    run: (_state, _args, context) => startTls(context),
  }),
  verb({
    name: "UTF8",
    in: ["authorization"],
    rfc: "RFC 6856 section 2",
    parse: noArguments("UTF8"),
    run(_state, _args, context) {
      context.utf8 = true;
      return { reply: positive("UTF-8 it is") };
    },
  }),
  verb({
    name: "USER",
    in: BEFORE_LOGIN,
    rfc: "RFC 1939 section 7",
    // Whoever writes the password behind the login must not find it in a transcript.
    redact: (text) => /[ \t]/.test(text) ? `${text.split(/[ \t]/)[0]} ${SECRET_SHOWN}` : text,
    parse: (text) => text === "" ? { reply: negative("USER takes a login") } : { args: text },
    run: (_state, login, context) =>
      // Whether there is such a login is not told: that comes with the password.
      mayLogIn(context)
        ? { reply: positive("password, please"), state: { at: "password", login } }
        : { reply: clearLoginRefused(context) },
  }),
  verb({
    name: "PASS",
    in: ["password"],
    rfc: "RFC 1939 section 7",
    whole: true,
    redact: () => SECRET_SHOWN,
    parse: (text) => text === "" ? { reply: negative("PASS takes a password") } : { args: new Secret(text) },
    run: ({ login }, password, context) => logIn(context, login, password),
  }),
  verb({
    name: "AUTH",
    in: BEFORE_LOGIN,
    rfc: "RFC 5034 section 4",
    redact: (text) => text.includes(" ") ? `${text.split(" ")[0]} ${SECRET_SHOWN}` : text,
    parse: parseAuth,
    run: (_state, { mechanism, initial }, context) => authenticate(context, mechanism, initial),
  }),
];

function capabilities(context: Pop3Context): string[] {
  const mechanisms = offeredMechanisms(offersScram(context)).join(" ");
  const login = mayLogIn(context) ? ["USER", `SASL ${mechanisms}`] : [];
  const stls = offersStls(context) ? ["STLS"] : [];
  const always = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "UTF8 USER"];
  return [...login, ...stls, ...always, ...promises(context), "IMPLEMENTATION Waypost"];
}

/** EXPIRE and LOGIN-DELAY, RFC 2449 sections 6.7 and 6.5: what the settings make true. */
function promises({ policy: { expireDays, loginDelaySeconds = 0 } }: Pop3Context): string[] {
  const delay = loginDelaySeconds > 0 ? [`LOGIN-DELAY ${loginDelaySeconds}`] : [];
  if (expireDays === null) return delay;
  return [`EXPIRE ${expireDays ?? "NEVER"}`, ...delay];
}

function startTls(context: Pop3Context): Pop3Answer {
  const { dialogue: { connection }, policy } = context;
  if (connection.tls) return { reply: negative("the connection is under TLS already") };
  if (policy.tls.mode !== "starttls") return { reply: negative("STLS is not offered here") };
  if (context.utf8) return { reply: negative("STLS comes before UTF8") };
  const { acceptor } = policy.tls;
  return {
    reply: positive("begin the TLS handshake"),
    after: () => acceptor.accept(connection, policy.tlsTimeoutMs),
    // Whoever said USER in the clear says it again (RFC 2595 section 4).
    state: { at: "authorization" },
  };
}

function parseAuth(text: string) {
  const [mechanism = "", initial, ...more] = text.split(" ").filter((word) => word !== "");
  if (more.length > 0) return { reply: negative("AUTH takes a mechanism and at most one response") };
  return { args: { mechanism: mechanism.toUpperCase(), initial } };
}

async function authenticate(context: Pop3Context, mechanism: string, initial: string | undefined): Promise<Pop3Answer> {
  if (!mayLogIn(context)) return { reply: clearLoginRefused(context) };
  // Older clients ask for the mechanisms in this way.
  if (mechanism === "") {
    return { reply: positive("mechanisms follow"), body: listing(offeredMechanisms(offersScram(context))) };
  }
  const offered = offeredMechanisms(offersScram(context));
  if (!offered.includes(mechanism)) {
    return { reply: negative(`the mechanism is not supported; use ${offered.join(", ")}`) };
  }
  const ask = context.dialogue.ask;
  return admit(context, await conductLogin({ mechanism, initial, ask, words: loginWords, checks: checksOf(context) }));
}

/** How POP3 says what an exchange has to say, RFC 5034 section 4. */
const loginWords: LoginWords<Pop3Reply> = {
  challenge,
  broken: ({ text }) => negative(text),
  otherIdentity: () => negative("acting for another login is not supported", "AUTH"),
};

function checksOf(context: Pop3Context): LoginChecks<{ readonly mailbox: OpenMailbox }, Pop3Reply> {
  const { dialogue: { connection: { peer }, log: { id: sessionId } }, mailboxes } = context;
  const applicant = { peer, sessionId, line: lineOf(context) };
  const { scram } = mailboxes;
  const unsupported = () => Promise.resolve({ reply: negative("SCRAM is not offered here") });
  return {
    password: (login, password) => mailboxes.authenticate({ login, password, ...applicant }),
    scramChallenge: (login) => scram?.challenge({ login, ...applicant }) ?? unsupported(),
    async scramProof(login, proven) {
      const outcome = await (scram?.settle({ login, proven, ...applicant }) ?? unsupported());
      // The exchange has a line to go, in which the client may leave: the session gives the mailbox back then.
      if ("mailbox" in outcome) context.held = outcome.mailbox;
      return outcome;
    },
  };
}

function lineOf(context: Pop3Context): ClientLine {
  const { connection, log } = context.dialogue;
  return {
    silentMs: () => performance.now() - context.activeAt,
    drop(why) {
      log.note(why);
      connection.destroy();
    },
  };
}

async function logIn(context: Pop3Context, login: string, password: Secret): Promise<Pop3Answer> {
  return admit(context, await checksOf(context).password(login, password));
}

/** Lets a client into the mailbox that it has logged in to, or tells it why not. */
function admit(context: Pop3Context, outcome: LoginOutcome): Pop3Answer {
  if ("reply" in outcome) {
    context.held?.close();
    context.held = null;
    return { reply: outcome.reply, state: { at: "authorization" } };
  }
  context.held = outcome.mailbox;
  context.dialogue.log.account = outcome.mailbox.account;
  const maildrop = new Maildrop(outcome.mailbox);
  return {
    reply: positive(`maildrop has ${countOf(maildrop.count)} (${maildrop.octets} octets)`),
    state: { at: "transaction", maildrop },
    phase: "transaction",
  };
}
