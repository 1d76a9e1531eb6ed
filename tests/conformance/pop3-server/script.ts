/** A rule of a standard and a session that shows it. */
export interface ConformanceScript {
  readonly rfc: string;
  readonly section: string;
  /** The rule, in words. */
  readonly rule: string;
  /** See play.ts. */
  readonly script: string;
  /** What is in the mailbox; absent: two messages of 120 and 200 octets. */
  readonly messages?: readonly string[];
  /** A capability that a server may have or not, without which the script says nothing of it. */
  readonly needs?: "STLS" | "UTF8" | "LANG" | "SCRAM-SHA-256";
  /** The rule is our own choice where the standard leaves one: other servers may choose otherwise. */
  readonly own?: true;
}

/** Makes a script of a row: section, rule, script, and what else is to be said. */
export function scriptsOf(
  rfc: string,
  rows: readonly (readonly [string, string, string, Omit<Partial<ConformanceScript>, "rfc">?])[],
): ConformanceScript[] {
  return rows.map(([section, rule, script, more]) => ({ rfc, section, rule, script, ...more }));
}

/** The beginnings of sessions, each a step further, and their end. */
export const HELLO = "S: +OK…";
export const LOGIN = `${HELLO}\nC: USER {login}\nS: +OK…\nC: PASS {password}\nS: +OK…`;
export const QUIT = "C: QUIT\nS: +OK…\nS: (closed)";

/** A message of exactly so many octets, with a header. */
export function messageOf(octets: number): string {
  const header = "Subject: one\r\n\r\n";
  return `${header}${"x".repeat(octets - header.length - 2)}\r\n`;
}

/** What is in the mailbox where a script does not say otherwise. */
export const TWO: readonly string[] = [messageOf(120), messageOf(200)];
