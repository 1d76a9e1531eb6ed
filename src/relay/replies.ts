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

/** What a server says of a sender or a connection that is too fast. */
const SPEAKS_OF_RATE = /\brate|limit|throttl|too (?:many|fast|much)|exceed/i;

/**
 * Whether a complaint about our pace may be one recipient's own trouble, where it is the answer to RCPT: 4.2.1 (RFC 3463
 * section 3.3), and 4.7.1, by which Postfix defers a recipient, unless it speaks of a rate. 421 speaks of the connection. Pure.
 */
export function isOfMailbox({ code, enhanced, lines }: SmtpReply): boolean {
  if (code === 421) return false;
  return enhanced === "4.2.1" || (enhanced === "4.7.1" && !lines.some((line) => SPEAKS_OF_RATE.test(line)));
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
