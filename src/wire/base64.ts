import { Buffer } from "node:buffer";

const alphabet = /^[A-Za-z0-9+/]*={0,2}$/;

/** Base64 of octets, or of a text in UTF-8. RFC 4648 section 4, padded, on one line. */
export function encodeBase64(value: string | Uint8Array): string {
  const octets = typeof value === "string" ? Buffer.from(value, "utf8") : value;
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("base64");
}

/**
 * Strict base64: the alphabet of RFC 4648 section 4 alone, padding where it belongs, no stray bits in the last group
 * (section 3.5). Anything else gives undefined.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !alphabet.test(text)) return undefined;
  const octets = Buffer.from(text, "base64");
  return octets.toString("base64") === text ? octets : undefined;
}
