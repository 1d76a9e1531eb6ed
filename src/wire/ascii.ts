const onlyAscii = /^\p{ASCII}*$/u;

/** Whether octets hold one that is no ASCII: 8-bit text. */
export function isBeyondAscii(octets: Uint8Array): boolean {
  for (let at = 0; at < octets.length; at++) if (octets[at]! > 127) return true;
  return false;
}

/** Whether a text is ASCII. */
export function isAscii(text: string): boolean {
  return onlyAscii.test(text);
}
