import { isAscii as areAscii } from "node:buffer";

const onlyAscii = /^\p{ASCII}*$/u;

/** Whether octets hold one that is no ASCII: 8-bit text. */
export function isBeyondAscii(octets: Uint8Array): boolean {
  return !areAscii(octets);
}

/** Whether a text is ASCII. */
export function isAscii(text: string): boolean {
  return onlyAscii.test(text);
}
