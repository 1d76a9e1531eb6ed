import type { SmtpReply } from "../smtp/reply.ts";
import type { NextId } from "../store/ids.ts";
import type { Job } from "./job.ts";
import type { DayFull } from "./pace.ts";
import type { Attempt } from "./settlement.ts";

/** Why an upstream is left alone, and until when. */
export interface Closed {
  readonly reply: SmtpReply;
  readonly sessionId: number | null;
  readonly until: number;
  /** It is tried from time to time, and may be back any moment; false: it opens at that time. */
  readonly isProbed: boolean;
}

/** It stands in the settings no more. */
export const GONE = {
  reply: { code: 451, enhanced: "4.3.5", lines: ["the upstream is no longer configured"], local: true },
  sessionId: null,
} as const;

/** Its messages of the day are used up, or the recipients of them. */
export function closedForTheDay({ limit, until }: DayFull): Closed {
  const text = `as many ${limit} as ${limit}_per_day allows have been served by this upstream within 24 hours`;
  return {
    reply: { code: 451, enhanced: "4.7.0", lines: [text], local: true },
    sessionId: null,
    until,
    isProbed: false,
  };
}

/** The attempt of a job of which nothing was sent. */
export function notTried(
  job: Job,
  upstream: string,
  { reply, sessionId }: Pick<Closed, "reply" | "sessionId">,
  { startedAt, nextId }: { readonly startedAt: number; readonly nextId: NextId },
): Attempt {
  const replies = job.recipients.map(() => reply);
  return { id: nextId(), upstream, sessionId, startedAt, replies, upstreamDown: true, unknown: false };
}
