import { noteReply } from "../smtp/reply.ts";
import type { PassedOver, PutOff } from "../store/operations/turn.ts";
import type { DueMessage } from "../store/queries/queue.ts";
import type { Closed } from "./closed.ts";
import type { JobRecipient, QueuedRow } from "./job.ts";
import { warningAt } from "./settlement.ts";
import type { Way } from "./ways.ts";

/** The road to an upstream, as far as it matters whether a message can take it now. */
export interface Road {
  /** Why nothing is to be sent by it at the moment; null: it is. */
  readonly closed: Closed | null;
  /** Whether it takes no more for now. */
  readonly isFull: boolean;
}

/** What the choice depends on. */
export interface SortingFacts {
  readonly now: number;
  readonly ways: (due: DueMessage) => readonly Way[];
  readonly road: (upstream: string) => Road;
  /** The longest delay between two attempts, milliseconds. */
  readonly maxDelayMs: number;
  readonly lifetimeMs: number;
  readonly warnAfterMs?: number | undefined;
}

/** What becomes of messages that are due. */
export interface SortedDue {
  /** They are to be tried. */
  readonly taken: readonly { readonly message: QueuedRow; readonly ways: readonly Way[] }[];
  /** They wait until their upstream takes more. */
  readonly passedOver: readonly PassedOver[];
  /** They wait until their upstream is back. */
  readonly putOff: readonly PutOff[];
}

/**
 * Sorts what is due. As long as each upstream of its way is away a recipient is put off without an attempt: one message
 * finds out for all. It is tried all the same, and found delayed, where its sender is to be told or its time is over. Pure.
 */
export function sortDue(due: readonly DueMessage[], facts: SortingFacts): SortedDue {
  const sorted = { taken: [] as SortedDue["taken"][number][], passedOver: [] as PassedOver[], putOff: [] as PutOff[] };
  for (const one of due) {
    const { message } = one;
    const taken: Way[] = [];
    for (const way of facts.ways(one)) {
      const [first] = way.via;
      const open = way.via.find((name) => facts.road(name).closed === null);
      if (first === undefined) taken.push(way);
      else if (open === undefined) {
        const [urgent, others] = divide(
          way.recipients,
          (recipient) => facts.now >= milestone(message, recipient, facts),
        );
        if (urgent.length > 0) taken.push({ ...way, recipients: urgent });
        if (others.length > 0) sorted.putOff.push(putOffRow(message, others, first, facts));
      } else if (facts.road(open).isFull) sorted.passedOver.push(rowOf(message, way.recipients, open));
      else taken.push(way);
    }
    if (taken.length > 0) sorted.taken.push({ message, ways: taken });
  }
  return sorted;
}

/** When something is to be said about a recipient that waits: a delay, or that it is given up. */
function milestone(message: QueuedRow, recipient: JobRecipient, { lifetimeMs, warnAfterMs }: SortingFacts): number {
  return Math.min(message.receivedAt + lifetimeMs, warningAt(message, recipient, warnAfterMs));
}

function putOffRow(
  message: QueuedRow,
  recipients: readonly JobRecipient[],
  upstream: string,
  facts: SortingFacts,
): PutOff {
  const { reply, until, isProbed } = facts.road(upstream).closed!;
  const latest = isProbed ? facts.now + facts.maxDelayMs : until;
  const milestones = recipients.map((recipient) => milestone(message, recipient, facts));
  return {
    ...rowOf(message, recipients, upstream),
    reply: noteReply(reply),
    until: Math.min(latest, ...milestones),
  };
}

function rowOf({ id }: QueuedRow, recipients: readonly JobRecipient[], upstream: string): PassedOver {
  return { messageId: id, positions: recipients.map(({ position }) => position), upstream };
}

function divide<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}
