/* What pages and API show of mailboxes: times end in `At`, durations in `Ms`, sizes are octets. */
import type { Explained } from "./upstream-models.ts";

/** A message of a mailbox. */
export interface CachedModel {
  readonly id: number;
  readonly account: string;
  readonly source: string;
  readonly sender: string;
  readonly subject: string;
  readonly messageIdField: string;
  readonly size: number;
  readonly fetchedAt: number;
  readonly deletedAt: number | null;
  /** Who deleted it: a client, the settings' retention, or the message whose notice it was; null: it is not deleted. */
  readonly deletedBy: "client" | "retention" | "replaced" | "owner" | null;
  readonly isRead: boolean;
  /** It is the notice of a message that stays on its server, of so many octets; null: it is a message. */
  readonly noticeOctets: number | null;
  /** It was deleted on its server at our word, and can be had back until then; null: it was not. */
  readonly keepUntilAt: number | null;
}

/** A message that mail programs deleted here and that can be restored. */
export interface RestorableModel extends CachedModel {
  /** When the last of them did. */
  readonly lastDeletedAt: number;
  /** It is gone for all programs of the account; else for some alone, and stays for the others. */
  readonly isForAll: boolean;
  /** It can be restored until then at least; null: as long as it is here. */
  readonly restorableUntilAt: number | null;
}

/** What the ledger knows in one state. */
export interface LedgerFigures {
  readonly state: "announced" | "stored" | "evicted" | "delete-sent" | "delete-confirmed" | "gone";
  readonly messages: number;
  readonly octets: number;
}

/** A mailbox and the source that fills it. */
export interface MailboxModel {
  /** Null before its first poll. */
  readonly id: number | null;
  readonly account: string;
  readonly source: string;
  /** Null when the settings no longer name it. */
  readonly host: string | null;
  readonly mode: "keep" | "delete" | null;
  readonly deleteAfterMs: number | null;
  readonly intervalMs: number | null;
  readonly messages: number;
  readonly unread: number;
  readonly octets: number;
  readonly lastFetchAt: number | null;
  /** "ok", or what went wrong; null before the first poll. */
  readonly lastOutcome: string | null;
  /** What that means, and what to do; null: nothing more than it says. */
  readonly explained: Explained | null;
  readonly nextFetchAt: number | null;
  readonly failures: number;
  /** Whether the last failure passes by itself, or somebody has to act; null: there is none. */
  readonly needsPerson: boolean | null;
  readonly pausedBecause: string | null;
  /** In delete mode: what is no larger stays on the server, octets, and so many of the newest; 0: none for that. */
  readonly deleteLargerThan: number;
  readonly keepNewest: number;
  /** What clients delete here is deleted on the server too. */
  readonly followsClients: boolean;
  /** Larger messages stay on the server, octets; 0: all are fetched. */
  readonly maxMessageSize: number;
  /** What may be fetched in 24 hours, and what was; null: there is no limit. */
  readonly budget: BudgetModel | null;
  /** Messages that were deleted on the server and can be had back. */
  readonly removed: number;
  /** Accounts that get mail of the source too. */
  readonly deliversTo: readonly string[];
  /** The account whose source fills this mailbox as well; null: none. */
  readonly filledBy: string | null;
  readonly ledger: readonly LedgerFigures[];
}

/** What may be fetched of a source in 24 hours, and what was fetched in the last ones; null: no limit. */
export interface BudgetModel {
  readonly messagesPerDay: number | null;
  readonly octetsPerDay: number | null;
  readonly messagesFetched: number;
  readonly octetsFetched: number;
}

/** A mailbox with its newest messages. */
export interface MailboxDetail extends MailboxModel {
  readonly newest: readonly CachedModel[];
  /** The newest of those that were deleted on the server at our word and can be had back. */
  readonly removedThere: readonly CachedModel[];
  /** What mail programs deleted here and can be restored, the latest first. */
  readonly restorable: readonly RestorableModel[];
}

/** Messages that a plan names: how many, and the first of them. */
export interface PlannedModels {
  readonly count: number;
  readonly octets: number;
  readonly first: readonly PlannedModel[];
}

/** A message that the next poll would do something about. */
export interface PlannedModel {
  /** Its name on the source. */
  readonly uidl: string;
  readonly octets: number | null;
  /** The mailbox message, where it is here. */
  readonly id: number | null;
  readonly sender: string | null;
  readonly subject: string | null;
}

/** What the next poll of a source would do. */
export interface PlanModel {
  readonly account: string;
  readonly source: string;
  /** Why that is not known, or why the source would be paused; null: it would go on. */
  readonly problem: string | null;
  readonly fetch: PlannedModels;
  readonly announce: PlannedModels;
  readonly postponed: number;
  readonly remove: PlannedModels;
}
