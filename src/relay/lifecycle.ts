import { isTransient, type SmtpReply } from "../smtp/reply.ts";

/**
 * What becomes of a recipient, as a pure function. A recipient is in one of five states:
 *
 * | state     | event                              | next state | due                              | durable when |
 * |-----------|------------------------------------|------------|----------------------------------|--------------|
 * | (none)    | message accepted                   | waiting    | at once                          | before the 250 |
 * | waiting   | attempt begins (claim)             | waiting    | after the retry delay            | before we connect |
 * | waiting   | 2xx after the final dot            | delivered  |                                  | after it |
 * | waiting   | 4xx, no connection, upstream down  | waiting    | after the retry delay            | after it |
 * | waiting   | the same, lifetime over            | bounced    |                                  | with the bounce |
 * | waiting   | due, its upstream is away          | waiting    | when it is back, see put-off.ts  | |
 * | waiting   | 5xx to this recipient or message   | bounced    |                                  | with the bounce |
 * | waiting   | reply lost after the final dot     | waiting    | when the peer must have given up | after it |
 * | waiting   | owner: hold                        | held       |                                  | before the answer |
 * | held      | owner: release                     | waiting    | at once                          | before the answer |
 * | both      | owner: remove                      | removed    |                                  | before the answer |
 *
 * A crash between two rows: the state is what the last durable row says. The claim is durable before we connect, so a
 * message that kills the process is tried again only after the delay, and the delay grows with each claim. A crash after
 * the upstream's 2xx and before our commit sends the message once more: the one duplicate that SMTP cannot exclude.
 */
export type RecipientState = "waiting" | "held" | "delivered" | "bounced" | "removed";

/** What an attempt made of a recipient. */
export interface AttemptOutcome {
  readonly reply: SmtpReply;
  /** The upstream could not be used at all: its refusal says nothing about the message. */
  readonly upstreamDown: boolean;
  /** The final reply was lost. */
  readonly unknown: boolean;
}

/** What the decision depends on. */
export interface AttemptFacts {
  readonly now: number;
  /** When the message was accepted. */
  readonly receivedAt: number;
  /** How long a message is tried. */
  readonly lifetimeMs: number;
  /** The delay that the schedule gives for this attempt. */
  readonly delayMs: number;
  /** How long the upstream may work on a message whose reply was lost. */
  readonly peerTimeoutMs: number;
}

/** The state after an attempt, and when the recipient is due again. */
export interface Decision {
  readonly state: "waiting" | "delivered" | "bounced";
  readonly nextAttemptAt: number;
  /** It was given up because its time was over, not because of the last reply. */
  readonly expired: boolean;
}

/** Decides. */
export function decide(outcome: AttemptOutcome, facts: AttemptFacts): Decision {
  const { now } = facts;
  const { reply, upstreamDown, unknown } = outcome;
  if (reply.code < 400) return { state: "delivered", nextAttemptAt: now, expired: false };
  if (!upstreamDown && !unknown && !isTransient(reply)) return { state: "bounced", nextAttemptAt: now, expired: false };
  if (now - facts.receivedAt >= facts.lifetimeMs) return { state: "bounced", nextAttemptAt: now, expired: true };
  const delayMs = unknown ? Math.max(facts.delayMs, facts.peerTimeoutMs) : facts.delayMs;
  return { state: "waiting", nextAttemptAt: now + delayMs, expired: false };
}
