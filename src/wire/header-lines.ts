import { Buffer } from "node:buffer";

export const LF = 10;
const CR = 13;
export const SPACE = 32;
export const TAB = 9;
export const COLON = 58;
const DEL = 127;
const LESS = 60;
const GREATER = 62;

/** A line that goes on with the field before it. RFC 5322 section 2.2.3. */
export function isFolded(octets: Uint8Array, at: number): boolean {
  return octets[at] === SPACE || octets[at] === TAB;
}

/** The line that ends a header section. */
export function isEmptyLine(octets: Uint8Array, at: number, end: number): boolean {
  return octets[at] === LF || (octets[at] === CR && at + 2 === end);
}

/**
 * Where the field name ends that begins at `start`, or -1 when none stands there. RFC 5322 sections 2.2 and 4.5.8; octets
 * beyond ASCII are let pass in it, or what follows such a field would become text.
 */
export function nameEndOf(octets: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && octets[at]! > SPACE && octets[at] !== DEL && octets[at] !== COLON) at++;
  const nameEnd = at;
  while (at < end && (octets[at] === SPACE || octets[at] === TAB)) at++;
  return nameEnd > start && octets[at] === COLON && at < end ? nameEnd : -1;
}

/** Whether a name stands there. @param name in lower case; letters and hyphens */
export function isName(octets: Uint8Array, at: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    // 32 makes a letter lower case and leaves a hyphen as it is.
    if ((octets[at + index]! | 32) !== name.charCodeAt(index)) return false;
  }
  return true;
}

/** Whether a value says nothing as far as the end of its line: blanks alone, or "<>" among them. */
export function isBlank(octets: Uint8Array, from: number, end: number): boolean {
  if (octets[end - 1] !== LF) return false;
  let open = 0;
  for (let at = from; at < end; at++) {
    const octet = octets[at];
    if (octet === LESS && open === 0) open = 1;
    else if (octet === GREATER && open === 1) open = 2;
    else if (octet !== SPACE && octet !== TAB && octet !== CR && octet !== LF) return false;
  }
  return open !== 1;
}

/** "From " and no colon: programs that read mailbox files sometimes leave their separator in front. */
export function isMailboxSeparator(octets: Uint8Array, at: number, end: number): boolean {
  return end - at > 5 && Buffer.from(octets.subarray(at, at + 5)).toString("latin1") === "From ";
}

/** The address in a From field, in lower case, where there is one alone. */
export function addressIn(value: string): string | null {
  const text = value.replace(/\r?\n(?=[ \t])/g, "").trim();
  const found = /^(?:[^<>@]*<([^<>,]+)>|([^<>,\s]+))$/.exec(text);
  return found && (found[1] ?? found[2])!.trim().toLowerCase();
}
