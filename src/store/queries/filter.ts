import { firstIdAt } from "../ids.ts";

/** Which messages of the queue are meant: all that fit in everything that is named. */
export interface QueueFilter {
  /** An address pattern in which * stands for anything. */
  readonly sender?: string | undefined;
  readonly recipient?: string | undefined;
  /** The upstream that was tried last. */
  readonly upstream?: string | undefined;
  readonly state?: "waiting" | "held" | undefined;
  /** Accepted before this time. */
  readonly receivedBefore?: number | undefined;
}

/** The partial indexes that hold the recipients of a state; those that are done are many, and in neither. */
const INDEXES = { waiting: "recipient_by_turn", held: "recipient_held" } as const;

/**
 * SQL that gives the ids of the messages with a recipient in one of the states that fits the filter, the oldest first.
 * The states are written out, not bound: a partial index serves a query only where the database sees at preparation that
 * it may.
 */
export function queuedIds(
  states: readonly ("waiting" | "held")[],
  filter: QueueFilter,
): { readonly sql: string; readonly args: (string | number)[] } {
  const { sql, values } = conditionOf(filter);
  const parts = states.map((state) =>
    `select message_id as id from recipient indexed by ${INDEXES[state]} where state = '${state}' ${sql}`
  );
  return {
    sql: `${parts.join(" union ")} ${parts.length === 1 ? "group by 1" : ""} order by 1`,
    args: states.flatMap(() => values),
  };
}

/** What recipients must fulfil, as SQL that begins with "and", or as nothing. */
function conditionOf(filter: QueueFilter): { readonly sql: string; readonly values: (string | number)[] } {
  const parts: string[] = [];
  const values: (string | number)[] = [];
  const add = (sql: string, value: string | number) => {
    parts.push(`and ${sql}`);
    values.push(value);
  };
  if (filter.sender !== undefined) {
    add(
      "exists (select 1 from message where message.id = recipient.message_id and sender like ? escape '!')",
      likeOf(filter.sender),
    );
  }
  if (filter.recipient !== undefined) add("address like ? escape '!'", likeOf(filter.recipient));
  if (filter.upstream !== undefined) add("upstream = ?", filter.upstream);
  if (filter.receivedBefore !== undefined) add("message_id < ?", firstIdAt(filter.receivedBefore));
  return { sql: parts.join(" "), values };
}

/** An address pattern as LIKE has it, which does not tell upper from lower case. */
function likeOf(pattern: string): string {
  return pattern.replace(/[!%_]/g, "!$&").replaceAll("*", "%");
}
