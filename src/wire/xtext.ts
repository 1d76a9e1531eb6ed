import { Buffer } from "node:buffer";

/**
 * Decodes xtext, RFC 3461 section 4: a `+` and two hexadecimal digits stand for an octet. Octets beyond ASCII are taken
 * as UTF-8; what is no xtext stays as it is.
 */
export function decodeXtext(text: string): string {
  return text.replace(/(?:\+[0-9A-F]{2})+/g, (run) => Buffer.from(run.replaceAll("+", ""), "hex").toString("utf8"));
}

/**
 * An address beyond ASCII in the ASCII of RFC 6533 section 3, `\x{F6}` for each character that needs it: what stands in
 * a report, and in ORCPT for a server without SMTPUTF8.
 */
export function escapeBeyondAscii(address: string): string {
  return address.replace(/[^\x21-\x7e]|[+=\\]/gu, (character) => {
    return `\\x{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, "0")}}`;
  });
}

/** Printable ASCII as xtext, RFC 3461 section 4. */
export function encodeXtext(text: string): string {
  return text.replace(/[^\x21-\x7e]|[+=]/g, (character) => {
    return `+${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}
