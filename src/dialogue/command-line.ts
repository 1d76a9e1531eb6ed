import { Buffer } from "node:buffer";

/** A command as transcripts show it. */
export function shownCommand(verb: { name: string; redact?: (text: string) => string }, rest: string): string {
  const shown = verb.redact ? verb.redact(rest) : rest;
  return shown === "" ? verb.name : `${verb.name} ${shown}`;
}

/** What stands before the first space, where a verb should be. */
export function wordOf(text: string): string {
  const start = text.trimStart();
  const end = start.search(/[ \t]/);
  return end < 0 ? start : start.slice(0, end);
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a command line, or null when it has control characters or is not UTF-8. */
export function decodeText(octets: Uint8Array): string | null {
  let isAscii = true;
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at]!;
    if (octet < 32 && octet !== 9) return null;
    if (octet > 127) isAscii = false;
  }
  // Nearly all are, and no decoder is as fast.
  if (isAscii) return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("latin1");
  try {
    return utf8.decode(octets);
  } catch {
    return null;
  }
}
