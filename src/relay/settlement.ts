import type { RecipientChange, Settlement } from "../store/operations/queue.ts";
import { wantsReport } from "../smtp/envelope.ts";
import { isTransient, noteReply, type SmtpReply } from "../smtp/reply.ts";
import type { Job, JobRecipient, QueuedRow } from "./job.ts";
import { isLineFailure } from "./line.ts";
import { type AttemptFacts, decide, type Decision } from "./lifecycle.ts";

/** What an attempt came to, before it is written down. */
export interface Attempt {
  readonly id: number;
  readonly upstream: string;
  /** The SMTP client session, or null when nothing was tried. */
  readonly sessionId: number | null;
  readonly startedAt: number;
  /** The reply that decided for each of the job's recipients, in their order. */
  readonly replies: readonly SmtpReply[];
  /** The upstream could not be used: its refusal says nothing about the message. */
  readonly upstreamDown: boolean;
  /** By recipient: the reply speaks of what the upstream lets us send, not of the message. Absent: none does. */
  readonly quota?: readonly boolean[];
  /** The final reply was lost. */
  readonly unknown: boolean;
  /** The upstream offers DSN: what was asked about reports was passed on to it (RFC 3461 section 5.2.1). */
  readonly takesOverReports?: boolean;
}

/** A recipient that was given up, for the bounce. */
export interface GivenUp {
  readonly recipient: JobRecipient;
  readonly reply: SmtpReply;
  readonly expired: boolean;
}

/** A recipient that an upstream without DSN has taken, and whose sender asked to be told. RFC 3461 section 5.2.2. */
export interface HandedOn {
  readonly recipient: JobRecipient;
  readonly reply: SmtpReply;
}

/** A recipient that waits for so long that its sender is told. */
export interface Delayed {
  readonly recipient: JobRecipient;
  readonly reply: SmtpReply;
}

/** What an attempt makes of a job. */
export interface AttemptEnd {
  /** The rows to write. */
  readonly settlement: Pick<Settlement, "delivery" | "changes">;
  readonly givenUp: readonly GivenUp[];
  readonly handedOn: readonly HandedOn[];
  readonly delayed: readonly Delayed[];
}

/** What the decision about each recipient depends on; the delay by the number of its attempts. */
export interface SettlementFacts extends Omit<AttemptFacts, "delayMs" | "receivedAt"> {
  readonly delayMs: (attempts: number) => number;
  /** When a sender is told of a delay, milliseconds after the message was accepted; 0 or absent: never. */
  readonly warnAfterMs?: number;
}

/** Decides what an attempt makes of a job. Pure. */
export function settleAttempt(
  job: Job,
  attempt: Attempt,
  facts: SettlementFacts,
): AttemptEnd {
  const { now } = facts;
  const changes: RecipientChange[] = [];
  const givenUp: GivenUp[] = [];
  const handedOn: HandedOn[] = [];
  const delayed: Delayed[] = [];
  const decisions: Decision[] = [];
  job.recipients.forEach((recipient, index) => {
    const reply = attempt.replies[index]!;
    const decision = decide(
      // Whom the server or we have refused by name, it has not taken: only what stands for its missing reply is unknown.
      {
        reply,
        upstreamDown: attempt.upstreamDown || attempt.quota?.[index] === true,
        unknown: attempt.unknown && reply.local === true && isTransient(reply),
      },
      { ...facts, receivedAt: job.message.receivedAt, delayMs: facts.delayMs(recipient.attempts) },
    );
    decisions.push(decision);
    if (decision.state === "bounced") givenUp.push({ recipient, reply, expired: decision.expired });
    if (decision.state === "delivered" && !attempt.takesOverReports && wantsReport(recipient, "SUCCESS")) {
      handedOn.push({ recipient, reply });
    }
    const isDelayed = decision.state === "waiting" && isToBeWarned(job, recipient, facts);
    if (isDelayed) delayed.push({ recipient, reply });
    changes.push({
      messageId: job.message.id,
      position: recipient.position,
      state: decision.state,
      nextAttemptAt: decision.nextAttemptAt,
      upstream: attempt.upstream,
      lastReply: noteReply(reply),
      changedAt: now,
      warnedAt: isDelayed ? now : null,
      // Without an upstream it goes as soon as there is one.
      awaitsLine: attempt.upstream === "" || (attempt.upstreamDown && isLineFailure(reply)),
    });
  });
  const reply = noteReply(attempt.replies[attempt.replies.length - 1]!);
  const delivery = {
    id: attempt.id,
    messageId: job.message.id,
    sessionId: attempt.sessionId,
    upstream: attempt.upstream,
    startedAt: attempt.startedAt,
    durationMs: now - attempt.startedAt,
    outcome: outcomeOf(decisions, attempt.unknown),
    reply,
    recipients: JSON.stringify(
      changes.filter((change) => change.lastReply !== reply).map((change) => [change.position, change.lastReply]),
    ),
  };
  return { settlement: { delivery, changes }, givenUp, handedOn, delayed };
}

/** Whether the sender of a recipient that waits is to be told now: once, and where NOTIFY does not forbid it. */
function isToBeWarned({ message }: Job, recipient: JobRecipient, { now, warnAfterMs }: SettlementFacts): boolean {
  return now >= warningAt(message, recipient, warnAfterMs);
}

/** When the sender of a recipient is to be told that it waits; Infinity: never, or it was told. Pure. */
export function warningAt(message: QueuedRow, recipient: JobRecipient, warnAfterMs = 0): number {
  const isWanted = warnAfterMs > 0 && message.sender !== "" && (recipient.warnedAt ?? null) === null &&
    wantsReport(recipient, "DELAY");
  return isWanted ? message.receivedAt + warnAfterMs : Infinity;
}

function outcomeOf(decisions: readonly Decision[], unknown: boolean): NonNullable<Settlement["delivery"]>["outcome"] {
  if (unknown) return "unknown";
  const states = new Set(decisions.map((decision) => decision.state));
  if (states.size > 1) return "mixed";
  if (states.has("delivered")) return "delivered";
  return states.has("waiting") ? "deferred" : "refused";
}
