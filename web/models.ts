/**
 * What the dashboard shows, as data: views render it, the JSON API serves it (src/dashboard/json.ts says how ids and
 * times are written there). Times are milliseconds since the epoch (`…At`), durations milliseconds (`…Ms`), sizes octets.
 */
import type { Hop, Phase, SessionOutcome } from "../src/dialogue/phases.ts";
import type { CachedModel, MailboxModel } from "./mailbox-models.ts";
import type { Chart, PhaseFigures } from "./traffic-models.ts";
import type { AwaitedModel, Explained, Speaker } from "./upstream-models.ts";

export type { Chart, PhaseFigures, PhaseTraffic, RangeName, Traffic } from "./traffic-models.ts";
export type { AwaitedModel, Explained, Speaker, UpstreamModel } from "./upstream-models.ts";

/** A sentence in parts, so that each reader sees its times in their own zone. */
export type Sentence = readonly (string | { readonly at: number })[];

/**
 * "ok": mail moves or may; "unset": something is missing before it can; "waiting": some waits for an upstream or source;
 * "trouble": somebody has to look.
 */
export type HealthLevel = "ok" | "unset" | "waiting" | "trouble";

/** Whether mail is moving, in plain words. */
export interface Health {
  readonly level: HealthLevel;
  readonly headline: string;
  /** What moved in the last hour. */
  readonly summary: string;
  /** What there is to know beyond, each with how grave it is. */
  readonly details: readonly HealthDetail[];
}

/** One thing that there is to know. */
export interface HealthDetail {
  readonly level: HealthLevel;
  readonly sentence: Sentence;
  /** The page on which an owner mends it; absent: there is none. */
  readonly mending?: { readonly path: string; readonly words: string };
}

/** What one hop came to. */
export interface HopFigures {
  readonly hop: Hop;
  /** Sessions that are open now. */
  readonly open: number;
  readonly sessions: number;
  readonly completed: number;
  readonly messages: number;
  readonly octetsIn: number;
  readonly octetsOut: number;
  readonly phases: readonly PhaseFigures[];
}

/** A phase of one session. */
export interface SessionPhase {
  readonly phase: Phase;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly octetsIn: number;
  readonly octetsOut: number;
  readonly commands: number;
  readonly refusals: number;
}

/** A session as lists show it; "open": not ended yet. */
export interface SessionSummary {
  readonly id: number;
  readonly hop: Hop;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localPort: number;
  readonly peerName: string | null;
  readonly account: string | null;
  readonly tls: string | null;
  readonly endedIn: Phase;
  readonly outcome: SessionOutcome | "open";
  readonly cause: string | null;
  readonly messages: number;
  readonly octetsIn: number;
  readonly octetsOut: number;
  readonly phases: readonly SessionPhase[];
}

/** A line of a transcript. */
export interface TranscriptEntry {
  readonly offsetMs: number;
  readonly from: "client" | "server" | "note";
  readonly text: string;
}

/** A session with everything that is known of it. */
export interface SessionDetail extends SessionSummary {
  /** Of a client that did not log in: the device that has its address now; null: none. */
  readonly device: string | null;
  /** Null when it was not kept. */
  readonly transcript: readonly TranscriptEntry[] | null;
  readonly linesDropped: number;
  /** The messages that it brought, tried to deliver, fetched or read. */
  readonly led: readonly SessionMessage[];
}

/** A message that a session led to. */
export interface SessionMessage {
  readonly id: number;
  readonly sender: string;
  readonly subject: string;
  readonly size: number;
  /** Of an attempt to deliver. */
  readonly outcome: string | null;
}

export type RecipientState = "waiting" | "held" | "delivered" | "bounced" | "removed";

/** A recipient of a message. */
export interface RecipientModel {
  readonly address: string;
  readonly state: RecipientState;
  readonly attempts: number;
  readonly nextAttemptAt: number | null;
  readonly upstream: string | null;
  /** The upstream by which its owner wants it sent; null: as the routes say. */
  readonly sendBy: string | null;
  readonly lastReply: string | null;
  /** Who said it; Waypost itself: what kept it from sending. Null: nothing was said. */
  readonly lastReplyBy: Speaker | null;
  /** Whether an attempt is under way. */
  readonly trying: boolean;
  /** What it waits for where it is next to be tried, and its turn has not come; null or absent: nothing. */
  readonly turn?: TurnModel | null;
  /** The upstream that is away and whose first answer sends it; null or absent: it goes at its next attempt. */
  readonly awaits?: AwaitedModel | null;
}

/** The turn that a message waits for. */
export interface TurnModel {
  readonly upstream: string;
  /** Messages a minute that go there; null: any number, it waits for a connection. */
  readonly perMinute: number | null;
}

/** A message of the queue. */
export interface MessageModel {
  readonly id: number;
  readonly origin: "relay" | "bounce";
  readonly sender: string;
  readonly subject: string;
  /** The Message-ID field, without angle brackets. */
  readonly messageIdField: string;
  readonly size: number;
  readonly receivedAt: number;
  readonly doneAt: number | null;
  readonly account: string | null;
  readonly device: string | null;
  readonly clientAddress: string;
  readonly recipients: readonly RecipientModel[];
}

/** How much waits, and why. */
export interface QueueFigures {
  readonly waitingRecipients: number;
  readonly heldMessages: number;
  readonly reasons: readonly {
    readonly upstream: string | null;
    readonly messages: number;
    readonly lastReply: string | null;
    readonly lastReplyBy: Speaker | null;
    readonly sinceAt: number | null;
    readonly nextAttemptAt: number;
    /** They go as soon as this upstream answers; null or absent: at their next attempt. */
    readonly awaits?: AwaitedModel | null;
    /** What the reply means; absent or null: no more than it says. */
    readonly explained?: Explained | null;
  }[];
}

export type JourneyKind = "received" | "made" | "delivered" | "failed" | "waits" | "held" | "removed" | "done" | "read";

/** One event of a message's life. */
export interface JourneyEvent {
  readonly at: number;
  readonly kind: JourneyKind;
  /** The hop in which it happened; null for what happened within Waypost. */
  readonly hop: Hop | null;
  readonly title: string;
  /** Replies and the like, word for word. */
  readonly words: readonly string[];
  /** What the reply means; absent or null: no more than it says. */
  readonly explained?: Explained | null;
  /** The session in which it happened. */
  readonly sessionId: number | null;
  readonly durationMs: number | null;
  /** Another message that it is about: the report that was sent, or the message that a report tells of. */
  readonly messageId?: number | null;
}

/** A message of the queue with its whole journey. */
export interface MessageDetail extends MessageModel {
  readonly kind: "message";
  readonly journey: readonly JourneyEvent[];
}

/** A message of a mailbox with its whole journey. */
export interface CachedDetail extends CachedModel {
  readonly kind: "mailbox-message";
  /** It is a notice whose message waits on its server. */
  readonly isAnnounced: boolean;
  readonly journey: readonly JourneyEvent[];
}

/** The first page. */
export interface Overview {
  readonly computedAt: number;
  /** The length of the time that the figures are of. */
  readonly windowMs: number;
  readonly health: Health;
  /** Why nothing can be written to the store, in words; null: it can. */
  readonly storeTrouble: string | null;
  readonly hops: readonly HopFigures[];
  readonly chart: Chart;
  readonly queue: QueueFigures;
  readonly mailboxes: readonly MailboxModel[];
  readonly upstreams: readonly string[];
  /** Accounts that there are. */
  readonly accounts: number;
  readonly newest: readonly SessionSummary[];
  /** Sessions whose rows were dropped because telemetry could not keep up; their figures are counted all the same. */
  readonly dropped: number;
}

export type {
  BudgetModel,
  CachedModel,
  LedgerFigures,
  MailboxDetail,
  MailboxModel,
  PlanModel,
  PlannedModel,
  PlannedModels,
  RestorableModel,
} from "./mailbox-models.ts";
