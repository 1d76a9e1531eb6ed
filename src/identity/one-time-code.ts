/** Codes that people copy by hand and use once: for the first set-up, and to choose a password. */
import { createHash } from "node:crypto";

const ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ";
/** Characters of a code: 12 of 30 are 58 bits, and a throttle is before it. */
const CODE_LENGTH = 12;

/** Makes a code: "K7QF-2M9X-VB3T". */
export function newCode(randomBytes: (length: number) => Uint8Array): string {
  let code = "";
  while (code.length < CODE_LENGTH) {
    // Octets from 240 on would make some characters likelier.
    for (const octet of randomBytes(CODE_LENGTH)) if (octet < 240) code += ALPHABET[octet % ALPHABET.length];
  }
  return code.slice(0, CODE_LENGTH).replaceAll(/(....)(?=.)/g, "$1-");
}

/** What is kept of a code, whether it was written in upper or lower case, with or without dashes. */
export function hashCode(code: string): string {
  const plain = code.toUpperCase().replaceAll(/[^0-9A-Z]/g, "");
  return createHash("sha256").update(plain).digest("base64url");
}
