import { reply, type SmtpReply } from "../smtp/reply.ts";
import type { Clock } from "../wire/clock.ts";
import type { Submission, Submissions, SubmissionStart } from "../smtp/server/ports.ts";

/** Recipients at this domain are refused for good: a bounce shows. */
export const UNKNOWN_DOMAIN = "nowhere.example";
/** Recipients at this domain are busy now and then: a retry shows. */
export const BUSY_DOMAIN = "busy.example";
/** How long they are busy, and then free. */
const BUSY_MS = 20_000;

/**
 * An upstream that takes every message and forgets it, for the demo.
 * @param random from 0 up to 1: how long it thinks about a message
 */
export function createSink(random: () => number, clock: Clock): Submissions {
  const anybody = { account: null, name: "demo" };
  return {
    senderWithoutLogin: () => anybody,
    authenticate: () => Promise.resolve({ sender: anybody }),
    refuseReversePath: () => null,
    refuseRecipient: (_sender, recipient) => refuse(recipient, clock.now()),
    refuseForNow: () => null,
    begin: (start) => forget(start, random),
  };
}

function refuse(recipient: string, now: number): SmtpReply | null {
  if (recipient.endsWith(`@${UNKNOWN_DOMAIN}`)) return reply(550, "5.1.1", "There is no such mailbox here");
  const busy = Math.floor(now / BUSY_MS) % 2 === 0;
  if (!busy || !recipient.endsWith(`@${BUSY_DOMAIN}`)) return null;
  // Not 4.2.1: by that a server says that we are too fast.
  return reply(450, "4.2.0", "The mailbox is busy, try again later");
}

function forget(_start: SubmissionStart, random: () => number): Submission {
  return {
    write: () => undefined,
    commit: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20 + 180 * random()));
      return reply(250, "2.0.0", "Taken and forgotten");
    },
    abort: () => Promise.resolve(),
  };
}
