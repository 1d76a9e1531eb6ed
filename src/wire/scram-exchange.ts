import { decodeBase64, encodeBase64 } from "./base64.ts";
import { expectNoMore, type SaslIdentity } from "./sasl-steps.ts";
import type { ClientOpening, ClientStepOutcome, SaslCredentials, ServerStepOutcome } from "./sasl-steps.ts";
import { saslprep, SaslprepError } from "./saslprep.ts";
import {
  clientProof,
  decodeName,
  deriveKeys,
  encodeName,
  isClientProof,
  isServerSignature,
  maxScramIterations,
  minScramIterations,
  type NewNonce,
  parseAttributes,
  type ScramKeys,
  serverSignature,
} from "./scram.ts";

/** gs2-header of RFC 5802 section 7: channel binding flag, identity to act as; behind it the bare message. */
const firstForm = /^((?:p=[A-Za-z0-9.-]+|n|y),(?:a=([^,]*))?,)(.*)$/s;
/** Printable ASCII without comma. */
const nonceForm = /^[\x21-\x2b\x2d-\x7e]+$/;
const iterationsForm = /^[1-9]\d{0,9}$/;

/** What the first messages of both sides said. */
interface Exchange extends SaslIdentity {
  readonly gs2Header: string;
  readonly clientFirstBare: string;
  readonly clientNonce: string;
}

/** The server's step for client-first-message, RFC 5802 section 5. */
export function serveScram(message: string): ServerStepOutcome {
  const [, gs2Header, authzid, clientFirstBare] = firstForm.exec(message) ?? [];
  if (gs2Header === undefined || clientFirstBare === undefined) return malformed("a channel binding flag first");
  // "y": the client could bind the channel and has seen that it is not offered, which is true (section 6).
  if (gs2Header.startsWith("p=")) return malformed("no channel binding, which only a -PLUS mechanism has");
  const attributes = parseAttributes(clientFirstBare);
  if (attributes?.[0]?.[0] === "m") return malformed("no mandatory extension, since none is known");
  const [[first, name] = [], [second, clientNonce] = []] = attributes ?? [];
  const login = first === "n" && name !== undefined ? prepareName(name) : undefined;
  const authorizationId = authzid === undefined ? "" : prepareName(authzid);
  if (login === undefined || authorizationId === undefined) return malformed("a name, with =2C and =3D for , and =");
  if (second !== "r" || !nonceForm.test(clientNonce ?? "")) return malformed("a nonce behind the name");
  const exchange = { gs2Header, clientFirstBare, clientNonce: clientNonce!, login, authorizationId };
  return { login, authorizationId, proceed: (keys, nonce) => challengeScram(exchange, keys, nonce) };
}

/** server-first-message: the nonce of both, the salt and the iterations. */
function challengeScram(exchange: Exchange, keys: ScramKeys, serverNonce: string): ServerStepOutcome {
  const nonce = `${exchange.clientNonce}${serverNonce}`;
  const serverFirst = `r=${nonce},s=${encodeBase64(keys.salt)},i=${keys.iterations}`;
  return { challenge: serverFirst, next: (message) => takeProof(message, exchange, keys, nonce, serverFirst) };
}

/** client-final-message: what the client binds itself to, and its proof. */
function takeProof(
  message: string,
  exchange: Exchange,
  keys: ScramKeys,
  nonce: string,
  serverFirst: string,
): ServerStepOutcome {
  const attributes = parseAttributes(message);
  const [[first, binding] = [], [second, echoed] = []] = attributes ?? [];
  const [last, encoded] = attributes?.at(-1) ?? [];
  const proof = decodeBase64(encoded ?? "");
  if (first !== "c" || second !== "r" || last !== "p" || !proof) return malformed("channel binding, nonce and proof");
  if (binding !== encodeBase64(exchange.gs2Header)) return malformed("the channel binding that it began with");
  if (echoed !== nonce) return malformed("the nonce of this exchange");
  const authMessage = `${exchange.clientFirstBare},${serverFirst},${message.slice(0, message.lastIndexOf(",p="))}`;
  const { login, authorizationId } = exchange;
  const final = `v=${encodeBase64(serverSignature(keys, authMessage))}`;
  return { login, authorizationId, proven: isClientProof(keys, authMessage, proof), final };
}

function prepareName(encoded: string): string | undefined {
  const name = decodeName(encoded);
  if (name === undefined || name.includes("\0")) return undefined;
  try {
    return saslprep(name) || undefined;
  } catch (error) {
    if (error instanceof SaslprepError) return undefined;
    throw error;
  }
}

function malformed(expected: string): ServerStepOutcome {
  return { malformed: `The SCRAM message is not as RFC 5802 says; expected ${expected}` };
}

/** client-first-message, RFC 5802 section 5: without channel binding. @throws SaslprepError */
export function answerScram(credentials: SaslCredentials, newNonce: NewNonce): ClientOpening {
  const { login, password, authorizationId = "" } = credentials;
  saslprep(password);
  const gs2Header = authorizationId === "" ? "n,," : `n,a=${encodeName(authorizationId)},`;
  const clientNonce = newNonce();
  const clientFirstBare = `n=${encodeName(login)},r=${clientNonce}`;
  const exchange = { gs2Header, clientFirstBare, clientNonce, login, authorizationId };
  return {
    initial: `${gs2Header}${clientFirstBare}`,
    next: (message) => takeServerFirst(message, exchange, password),
    awaitsProof: true,
  };
}

async function takeServerFirst(
  message: string | undefined,
  exchange: Exchange,
  password: string,
): Promise<ClientStepOutcome> {
  const attributes = message === undefined ? undefined : parseAttributes(message);
  const [[first, nonce] = [], [second, encoded] = [], [third, count] = []] = attributes ?? [];
  if (first === "e") return { unexpected: `The server refused the login: ${visible(nonce)}` };
  if (first !== "r" || second !== "s" || third !== "i") return { unexpected: "The server's SCRAM challenge is none" };
  if (!nonceForm.test(nonce!) || !nonce!.startsWith(exchange.clientNonce) || nonce === exchange.clientNonce) {
    return { unexpected: "The server's nonce does not continue ours: its challenge belongs to another exchange" };
  }
  const salt = decodeBase64(encoded!);
  if (!salt || salt.length === 0) return { unexpected: "The server's salt is not base64" };
  const iterations = iterationsForm.test(count!) ? Number(count) : 0;
  if (iterations < minScramIterations || iterations > maxScramIterations) {
    const range = `expected ${minScramIterations} to ${maxScramIterations}`;
    return { unexpected: `The server asks for ${visible(count)} SCRAM iterations; ${range}` };
  }
  const keys = await deriveKeys(password, salt, iterations);
  const withoutProof = `c=${encodeBase64(exchange.gs2Header)},r=${nonce}`;
  const authMessage = `${exchange.clientFirstBare},${message},${withoutProof}`;
  return {
    response: `${withoutProof},p=${encodeBase64(clientProof(keys, authMessage))}`,
    next: (final) => takeServerFinal(final, keys, authMessage),
    awaitsProof: true,
  };
}

function takeServerFinal(message: string | undefined, keys: ScramKeys, authMessage: string): ClientStepOutcome {
  const [[name, value] = []] = (message === undefined ? undefined : parseAttributes(message)) ?? [];
  if (name === "e") return { unexpected: `The server refused the login: ${visible(value)}` };
  const signature = name === "v" ? decodeBase64(value!) : undefined;
  if (!signature || !isServerSignature(keys, authMessage, signature)) {
    return { unexpected: "The server has not proven that it knows the password: it may be another server" };
  }
  return { response: "", next: expectNoMore };
}

/** Some characters of what a server said, as a sentence may hold them. */
function visible(text = ""): string {
  return text.slice(0, 40).replace(/[^\x20-\x7e]/g, "?");
}
