import type { CertificateFacts } from "../src/net/certificate.ts";
import type { FirstFetch } from "../src/mailbox/first-fetch.ts";
import type { Diagnosis } from "../src/dialogue/diagnosis.ts";
import type { FormField } from "./form-models.ts";
import type { SessionSummary, TranscriptEntry } from "./models.ts";
import type { Explained, Speaker, UpstreamModel } from "./upstream-models.ts";

/** What a form is about. */
export type ServerKind = "upstream" | "source";

/** A provider that can be chosen. */
export interface ProviderModel {
  readonly id: string;
  readonly name: string;
  readonly host: string | null;
  readonly hostHint: string | null;
  readonly auth: "password" | "app-password" | "key" | "oauth";
  /** What to log in with, and where it is made: sentences. */
  readonly login: string;
  /** Sentences: what is particular about it. */
  readonly notes: readonly string[];
  readonly limits: {
    readonly messagesPerDay: number | null;
    readonly messagesPerMinute: number | null;
    readonly recipientsPerDay: number | null;
    readonly recipientsPerMessage: number | null;
    /** Octets. */
    readonly messageSize: number | null;
    /** Octets that can be fetched in 24 hours. */
    readonly sizePerDay: number | null;
  };
}

/** A form of a server. */
export interface ServerFormModel {
  readonly kind: ServerKind;
  /** The account of a source. */
  readonly account: string | null;
  /** The name of what is changed; null: it is new. */
  readonly of: string | null;
  readonly provider: ProviderModel;
  readonly fields: Readonly<Record<string, FormField>>;
  /** What is wrong with it as a whole, in sentences. */
  readonly problems: readonly string[];
  /** The draft behind it, which holds a password already. */
  readonly draft: string | null;
}

/** What a test came to, for its page. */
export interface TrialModel {
  readonly id: string;
  readonly kind: ServerKind;
  readonly account: string | null;
  readonly name: string;
  readonly of: string | null;
  readonly isStored: boolean;
  /** It can be changed here: it does not stand in the file. */
  readonly isEditable: boolean;
  readonly server: string;
  readonly tlsMode: "off" | "starttls" | "implicit";
  readonly username: string | null;
  readonly isPinned: boolean;
  readonly outcome: null | {
    readonly ok: boolean;
    readonly tls: string | null;
    readonly certificate: CertificateFacts | null;
    readonly durationMs: number;
    readonly transcript: readonly TranscriptEntry[];
    readonly diagnosis: Diagnosis | null;
    /** What it offers. */
    readonly offers: readonly string[];
  };
  readonly content: FirstFetch | null;
  /** The fields of the last step of a source. */
  readonly fields: Readonly<Record<string, FormField>>;
  readonly problems: readonly string[];
}

/** An upstream as its own page shows it. */
export interface UpstreamCardModel extends UpstreamModel {
  /** The settings file and its line where it stands; null: in the database. */
  readonly file: string | null;
  readonly line: number | null;
  /** Messages that have been tried and wait for it, and what it said last; null: none. */
  readonly waitingFor: null | {
    readonly messages: number;
    readonly lastReply: string | null;
    readonly lastReplyBy: Speaker | null;
    readonly explained: Explained | null;
  };
  /** The newest session with it; null: none is kept. */
  readonly lastSession: SessionSummary | null;
}

/** A source as the page of its account shows it. */
export interface SourceModel {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tls: "off" | "starttls" | "implicit";
  readonly username: string;
  readonly mode: "keep" | "delete";
  readonly deleteAfterMs: number;
  readonly intervalMs: number;
  /** The mailbox that it fills; null: it was not made yet. */
  readonly mailbox: null | {
    readonly id: number;
    readonly messages: number;
    readonly failures: number;
    readonly lastOutcome: string | null;
    readonly explained: Explained | null;
  };
}
