/** A rule of a standard and a session that shows it. */
export interface ConformanceScript {
  readonly rfc: string;
  readonly section: string;
  /** The rule, in words. */
  readonly rule: string;
  /** See play.ts. */
  readonly script: string;
  /** What the server must be set up for; absent: nothing special. */
  readonly needs?: "auth" | "small limits" | "starttls";
  /** The rule is our own choice where the standard leaves one: other servers may choose otherwise. */
  readonly own?: true;
}

/** The beginnings of sessions, each a step further, and their end. */
export const HELLO = "S: 220\nC: EHLO client.example\nS: 250";
export const MAIL = `${HELLO}\nC: MAIL FROM:<a@example.net>\nS: 250`;
export const RCPT = `${MAIL}\nC: RCPT TO:<b@example.org>\nS: 250`;
export const DATA = `${RCPT}\nC: DATA\nS: 354`;
export const QUIT = "C: QUIT\nS: 221\nS: (closed)";
export const ONE_MESSAGE = 'C> "Subject: one\\r\\n\\r\\nText.\\r\\n.\\r\\n"';
