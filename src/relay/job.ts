import type { EnvelopeRecipient } from "../smtp/envelope.ts";
import type { DueMessage } from "../store/queries/queue.ts";

/** A message as the queue's row says it. */
export type QueuedRow = DueMessage["message"];

/** A recipient as the queue's row says it. */
export type RecipientRow = DueMessage["recipients"][number];

/** A recipient that is to be served. */
export interface JobRecipient extends EnvelopeRecipient {
  readonly position: number;
  /** Attempts that were begun, this one included. */
  readonly attempts: number;
  /** The upstream that the owner wants instead of that of the route. */
  readonly sendBy?: string | null;
  /** When its sender was told that it is delayed. */
  readonly warnedAt?: number | null;
}

/**
 * Cuts off the recipients that are too many for one transaction with the upstream.
 * @returns the part that fits, and what remains of the job or null
 */
export function cutJob(job: Job, mostRecipients: number): [fits: Job, rest: Job | null] {
  const { recipients } = job;
  if (recipients.length <= mostRecipients) return [job, null];
  const rest = { ...job, recipients: recipients.slice(mostRecipients) };
  return [{ ...job, recipients: recipients.slice(0, mostRecipients) }, rest];
}

/** One message for one upstream: the recipients that go the same way. */
export interface Job {
  readonly message: QueuedRow;
  readonly recipients: readonly JobRecipient[];
  /** Names of the upstreams that may serve them, in order. */
  readonly via: readonly string[];
  /** How many of them could not be used in this attempt. */
  readonly failed: number;
  /** The whole message, where it stayed in memory. */
  readonly octets: Uint8Array | null;
  /** It was given back once because a reused connection had gone stale. */
  readonly again: boolean;
}

/** Takes the jobs of these messages out of a list; gives them. */
export function takeOut(jobs: Job[], ids: ReadonlySet<number>): Job[] {
  const { meant = [], others = [] } = Object.groupBy(jobs, ({ message }) => ids.has(message.id) ? "meant" : "others");
  jobs.splice(0, Infinity, ...others);
  return meant;
}

/** A message that a node has in hand. */
export interface UnderWay {
  /** Jobs of the message that have not been settled. */
  jobs: number;
  /** Octets of memory that it holds. */
  readonly hotOctets: number;
}
