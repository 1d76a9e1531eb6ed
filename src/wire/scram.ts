import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { saslprep } from "./saslprep.ts";

/** What a server keeps of a password: enough to check who knows it, not enough to log in elsewhere. RFC 5802 section 3. */
export interface ScramKeys {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** Makes a nonce: printable ASCII without comma, which nobody can guess. */
export type NewNonce = () => string;

/**
 * Iterations for new passwords: the figure of RFC 7677 section 4. They are done once when a password is set here, and
 * by the client at a login, never by this server at one.
 */
export const defaultScramIterations = 15_000;
/** Fewer than RFC 7677 section 4 allows: a server that asks for less wants to guess the password. */
export const minScramIterations = 4_096;
/** More would keep a small machine busy for seconds, at the order of a server. */
export const maxScramIterations = 1_000_000;
/** Octets of a salt. */
export const scramSaltOctets = 16;

const hashOctets = 32;
/** 144 bits, 24 characters. */
const nonceOctets = 18;
const keysForm = /^SCRAM-SHA-256\$(\d{4,7}):([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/;

/** The machine's nonces. */
export const systemNonce: NewNonce = () => randomBytes(nonceOctets).toString("base64");

/** What a password proves itself with. RFC 5802 section 3: SaltedPassword, ClientKey, StoredKey, ServerKey. */
interface DerivedKeys extends ScramKeys {
  readonly clientKey: Uint8Array;
}

/**
 * Derives a server's keys from a password.
 * @throws SaslprepError when the password cannot be used with SCRAM
 */
export async function deriveScramKeys(
  password: string,
  salt: Uint8Array,
  iterations: number = defaultScramIterations,
): Promise<ScramKeys> {
  const { storedKey, serverKey } = await deriveKeys(password, salt, iterations);
  return { salt, iterations, storedKey, serverKey };
}

/** Derives all keys, on a thread of the pool: the event loop goes on. @throws SaslprepError */
export async function deriveKeys(password: string, salt: Uint8Array, iterations: number): Promise<DerivedKeys> {
  const prepared = saslprep(password);
  const salted = await new Promise<Uint8Array>((resolve, reject) =>
    pbkdf2(prepared, salt, iterations, hashOctets, "sha256", (error, key) => error ? reject(error) : resolve(key))
  );
  const clientKey = hmac(salted, "Client Key");
  return { salt, iterations, clientKey, storedKey: hash(clientKey), serverKey: hmac(salted, "Server Key") };
}

/** Keys as text: `SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY`, as PostgreSQL and others write them. */
export function formatScramKeys({ salt, iterations, storedKey, serverKey }: ScramKeys): string {
  const [first, second] = [encodeBase64(storedKey), encodeBase64(serverKey)];
  return `SCRAM-SHA-256$${iterations}:${encodeBase64(salt)}$${first}:${second}`;
}

/** Reads keys; undefined where the text is none. */
export function parseScramKeys(text: string): ScramKeys | undefined {
  const [, count = "", ...encoded] = keysForm.exec(text) ?? [];
  const [salt, storedKey, serverKey] = encoded.map(decodeBase64);
  const iterations = Number(count);
  if (iterations < minScramIterations || iterations > maxScramIterations) return undefined;
  return salt && storedKey && serverKey ? { salt, iterations, storedKey, serverKey } : undefined;
}

/** ClientProof: the client key, veiled by a signature that only this exchange has. RFC 5802 section 3. */
export function clientProof({ clientKey, storedKey }: DerivedKeys, authMessage: string): Uint8Array {
  return xor(clientKey, hmac(storedKey, authMessage));
}

/** Whether a proof was made by somebody who knows the password; in constant time. RFC 5802 section 3. */
export function isClientProof({ storedKey }: ScramKeys, authMessage: string, proof: Uint8Array): boolean {
  if (proof.length !== hashOctets) return false;
  return timingSafeEqual(hash(xor(proof, hmac(storedKey, authMessage))), storedKey);
}

/** ServerSignature: shows that the server knows the keys. RFC 5802 section 3. */
export function serverSignature({ serverKey }: ScramKeys, authMessage: string): Uint8Array {
  return hmac(serverKey, authMessage);
}

/** Whether a signature is that of a server which knows the keys; in constant time. */
export function isServerSignature(keys: ScramKeys, authMessage: string, signature: Uint8Array): boolean {
  return signature.length === hashOctets && timingSafeEqual(serverSignature(keys, authMessage), signature);
}

/** The attributes of a message in their order, RFC 5802 section 5.1; undefined where one has no form of an attribute. */
export function parseAttributes(message: string): readonly (readonly [name: string, value: string])[] | undefined {
  const parts = message.split(",");
  if (!parts.every((part) => /^[A-Za-z]=/.test(part))) return undefined;
  return parts.map((part) => [part[0]!, part.slice(2)]);
}

/** A name within a message: comma and equals sign are written otherwise. RFC 5802 section 5.1. */
export function encodeName(name: string): string {
  return saslprep(name).replaceAll("=", "=3D").replaceAll(",", "=2C");
}

/** Reads a name; undefined where an equals sign is not part of =2C or =3D, or where it is empty. */
export function decodeName(text: string): string | undefined {
  if (text === "" || /=(?!2C|3D)/.test(text)) return undefined;
  return text.replaceAll("=2C", ",").replaceAll("=3D", "=");
}

function hash(octets: Uint8Array): Uint8Array {
  return createHash("sha256").update(octets).digest();
}

function hmac(key: Uint8Array, text: string): Uint8Array {
  return createHmac("sha256", key).update(text, "utf8").digest();
}

function xor(one: Uint8Array, other: Uint8Array): Uint8Array {
  return one.map((octet, index) => octet ^ other[index]!);
}
