import type { Recorder } from "../dialogue/session.ts";
import type { Connection } from "../net/connection.ts";
import type { Pop3Reply } from "../pop3/reply.ts";
import type { Source } from "../settings.ts";
import type { FailureKind } from "./failure.ts";
import type { ListedMessage } from "./ledger.ts";
import type { ReceiverPorts } from "./receiver.ts";

/* A poll of a source: what it needs, what is asked of it, what it came to. */

/** What a poll needs. */
export interface FetchPorts extends ReceiverPorts {
  readonly recorder: Recorder;
  /** How a TCP connection is made; absent: over the network. */
  readonly connect?: ((host: string, port: number, timeoutMs: number) => Promise<Connection>) | undefined;
}

/** One poll of one source. */
export interface FetchRequest {
  readonly account: string;
  readonly source: Source;
  readonly mailboxId: number;
  /** The owner lets this poll go on where the brake would pause the source. */
  readonly brakeReleased: boolean;
  /** Nothing is fetched, stored or deleted: the report says what would be. */
  readonly isDryRun?: boolean;
  readonly signal: AbortSignal;
}

/** What a poll came to. */
export interface FetchReport {
  /** Messages that were stored. */
  readonly fetched: number;
  /** Messages that stay on the source for their size, of which a notice was stored. */
  readonly announced: number;
  /** Messages that wait until the budget of the source allows them. */
  readonly postponed: number;
  /** Messages that the source has removed. */
  readonly removed: number;
  /** What the source would not send, "12: -ERR …"; they are tried again in the next poll. */
  readonly refusals: readonly string[];
  /** Why the source is to be paused and its owner asked, or null. */
  readonly brake: string | null;
  /** What stopped the poll, or null: the source's words, or a reply that stands for a local failure. */
  readonly failure: Pop3Reply | null;
  /** What kind of failure that is. */
  readonly failureKind: FailureKind | null;
  /** How long the source wants between two logins (LOGIN-DELAY in CAPA), milliseconds; 0: it does not say. */
  readonly loginDelayMs: number;
  /** What the next poll would do; null unless that was asked. */
  readonly foreseen: Foreseen | null;
}

/** A message that a poll would do something about. */
export interface ForeseenMessage extends ListedMessage {
  /** As the source says; null where it does not. */
  readonly octets: number | null;
}

/** What a poll would do. */
export interface Foreseen {
  readonly fetch: readonly ForeseenMessage[];
  /** Would stay on the source, with a notice here. */
  readonly announce: readonly ForeseenMessage[];
  /** Would be deleted on the source, those that it would fetch first among them. */
  readonly remove: readonly ForeseenMessage[];
}

/** A report of a poll that did nothing. */
export const NOTHING_DONE: FetchReport = {
  fetched: 0,
  announced: 0,
  postponed: 0,
  removed: 0,
  refusals: [],
  brake: null,
  failure: null,
  failureKind: null,
  loginDelayMs: 0,
  foreseen: null,
};

/** The report as it grows: what was done stays true when something fails after it. */
export type Tally = { -readonly [Key in keyof FetchReport]: FetchReport[Key] };
