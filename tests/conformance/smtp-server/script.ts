/**
 * How a server is set up.
 * - auth: logins by PLAIN and LOGIN of "alice@example.net", "correct horse", without TLS; nobody has to
 * - auth required: the same, and nobody may send without
 * - auth under TLS: STARTTLS, and logins under TLS alone
 * - scram: logins by SCRAM-SHA-256 too
 * - small limits: 3 recipients, 3 messages of a connection, messages of 1000 octets
 * - starttls: STARTTLS, and nobody has to
 */
export type SetUp = "auth" | "auth required" | "auth under TLS" | "scram" | "small limits" | "starttls";

/** A script without its standard: section, rule, script, and what is special about it. */
export type Row = readonly [
  section: string,
  rule: string,
  script: string,
  more?: Pick<ConformanceScript, "needs" | "policy" | "extension">,
];

/** The rows of a standard as scripts. */
export function scriptsOf(rfc: string, rows: readonly Row[]): ConformanceScript[] {
  return rows.map(([section, rule, script, more]) => ({ rfc, section, rule, script, ...more }));
}

/** A rule of a standard and a session that shows it. */
export interface ConformanceScript {
  readonly rfc: string;
  readonly section: string;
  /** The rule, in words. */
  readonly rule: string;
  /** See play.ts. */
  readonly script: string;
  /** What the server must be set up for; absent: mail is taken from us for anybody, without TLS and AUTH. */
  readonly needs?: SetUp;
  /** The keyword of EHLO of an extension whose rules bind only servers that offer it. */
  readonly extension?: string;
  /** The rule is our own choice where the standard leaves one: other servers may choose otherwise. Not counted. */
  readonly policy?: true;
}

/** The beginnings of sessions, each a step further, and their end. */
export const HELLO = "S: 220\nC: EHLO client.example\nS: 250";
export const MAIL = `${HELLO}\nC: MAIL FROM:<a@example.net>\nS: 250`;
export const RCPT = `${MAIL}\nC: RCPT TO:<b@example.org>\nS: 250`;
export const DATA = `${RCPT}\nC: DATA\nS: 354`;
export const QUIT = "C: QUIT\nS: 221\nS: (closed)";
export const ONE_MESSAGE = 'C> "Subject: one\\r\\n\\r\\nText.\\r\\n.\\r\\n"';

/** A client that begins TLS. */
export const TLS = "S: 220\nC: EHLO client.example\nS: 250\nC: STARTTLS\nS: 220\nTLS";

/** Base64 of what a client says to log in. */
export function base64(text: string): string {
  return btoa(text);
}

/** The name of a rule among all. */
export function nameOf({ rfc, section, rule }: ConformanceScript): string {
  return `${rfc} section ${section}: ${rule}`;
}
