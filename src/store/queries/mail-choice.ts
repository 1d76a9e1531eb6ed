/** Where a word is looked for; "any": everywhere. */
export type MailField = "any" | "sender" | "recipients" | "subject" | "names";

/** What a message must have. */
export interface MailTerm {
  readonly field: MailField;
  readonly text: string;
  /** The words stand together, just as they are; else what begins like the text will do. */
  readonly isPhrase: boolean;
}

/** The states by which messages are told apart: the first five are those of recipients, the others of mailboxes. */
export const MAIL_STATES = ["waiting", "held", "delivered", "bounced", "removed", "unread", "read", "deleted"] as const;
/** One of them. */
export type MailState = (typeof MAIL_STATES)[number];

/** Which messages are wanted: those that fit in everything that is named. */
export interface MailChoice {
  /** Everything that they must have. */
  readonly terms: readonly MailTerm[];
  /** "out": relayed; "in": in mailboxes. */
  readonly direction?: "out" | "in" | undefined;
  readonly state?: MailState | undefined;
  /** Ids from the one on, and before the other: they are times. */
  readonly fromId?: number | undefined;
  readonly toId?: number | undefined;
  /** Only with this Message-ID. */
  readonly messageId?: string | undefined;
  /** Only of this account; null: of all. */
  readonly account: string | null;
  /** Ids before this one: the page after the one that ended there. */
  readonly before: number | null;
  readonly limit: number;
  /** Whether there is a full-text index to be asked. */
  readonly indexed: boolean;
  /** Whether words are looked for in what is in letters, too: not for those who may not read it. */
  readonly inContent: boolean;
}
