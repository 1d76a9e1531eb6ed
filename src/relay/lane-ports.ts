import type { Upstream } from "../settings.ts";
import type { SmtpReply } from "../smtp/reply.ts";
import type { Job } from "./job.ts";
import type { PaceState, SentByHour } from "./pace.ts";
import type { PooledConnection, PoolPorts } from "./pool.ts";
import type { Attempt } from "./settlement.ts";

/** What a lane needs. */
export interface LanePorts extends PoolPorts {
  /** The upstream as it is configured at this moment; undefined once it is gone. */
  readonly upstream: (name: string) => Upstream | undefined;
  /** What was sent by it in the last 24 hours; undefined: nothing that counts. */
  readonly sentByHour: SentByHour | undefined;
  /** Reads a message back that did not stay in memory. */
  readonly octets: (messageId: number) => AsyncIterable<Uint8Array>;
  /** The upstream takes fewer recipients at a time: the job has become two. */
  readonly divided: (job: Job) => void;
  /** An attempt has ended: the job is no longer the lane's. */
  readonly attempted: (job: Job, attempt: Attempt) => void;
  /** The upstream could not be reached or used; nothing of the job was sent. */
  readonly unavailable: (job: Job, attempt: Attempt) => void;
  /** The upstream answers again, and messages may wait for that. */
  readonly back: (name: string) => void;
  /** One of the messages that wait for the upstream is to find out whether it can be used again. */
  readonly probe: (name: string) => void;
}

/** What a lane is doing, for the owner. */
export interface LaneState extends PaceState {
  readonly name: string;
  /** Connections at work. */
  readonly running: number;
  /** Jobs that wait for a connection or for their turn. */
  readonly waiting: number;
  /** Why it takes nothing, or took nothing when it was tried last; null: it does. */
  readonly down: LaneTrouble | null;
}

/** Why an upstream takes nothing. */
export interface LaneTrouble {
  readonly reply: SmtpReply;
  /** When it is tried next; the time of now: it is being tried. */
  readonly until: number;
  /** What waits for it goes as soon as it answers; false: not before `until`. */
  readonly isAsked: boolean;
}

/**
 * A connection that can take a message; null: the job has been given back; "full": it waits for the other connections,
 * this one could not be had.
 */
export type Readiness = PooledConnection | null | "full";

/** What a message waits for that is in hand and not tried yet. */
export interface Turn {
  readonly upstream: string;
  /** Messages a minute; null: any number, it waits for a connection. */
  readonly perMinute: number | null;
}
