/** The four engines. A hop is one of them at work. */
export type Hop = "smtp-server" | "smtp-client" | "pop3-server" | "pop3-client";

/** The parts into which every session of every hop is cut: three for each protocol, in this order. */
export type SmtpPhase = "establishment" | "transfer" | "termination";
export type Pop3Phase = "authorization" | "transaction" | "update";
export type Phase = SmtpPhase | Pop3Phase;

/** All hops, in the order in which mail passes them. */
export const HOPS: readonly Hop[] = ["smtp-server", "smtp-client", "pop3-client", "pop3-server"];

const SMTP: readonly Phase[] = ["establishment", "transfer", "termination"];
const POP3: readonly Phase[] = ["authorization", "transaction", "update"];

/** The phases of a hop, in the order in which a session passes them. */
export function phasesOf(hop: Hop): readonly Phase[] {
  return hop.startsWith("smtp") ? SMTP : POP3;
}

/** The names that people read. */
export const PHASE_LABELS: Readonly<Record<Phase, string>> = {
  establishment: "connection establishment",
  transfer: "mail transfer",
  termination: "connection termination",
  authorization: "authorization",
  transaction: "transaction",
  update: "update",
};

/**
 * How a session ended.
 * - completed: QUIT was said and answered
 * - dropped: the other side went away without QUIT
 * - timeout: the other side was silent for too long
 * - refused: a server sent the client away (too many errors, limits), or the upstream sent us away
 * - failed: TLS, login or an internal error ended it
 * - shutdown: Waypost was stopping
 */
export type SessionOutcome = "completed" | "dropped" | "timeout" | "refused" | "failed" | "shutdown";

/** Upper bounds of the duration histogram's buckets, milliseconds; one more bucket holds what took longer. */
export const DURATION_BUCKETS_MS: readonly number[] = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  1_000,
  2_000,
  5_000,
  10_000,
  30_000,
  60_000,
  300_000,
];

/** The bucket of a duration: an index from 0 to the number of bounds. */
export function bucketOf(durationMs: number): number {
  const index = DURATION_BUCKETS_MS.findIndex((bound) => durationMs <= bound);
  return index < 0 ? DURATION_BUCKETS_MS.length : index;
}
