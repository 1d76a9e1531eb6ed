/** What a reply means in plain language, and what to do about it: sentences without their full stop. */
export interface Explained {
  readonly meaning: string;
  readonly mending: string;
}

/** An upstream and what it is doing. */
export interface UpstreamModel {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tls: "off" | "starttls" | "implicit";
  /** Whether it stands in the settings file, where it is read-only here, or in the database. */
  readonly origin: "file" | "database";
  /** The login there; null: none. */
  readonly username: string | null;
  /** Sender addresses that it takes. */
  readonly senders: readonly string[];
  /** The id of its provider's profile. */
  readonly provider: string;
  /** Connections at work, and messages that wait for them. */
  readonly running: number;
  readonly waiting: number;
  /** Connections that it takes now, and by the settings. */
  readonly connections: number;
  readonly maxConnections: number;
  /** Messages a minute now; null: any number. */
  readonly perMinute: number | null;
  readonly sentInDay: number;
  /** 0: any number. */
  readonly perDay: number;
  readonly recipientsInDay: number;
  /** 0: any number. */
  readonly recipientsPerDay: number;
  /** When it last asked us to slow down; null: it goes at full pace. */
  readonly slowedAt: number | null;
  /** Why it is left alone at the moment, and until when; null: it is not. */
  readonly down: DownModel | null;
}

/** Why an upstream is left alone. */
export interface DownModel {
  readonly reply: string;
  readonly saidBy: Speaker;
  /** When it is asked next. */
  readonly untilAt: number;
  /** What waits for it goes as soon as it answers; false: not before `untilAt`. */
  readonly isAsked: boolean;
  readonly explained: Explained | null;
}

/** Who said what came of an attempt: the server, or Waypost, which could not ask it. */
export type Speaker = "server" | "waypost";

/** An upstream that is away and is asked until it answers. */
export interface AwaitedModel {
  readonly upstream: string;
  /** When it is asked next; a time that has passed: it is being asked. */
  readonly askedAt: number;
}
