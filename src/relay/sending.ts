import { serverLimits } from "../smtp/client/limits.ts";
import { dropSession } from "../smtp/client/session.ts";
import { sendMessage } from "../smtp/client/transaction.ts";
import { isRefusal, isTransient, type SmtpReply } from "../smtp/reply.ts";
import type { Job } from "./job.ts";
import { outgoing } from "./outgoing.ts";
import type { PooledConnection } from "./pool.ts";

/** What became of a job's transaction. */
export interface Sent {
  /** The reply that decided for each recipient, in their order. */
  readonly replies: readonly SmtpReply[];
  /** The final reply was lost. */
  readonly unknown: boolean;
  /** Nothing was sent: the server had closed the connection before. */
  readonly isStale: boolean;
  readonly isBroken: boolean;
  /** The connection is none for another message. */
  readonly isOver: boolean;
}

/** What sending needs. */
export interface SendingPorts {
  /** Reads a message back that did not stay in memory. */
  readonly octets: (messageId: number) => AsyncIterable<Uint8Array>;
  /** Counts recipients that are about to be sent; what is negative was not taken after all. */
  readonly count: (recipients: number) => void;
}

/** How many recipients a server takes at a time, by what it says and by the settings. */
export function mostRecipients({ session, upstream }: PooledConnection): number {
  return Math.min(serverLimits(session.extensions).recipients, upstream.recipientsPerMessage || Infinity);
}

/**
 * RFC 821 gave 552 to "too many recipients", which is 452 today: behind recipients that were taken it is one for now, unless
 * its status speaks of something else. RFC 5321 section 4.5.3.1.10. Pure.
 */
export function tooManyForNow(replies: readonly SmtpReply[]): readonly SmtpReply[] {
  const firstTaken = replies.findIndex((reply) => !isRefusal(reply));
  return replies.map((reply, index) => {
    const { code, enhanced, local } = reply;
    const isTooMany = code === 552 && !local && (!enhanced || enhanced === "5.5.3");
    if (!isTooMany || firstTaken < 0 || index < firstTaken) return reply;
    return { ...reply, code: 452, ...enhanced ? { enhanced: "4.5.3" } : {} };
  });
}

/** Hands a job over by a connection, which is dropped where that breaks it. Never throws. */
export async function sendJob(connection: PooledConnection, job: Job, { octets, count }: SendingPorts): Promise<Sent> {
  const { session } = connection;
  const isReused = connection.sent > 0;
  connection.sent++;
  count(job.recipients.length);
  const { recipients, unknown, broken } = await sendMessage(session, outgoing(job, octets));
  const replies = tooManyForNow(recipients);
  if (broken) dropSession(session, broken);
  const isTaken = (reply: SmtpReply) => !isRefusal(reply) || unknown && reply.local && isTransient(reply);
  count(replies.filter(isTaken).length - replies.length);
  // A server that tires of an idle connection closes it, with or without a 421 (RFC 5321 section 3.8).
  const isUntouched = replies.every((reply) => reply.local || reply.code === 421);
  const isBroken = Boolean(broken);
  return {
    replies,
    unknown,
    isStale: isBroken && isReused && !unknown && isUntouched,
    isBroken,
    // Who says 421 is about to close the connection (RFC 5321 section 3.8).
    isOver: isBroken || replies.some((reply) => reply.code === 421),
  };
}
