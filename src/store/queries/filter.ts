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

/** What recipients must fulfil, as SQL that begins with "and", or as nothing. */
export function conditionOf(filter: QueueFilter): { readonly sql: string; readonly values: (string | number)[] } {
  const parts: string[] = [];
  const values: (string | number)[] = [];
  const add = (sql: string, value: string | number) => {
    parts.push(`and ${sql}`);
    values.push(value);
  };
  if (filter.sender !== undefined) {
    add("message_id in (select id from message where sender like ? escape '!')", likeOf(filter.sender));
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
