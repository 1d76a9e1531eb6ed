import { decodeBase64, encodeBase64 } from "./base64.ts";

/** What a client proves itself with. */
export interface SaslCredentials {
  /** The authentication identity. */
  readonly login: string;
  readonly password: string;
  /** The identity to act as, where it is another than `login`. */
  readonly authorizationId?: string | undefined;
}

/** Where a server's exchange stands. */
export type SaslServerOutcome =
  | {
    readonly type: "challenge";
    /** Stands after `334 ` (SMTP) or `+ ` (POP3); may be empty. */
    readonly line: string;
    /** Takes the client's next line. */
    readonly respond: (line: string) => SaslServerOutcome;
  }
  | {
    readonly type: "password";
    readonly login: string;
    readonly password: string;
    /** Empty: the client acts as `login`. Whether it may act as another is the caller's decision. */
    readonly authorizationId: string;
  }
  | {
    readonly type: "refused";
    /** Reply code of SMTP, RFC 4954 section 4. */
    readonly code: 500 | 501 | 504;
    readonly enhanced: string;
    readonly text: string;
  };

/** Where a client's exchange stands. */
export type SaslClientOutcome =
  | {
    readonly type: "response";
    readonly line: string;
    /** Takes the server's next challenge, should there be one. */
    readonly challenged: (line: string) => SaslClientOutcome;
  }
  | {
    readonly type: "cancel";
    /** Ends the exchange on the server's side. */
    readonly line: "*";
    readonly text: string;
  };

/** How a client's exchange begins. */
export interface SaslClientStart {
  readonly mechanism: string;
  /** Stands after `AUTH MECHANISM `; undefined: nothing stands there. */
  readonly initialResponse: string | undefined;
  /** Takes the server's first challenge after that. */
  readonly challenged: (line: string) => SaslClientOutcome;
}

/** A server's step on plain text: the client's message in, what follows from it out. */
type ServerStep = (message: string) =>
  | { readonly challenge: string; readonly next: ServerStep }
  | { readonly login: string; readonly password: string; readonly authorizationId: string }
  | { readonly malformed: string };

/** A client's step on plain text: the server's message in (undefined: not base64), the answer out. */
type ClientStep = (message: string | undefined) =>
  | { readonly response: string; readonly next: ClientStep }
  | { readonly unexpected: string };

/** A mechanism: all that the exchanges need to know of it. */
interface SaslMechanism {
  readonly name: string;
  readonly rfc: string;
  /** The client speaks first, so its first message may stand on the AUTH line. */
  readonly clientFirst: boolean;
  /** Asks for the client's first message when it did not stand on the AUTH line. */
  readonly opening: string;
  /** The server's step for the client's first message. */
  readonly serve: ServerStep;
  /** The client's step for its first message. */
  readonly answer: (credentials: SaslCredentials) => ClientStep;
}

/** Longest line of an exchange in base64, in octets. RFC 4954 section 4. */
export const maxSaslLineOctets = 12_288;

/** The mechanisms, the best first. Another one is another row, with a further outcome where it proves something else. */
const mechanisms: readonly SaslMechanism[] = [
  { name: "PLAIN", rfc: "RFC 4616", clientFirst: true, opening: "", serve: servePlain, answer: answerPlain },
  {
    name: "LOGIN",
    rfc: "draft-murchison-sasl-login",
    clientFirst: false,
    opening: "Username:",
    serve: serveLogin,
    answer: answerLogin,
  },
];

const cancelLine = "*";
const emptyInitialResponse = "=";
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The names of the mechanisms in the order in which a server offers them. */
export const saslMechanismNames: readonly string[] = mechanisms.map((mechanism) => mechanism.name);

/** The best mechanism that both sides know, or undefined. */
export function chooseSaslMechanism(offered: readonly string[]): string | undefined {
  const names = offered.map((name) => name.toUpperCase());
  return saslMechanismNames.find((name) => names.includes(name));
}

/**
 * Begins a server's exchange. RFC 4954 section 4, RFC 5034 section 4.
 * @param name the mechanism that the client named, in any case
 * @param initialResponse what stood after it on the same line; undefined: nothing did
 */
export function startSaslServer(name: string, initialResponse?: string): SaslServerOutcome {
  const mechanism = findMechanism(name);
  if (!mechanism) return refuse(504, "5.5.4", "This authentication mechanism is not supported");
  if (initialResponse === undefined) return challenge(mechanism.opening, mechanism.serve);
  return takeResponse(mechanism.serve, initialResponse === emptyInitialResponse ? "" : initialResponse);
}

/**
 * Begins a client's exchange.
 * @param withInitialResponse the first message goes onto the AUTH line, where the mechanism allows it
 * @throws RangeError when the mechanism is unknown or the credentials cannot be sent by it
 */
export function startSaslClient(
  name: string,
  credentials: SaslCredentials,
  withInitialResponse = true,
): SaslClientStart {
  const mechanism = findMechanism(name);
  if (!mechanism) {
    throw new RangeError(`SASL mechanism ${name} is not supported; expected ${saslMechanismNames.join(", ")}`);
  }
  requireSendable(credentials);
  const first = mechanism.answer(credentials);
  if (!mechanism.clientFirst || !withInitialResponse) {
    return { mechanism: mechanism.name, initialResponse: undefined, challenged: (line) => takeChallenge(first, line) };
  }
  const opened = first("");
  if ("unexpected" in opened) throw new RangeError(opened.unexpected);
  return {
    mechanism: mechanism.name,
    initialResponse: opened.response === "" ? emptyInitialResponse : encodeBase64(opened.response),
    challenged: (line) => takeChallenge(opened.next, line),
  };
}

function findMechanism(name: string): SaslMechanism | undefined {
  return mechanisms.find((mechanism) => mechanism.name === name.toUpperCase());
}

function takeResponse(step: ServerStep, line: string): SaslServerOutcome {
  if (line === cancelLine) return refuse(501, "5.7.0", "Authentication cancelled");
  if (line.length > maxSaslLineOctets) return refuse(500, "5.5.6", "The authentication line is too long");
  const message = decodeMessage(line);
  if (message === undefined) return refuse(501, "5.5.2", "The response is not UTF-8 text in base64");
  const outcome = step(message);
  if ("malformed" in outcome) return refuse(501, "5.5.2", outcome.malformed);
  return "challenge" in outcome ? challenge(outcome.challenge, outcome.next) : { type: "password", ...outcome };
}

function takeChallenge(step: ClientStep, line: string): SaslClientOutcome {
  const outcome = step(line.length > maxSaslLineOctets ? undefined : decodeMessage(line));
  if ("unexpected" in outcome) return { type: "cancel", line: cancelLine, text: outcome.unexpected };
  return {
    type: "response",
    line: encodeBase64(outcome.response),
    challenged: (next) => takeChallenge(outcome.next, next),
  };
}

function decodeMessage(line: string): string | undefined {
  const octets = decodeBase64(line);
  if (!octets) return undefined;
  try {
    return decoder.decode(octets);
  } catch (error) {
    if (error instanceof TypeError) return undefined; // not UTF-8
    throw error;
  }
}

function challenge(message: string, next: ServerStep): SaslServerOutcome {
  return { type: "challenge", line: encodeBase64(message), respond: (line) => takeResponse(next, line) };
}

function refuse(code: 500 | 501 | 504, enhanced: string, text: string): SaslServerOutcome {
  return { type: "refused", code, enhanced, text };
}

/** RFC 4616 section 2: `[authzid] NUL authcid NUL passwd`, neither of the last two empty, no NUL within. */
function servePlain(message: string): ReturnType<ServerStep> {
  const [authorizationId = "", login = "", password = "", ...more] = message.split("\0");
  if (login === "" || password === "" || more.length > 0) {
    return { malformed: "The PLAIN response must be identity, login and password, separated by NUL" };
  }
  return { login, password, authorizationId };
}

function answerPlain({ login, password, authorizationId = "" }: SaslCredentials): ClientStep {
  return () => ({ response: `${authorizationId}\0${login}\0${password}`, next: expectNoMore });
}

function serveLogin(login: string): ReturnType<ServerStep> {
  if (login === "" || login.includes("\0")) return { malformed: "The login must not be empty or hold a NUL" };
  return {
    challenge: "Password:",
    next: (password) => {
      if (password === "" || password.includes("\0")) {
        return { malformed: "The password must not be empty or hold a NUL" };
      }
      return { login, password, authorizationId: "" };
    },
  };
}

/** Servers word their challenges differently, some not even in base64: the order alone counts. */
function answerLogin({ login, password }: SaslCredentials): ClientStep {
  return () => ({ response: login, next: () => ({ response: password, next: expectNoMore }) });
}

function expectNoMore(): ReturnType<ClientStep> {
  return { unexpected: "The server asked for more than its authentication mechanism allows" };
}

function requireSendable(credentials: SaslCredentials): void {
  for (const field of ["login", "password", "authorizationId"] as const) {
    if (credentials[field]?.includes("\0")) {
      throw new RangeError(`The ${field} holds a NUL character, which SASL cannot send`);
    }
  }
  if (credentials.login === "") throw new RangeError("The login is empty; expected a name to log in with");
  if (credentials.password === "") throw new RangeError("The password is empty; expected a password to log in with");
}
