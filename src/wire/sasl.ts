import { decodeBase64, encodeBase64 } from "./base64.ts";
import { expectNoMore } from "./sasl-steps.ts";
import type {
  ClientOpening,
  ClientStep,
  SaslCredentials,
  SaslIdentity,
  SaslMechanism,
  ServerStep,
  ServerStepOutcome,
} from "./sasl-steps.ts";
import { SaslprepError } from "./saslprep.ts";
import { answerScram, serveScram } from "./scram-exchange.ts";
import { type NewNonce, type ScramKeys, systemNonce } from "./scram.ts";

export type { SaslCredentials } from "./sasl-steps.ts";

/** Where a server's exchange stands. */
export type SaslServerOutcome =
  | {
    readonly type: "challenge";
    /** Stands after `334 ` (SMTP) or `+ ` (POP3); may be empty. */
    readonly line: string;
    /** Takes the client's next line. */
    readonly respond: (line: string) => SaslServerOutcome;
  }
  /** The client has told the password, which the caller checks. */
  | (SaslIdentity & { readonly type: "password"; readonly password: string })
  /** The exchange goes on with the keys of the login, which the caller knows, and a nonce that nobody can guess. */
  | (SaslIdentity & {
    readonly type: "keys";
    readonly proceed: (keys: ScramKeys, nonce: string) => SaslServerOutcome;
  })
  /** The exchange has ended: the client knows the password, or does not. */
  | (SaslIdentity & {
    readonly type: "proof";
    readonly proven: boolean;
    /** Proves to a client that was right that the server is the right one; a challenge that an empty line answers. */
    readonly line: string;
  })
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
    readonly challenged: (line: string) => Promise<SaslClientOutcome>;
    /** The server has still to prove that it knows the password: its success is not to be believed yet. */
    readonly awaitsProof: boolean;
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
  readonly challenged: (line: string) => Promise<SaslClientOutcome>;
  /** The server has still to prove that it knows the password: its success is not to be believed yet. */
  readonly awaitsProof: boolean;
}

/** Longest line of an exchange in base64, in octets. RFC 4954 section 4. */
export const maxSaslLineOctets = 12_288;

/** The mechanisms, the best first. Another one is another row, with a further outcome where it proves something else. */
const mechanisms: readonly SaslMechanism[] = [
  { name: "SCRAM-SHA-256", rfc: "RFC 7677", opening: "", serve: serveScram, answer: answerScram },
  { name: "PLAIN", rfc: "RFC 4616", opening: "", serve: servePlain, answer: answerPlain },
  {
    name: "LOGIN",
    rfc: "draft-murchison-sasl-login",
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

/** Whether a mechanism needs keys for the login: a server without them cannot offer it. */
export function needsScramKeys(name: string): boolean {
  return name.startsWith("SCRAM-");
}

/**
 * The best mechanism that both sides know and that can send these credentials, or undefined.
 * @param wanted the only one that will do, in any case; absent: any
 */
export function chooseSaslMechanism(
  offered: readonly string[],
  credentials?: SaslCredentials,
  wanted?: string,
): string | undefined {
  const names = offered.map((name) => name.toUpperCase()).filter((name) => !wanted || name === wanted.toUpperCase());
  const canSend = ({ answer }: SaslMechanism) => !credentials || open(answer, credentials, () => "") !== undefined;
  return mechanisms.find((mechanism) => names.includes(mechanism.name) && canSend(mechanism))?.name;
}

/** A mechanism's opening; undefined when it cannot send these credentials. */
function open(
  answer: SaslMechanism["answer"],
  credentials: SaslCredentials,
  newNonce: NewNonce,
): ClientOpening | undefined {
  try {
    return answer(credentials, newNonce);
  } catch (error) {
    if (error instanceof SaslprepError) return undefined;
    throw error;
  }
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
 * @param newNonce for mechanisms that need a number used once
 * @throws RangeError when the mechanism is unknown or the credentials cannot be sent by it
 */
export function startSaslClient(
  name: string,
  credentials: SaslCredentials,
  withInitialResponse = true,
  newNonce: NewNonce = systemNonce,
): SaslClientStart {
  const mechanism = findMechanism(name);
  if (!mechanism) {
    throw new RangeError(`SASL mechanism ${name} is not supported; expected ${saslMechanismNames.join(", ")}`);
  }
  requireSendable(credentials);
  const opening = open(mechanism.answer, credentials, newNonce);
  if (!opening) {
    throw new RangeError(`The login or the password holds what SASLprep prohibits, so ${name} cannot send it`);
  }
  const { initial, next, awaitsProof = false } = opening;
  const begun = { mechanism: mechanism.name, awaitsProof };
  if (initial === undefined) {
    return { ...begun, initialResponse: undefined, challenged: (line) => takeChallenge(next, line) };
  }
  if (!withInitialResponse) {
    const first: ClientStep = () => ({ response: initial, next, awaitsProof });
    return { ...begun, initialResponse: undefined, challenged: (line) => takeChallenge(first, line) };
  }
  return {
    ...begun,
    initialResponse: initial === "" ? emptyInitialResponse : encodeBase64(initial),
    challenged: (line) => takeChallenge(next, line),
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
  return toServerOutcome(step(message));
}

function toServerOutcome(outcome: ServerStepOutcome): SaslServerOutcome {
  if ("malformed" in outcome) return refuse(501, "5.5.2", outcome.malformed);
  if ("challenge" in outcome) return challenge(outcome.challenge, outcome.next);
  if ("password" in outcome) return { type: "password", ...outcome };
  const { login, authorizationId } = outcome;
  if ("proceed" in outcome) {
    const proceed = (keys: ScramKeys, nonce: string) => toServerOutcome(outcome.proceed(keys, nonce));
    return { type: "keys", login, authorizationId, proceed };
  }
  return { type: "proof", login, authorizationId, proven: outcome.proven, line: encodeBase64(outcome.final) };
}

async function takeChallenge(step: ClientStep, line: string): Promise<SaslClientOutcome> {
  const outcome = await step(line.length > maxSaslLineOctets ? undefined : decodeMessage(line));
  if ("unexpected" in outcome) return { type: "cancel", line: cancelLine, text: outcome.unexpected };
  return {
    type: "response",
    line: encodeBase64(outcome.response),
    challenged: (next) => takeChallenge(outcome.next, next),
    awaitsProof: outcome.awaitsProof ?? false,
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
function servePlain(message: string): ServerStepOutcome {
  const [authorizationId = "", login = "", password = "", ...more] = message.split("\0");
  if (login === "" || password === "" || more.length > 0) {
    return { malformed: "The PLAIN response must be identity, login and password, separated by NUL" };
  }
  return { login, password, authorizationId };
}

function answerPlain({ login, password, authorizationId = "" }: SaslCredentials): ClientOpening {
  return { initial: `${authorizationId}\0${login}\0${password}`, next: expectNoMore };
}

function serveLogin(login: string): ServerStepOutcome {
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
function answerLogin({ login, password }: SaslCredentials): ClientOpening {
  return { next: () => ({ response: login, next: () => ({ response: password, next: expectNoMore }) }) };
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
