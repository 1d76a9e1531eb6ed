import type { Upstream } from "../settings.ts";
import { explainReply, providerOf } from "../settings/providers.ts";
import { isRefusal, showReply, type SmtpReply } from "../smtp/reply.ts";

/**
 * What a refusal says about our pace; null: nothing. `quota`: even where it is one for good, the message is not to blame.
 * Pure.
 */
export function limitOf(reply: SmtpReply, upstream: Upstream): "rate" | "quota" | null {
  if (reply.local || !isRefusal(reply)) return null;
  return explainReply(providerOf(upstream), showReply(reply))?.limit ?? null;
}

/** So many mailboxes one after the other that take nothing for now are no longer each one's own trouble. */
const MANY_MAILBOXES = 3;

/**
 * Whether a complaint about our pace may be one mailbox's own trouble: 4.2.1 in answer to RCPT, where 4.7.x and 421 speak of
 * the connection or the sender (RFC 3463 section 3.3). Pure.
 */
export function isOfMailbox(reply: SmtpReply): boolean {
  return reply.enhanced === "4.2.1" && reply.code !== 421;
}

/** What the replies to a message say of our pace. */
export interface Heard {
  /** We are too fast. */
  readonly isTooFast: boolean;
  /** By recipient: the reply speaks of what we may send, not of the message. */
  readonly quota: readonly boolean[];
  /** Mailboxes one after the other, over all messages, that took nothing for now. */
  readonly mailboxes: number;
}

/** Hears it. @param before mailboxes one after the other so far. Pure. */
export function hear(replies: readonly SmtpReply[], upstream: Upstream, before: number): Heard {
  const limits = replies.map((reply) => limitOf(reply, upstream));
  const isMailbox = replies.map((reply, index) => {
    return limits[index] === "rate" && reply.toRecipient === true && isOfMailbox(reply);
  });
  const isAnyTaken = replies.some((reply) => !isRefusal(reply));
  const mailboxes = isAnyTaken ? 0 : before + isMailbox.filter(Boolean).length;
  return {
    isTooFast: mailboxes >= MANY_MAILBOXES || limits.some((limit, index) => limit !== null && !isMailbox[index]),
    quota: limits.map((limit) => limit === "quota"),
    mailboxes,
  };
}
