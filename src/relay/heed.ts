import type { Upstream } from "../settings.ts";
import type { SmtpReply } from "../smtp/reply.ts";
import type { Gate } from "./gate.ts";
import type { Pace } from "./pace.ts";
import { hear } from "./replies.ts";

/** Slows down, or leaves the upstream alone, as the replies to a message say; gives by recipient whether it speaks of a quota. */
export type Heed = (
  replies: readonly SmtpReply[],
  upstream: Upstream,
  sessionId: number,
  now: number,
) => readonly boolean[];

/** Makes it for one upstream. */
export function createHeed(pace: Pace, gate: Gate): Heed {
  let mailboxes = 0;
  return (replies, upstream, sessionId, now) => {
    const heard = hear(replies, upstream, mailboxes);
    mailboxes = heard.mailboxes;
    if (heard.isTooFast) pace.slow(now);
    const reply = replies.find((_, index) => heard.quota[index]);
    if (reply) gate.usedUp(reply, sessionId, now);
    return heard.quota;
  };
}
