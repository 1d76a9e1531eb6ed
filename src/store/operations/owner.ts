import type { StatementResult } from "../local.ts";
import type { Operation } from "../operation.ts";
import type { Statement } from "../statements.ts";

/** What owners may do to messages of the queue. */
export type OwnerActionName = "retry" | "hold" | "release" | "remove" | "bounce" | "send-by" | "readdress";

/** Who did what, for a message's history. */
export interface OwnerNote {
  readonly messageId: number;
  readonly now: number;
  readonly actor: string;
  readonly action: OwnerActionName;
  readonly detail: string | null;
}

/** Notes an action, where the statement before it has changed something. */
export function noteIfChanged({ messageId, now, actor, action, detail }: OwnerNote): Statement {
  return {
    sql: `insert into owner_action (message_id, at, actor, action, detail) select ?, ?, ?, ?, ? where changes() > 0`,
    args: [messageId, now, actor, action, detail],
  };
}

/** Recipients of a message by the upstream that the owner wants, at once. */
export interface SendBy extends OwnerNote {
  readonly upstream: string;
}

/** To how many recipients of a message something was done. */
export interface RecipientsChanged {
  readonly changed: number;
  /** Of these, the held ones: they stay so, and nothing tries them until they are released. */
  readonly held: number;
}

/** Sends messages by another upstream than that of their route; gives for each to how many recipients that was done. */
export const sendBy: Operation<SendBy, RecipientsChanged> = {
  statements: (calls) =>
    calls.flatMap((call) => [
      {
        sql: `update recipient set send_by = ?, next_attempt_at = ?, awaits_line = null, changed_at = ?
              where message_id = ? and state in ('waiting', 'held') and lease_owner is null returning state`,
        args: [call.upstream, call.now, call.now, call.messageId],
      },
      noteIfChanged(call),
    ]),
  results: (calls, results) => calls.map((_, index) => changedOf(results[2 * index]!)),
};

/** A recipient of a message that becomes another. */
export interface Readdress extends OwnerNote {
  readonly from: string;
  readonly to: string;
  /** `from` as ORCPT, for those that have none: reports go on naming whom the sender wrote to. RFC 3461 section 4.2. */
  readonly originalRecipient: string;
}

/** Changes recipients; gives for each message how many. */
export const readdress: Operation<Readdress, RecipientsChanged> = {
  statements: (calls) =>
    calls.flatMap((call) => [
      {
        sql: `update recipient set address = ?, original_recipient = coalesce(original_recipient, ?),
                next_attempt_at = ?, changed_at = ?
              where message_id = ? and lower(address) = lower(?) and state in ('waiting', 'held')
                and lease_owner is null returning state`,
        args: [call.to, call.originalRecipient, call.now, call.now, call.messageId, call.from],
      },
      noteIfChanged(call),
    ]),
  results: (calls, results) => calls.map((_, index) => changedOf(results[2 * index]!)),
};

function changedOf({ rows }: StatementResult): RecipientsChanged {
  return { changed: rows.length, held: rows.filter(({ state }) => state === "held").length };
}

/** Takes recipients out of the worker's hands before they are given up; gives their positions. */
export const takeOut: Operation<OwnerNote, number[]> = {
  statements: (calls) =>
    calls.flatMap((call) => [
      {
        sql: `update recipient set state = 'held', changed_at = ?
              where message_id = ? and state in ('waiting', 'held') and lease_owner is null returning position`,
        args: [call.now, call.messageId],
      },
      {
        sql: `insert into owner_action (message_id, at, actor, action, detail) select ?, ?, ?, ?, ?
              where exists (select 1 from recipient where message_id = ? and state = 'held')`,
        args: [call.messageId, call.now, call.actor, call.action, call.detail, call.messageId],
      },
    ]),
  results: (calls, results) => calls.map((_, index) => results[2 * index]!.rows.map((row) => Number(row.position))),
};
