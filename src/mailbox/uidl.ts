import { randomBytes } from "node:crypto";

/** 120 bits: two messages of a mailbox never meet. */
const UIDL_OCTETS = 15;

/** Makes a UIDL of our own: random, 20 characters of those that RFC 1939 section 7 allows. */
export function randomUidl(): string {
  return randomBytes(UIDL_OCTETS).toString("base64url");
}
