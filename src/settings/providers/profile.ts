/** What a server's reply means to the owner, and what mends it. */
export interface KnownReply {
  /** Fits the reply in one line: `535 5.7.139 …`, or what a POP3 server says after -ERR. */
  readonly pattern: RegExp;
  /** One sentence, without a full stop: what has happened. */
  readonly meaning: string;
  /** One sentence, without a full stop: what the owner does about it. */
  readonly mending: string;
  /**
   * What it says about our pace. `rate`: we are too fast. `quota`: the amount of an hour or a day is used up, so that even
   * a refusal for good is none of this message's, and waiting helps.
   */
  readonly limit?: "rate" | "quota";
}

/** How a provider's SMTP server is reached. */
export interface SmtpService {
  /** Null where it depends on the account; `hostHint` says then how it is found. */
  readonly host: string | null;
  readonly hostHint?: string;
  readonly port: number;
  readonly tls: "starttls" | "implicit";
}

/** How a provider's POP3 server is reached, and what is particular about it. */
export interface Pop3Service {
  readonly host: string;
  readonly port: number;
  readonly tls: "starttls" | "implicit";
  /** Sentences for the owner. */
  readonly quirks: readonly string[];
  /**
   * Its list leaves out what is on the server (Gmail: what another program has fetched, what `recent:` finds too old): what
   * is absent need not be gone, so that mass disappearance is no alarm; that what is called new is here already is one.
   */
  readonly hidesMessages?: boolean;
  /** Stands before the user name where mail of the last days shall be listed whatever other programs have fetched. */
  readonly recentPrefix?: string;
  /** "headers": its UIDLs are none, or change. */
  readonly identifyBy?: "uidl" | "headers";
  /** What it lets a program fetch of one mailbox in 24 hours. */
  readonly fetching?: FetchingLimits;
}

/** What a provider lets a program fetch in 24 hours; null: it does not say. */
export interface FetchingLimits {
  readonly messagesPerDay: number | null;
  /** Octets. */
  readonly sizePerDay: number | null;
}

/** What a provider lets one account send; null: it does not say, or it depends on what was agreed. */
export interface SendingLimits {
  readonly connections: number | null;
  readonly messagesPerMinute: number | null;
  readonly messagesPerDay: number | null;
  /** Each recipient of each message. */
  readonly recipientsPerDay: number | null;
  readonly recipientsPerMessage: number | null;
  readonly messagesPerConnection: number | null;
  /** Octets; the server announces it too (RFC 1870), which is what counts. */
  readonly messageSize: number | null;
}

/** What is known of a mail provider. */
export interface Provider {
  /** What the settings call it. */
  readonly id: string;
  /** What its customers call it. */
  readonly name: string;
  readonly smtp: SmtpService;
  /** Null: it has none. */
  readonly pop3: Pop3Service | null;
  /** `password`: that of the account. `app-password`: one made for programs. `key`: one made for SMTP. `oauth`: none. */
  readonly auth: "password" | "app-password" | "key" | "oauth";
  /** What to log in with, and where it is made: sentences. */
  readonly login: string;
  readonly limits: SendingLimits;
  /** The first that fits counts. What no provider's own row knows, `generic` may. */
  readonly replies: readonly KnownReply[];
}

/** A provider that says nothing about its limits. */
export const unlimited: SendingLimits = {
  connections: null,
  messagesPerMinute: null,
  messagesPerDay: null,
  recipientsPerDay: null,
  recipientsPerMessage: null,
  messagesPerConnection: null,
  messageSize: null,
};
