import type { SmtpReply } from "../smtp/reply.ts";

/** Why an upstream is left alone, and until when. */
export interface Closed {
  readonly reply: SmtpReply;
  readonly sessionId: number | null;
  readonly until: number;
}

/** It stands in the settings no more. */
export const GONE = {
  reply: { code: 451, enhanced: "4.3.5", lines: ["the upstream is no longer configured"], local: true },
  sessionId: null,
} as const;

/** Its messages of the day are used up. */
export const DAY_FULL: SmtpReply = {
  code: 451,
  enhanced: "4.7.0",
  lines: ["as many messages as messages_per_day allows have been sent by this upstream within 24 hours"],
  local: true,
};
