import type { Operation } from "../operation.ts";
import { delivery, message, recipient } from "../schema.ts";
import { insertRows, type Statement } from "../statements.ts";
import { noteIfChanged } from "./owner.ts";
import { insertChunks } from "./spool.ts";

/** An envelope to accept: a message and its recipients. */
export interface Envelope {
  readonly message: typeof message.$inferInsert;
  readonly recipients: readonly (typeof recipient.$inferInsert)[];
}

/** A message to accept. */
export interface AcceptedMessage extends Envelope {
  /** The whole message when it is small; null when its chunks were appended before. */
  readonly octets: Uint8Array | null;
}

/** What an attempt, or an owner's action, made of a recipient. */
export interface RecipientChange {
  readonly messageId: number;
  readonly position: number;
  readonly state: "waiting" | "held" | "delivered" | "bounced" | "removed";
  readonly nextAttemptAt: number;
  readonly upstream: string | null;
  readonly lastReply: string | null;
  readonly changedAt: number;
  /** No upstream could be reached: it goes at once when the line is back. Absent: as false. */
  readonly awaitsLine?: boolean;
  /** Its sender is being told that it is delayed; null or absent: no change. */
  readonly warnedAt?: number | null;
}

/** The end of an attempt: one commit makes all of it true, the bounce included. */
export interface Settlement {
  /** Null when nothing was tried (expired, removed by the owner). */
  readonly delivery: typeof delivery.$inferInsert | null;
  readonly changes: readonly RecipientChange[];
  /** The envelope of the bounce that the attempt caused. */
  readonly bounce: Envelope | null;
  /** The bounce itself. */
  readonly octets: Uint8Array | null;
  /** Until when the octets of a message that is done with this are kept; absent or null: they go at once. */
  readonly keptUntil?: number | null;
}

/** A claim on recipients that are due. */
export interface Claim {
  readonly messageId: number;
  readonly positions: readonly number[];
  readonly owner: string;
  readonly now: number;
  /** When others may try again should this attempt never end. */
  readonly until: number;
}

/** Accepts messages: when it resolves they are durable. */
export const acceptMessage: Operation<AcceptedMessage, void> = {
  statements: insertMessages,
};

/** A message that went straight through: what is remembered of it. It has no octets here. */
export interface PassedMessage extends Envelope {
  readonly delivery: typeof delivery.$inferInsert;
}

/** Remembers messages that went straight through. */
export const recordPassage: Operation<PassedMessage, void> = {
  unpromised: true,
  statements: (calls) => [
    ...insertRows(message, calls.map((call) => call.message)),
    ...insertRows(recipient, calls.flatMap((call) => call.recipients)),
    ...insertRows(delivery, calls.map((call) => call.delivery)),
  ],
};

/** Claims due recipients for an attempt, and counts it; gives the positions that were claimed. */
export const claim: Operation<Claim, number[]> = {
  statements: (calls) =>
    calls.map((call) => ({
      sql: `update recipient set lease_owner = ?, next_attempt_at = ?, attempts = attempts + 1
            where message_id = ? and position in (select value from json_each(?))
              and state = 'waiting' and next_attempt_at <= ? returning position`,
      args: [call.owner, call.until, call.messageId, JSON.stringify(call.positions), call.now],
    })),
  results: (calls, results) => calls.map((_, index) => results[index]!.rows.map((row) => Number(row.position))),
};

/** Extends claims whose attempts take long. */
export const extendClaim: Operation<
  { readonly messageId: number; readonly owner: string; readonly until: number },
  void
> = {
  statements: (calls) =>
    calls.map((call) => ({
      sql: `update recipient set next_attempt_at = max(next_attempt_at, ?)
            where message_id = ? and lease_owner = ? and state = 'waiting'`,
      args: [call.until, call.messageId, call.owner],
    })),
};

/** Ends attempts: deliveries, new states, bounces; messages without waiting recipients are done and leave the spool. */
export const settle: Operation<Settlement, void> = {
  statements(calls) {
    const deliveries = calls.flatMap((call) => call.delivery ?? []);
    const changes = calls.flatMap((call) => call.changes);
    const bounces = calls.flatMap(({ bounce, octets }) => bounce ? [{ ...bounce, octets }] : []);
    return [
      ...insertRows(delivery, deliveries),
      ...changes.map(changeRecipient),
      ...calls.flatMap(({ changes: own, keptUntil = null }) =>
        own.length > 0 ? finish([...new Set(own.map((change) => change.messageId))], own[0]!.changedAt, keptUntil) : []
      ),
      ...insertMessages(bounces),
    ];
  },
};

/** What an owner may do to the recipients of a message. */
export type QueueAction = "retry" | "hold" | "release" | "remove";

/**
 * An owner's actions: which recipients each one is for, and the state it gives them. One that is being tried at this
 * moment is not for `retry`: it would be tried twice.
 */
const ACTIONS: Readonly<Record<QueueAction, { readonly on: string; readonly to: string }>> = {
  retry: { on: "state = 'waiting' and lease_owner is null", to: "waiting" },
  hold: { on: "state = 'waiting'", to: "held" },
  release: { on: "state = 'held'", to: "waiting" },
  remove: { on: "state in ('waiting', 'held')", to: "removed" },
};

/** An owner's action on one message. */
export interface QueueCommand {
  readonly messageId: number;
  readonly action: QueueAction;
  readonly now: number;
  /** Who, for the message's history; absent: it is not noted. */
  readonly actor?: string;
}

/** Applies owners' actions; gives for each how many recipients it changed. */
export const actOnQueue: Operation<QueueCommand, number> = {
  statements: (calls) => [
    ...calls.flatMap(({ messageId, action, now, actor }) => [
      {
        sql: `update recipient set state = ?, next_attempt_at = ?, changed_at = ? where message_id = ? and ${
          ACTIONS[action].on
        }`,
        args: [ACTIONS[action].to, now, now, messageId],
      },
      ...actor === undefined ? [] : [noteIfChanged({ messageId, now, actor, action, detail: null })],
    ]),
    ...finish(calls.map((call) => call.messageId), calls[0]!.now),
  ],
  results(calls, results) {
    let next = 0;
    return calls.map(({ actor }) => {
      const { rowsAffected } = results[next]!;
      next += actor === undefined ? 1 : 2;
      return rowsAffected;
    });
  },
};

/** Gives up the claims of a node that starts again: what it was trying stays due when its attempt would have ended. */
export const releaseClaims: Operation<{ readonly owner: string }, void> = {
  statements: (calls) =>
    calls.map(({ owner }) => ({
      sql: "update recipient set lease_owner = null where lease_owner = ? and state = 'waiting'",
      args: [owner],
    })),
};

/** Forgets messages that were done before a time, with their recipients and deliveries, at most `limit` of them. */
export const purgeMessages: Operation<{ readonly doneBefore: number; readonly limit: number }, void> = {
  statements: (calls) =>
    calls.flatMap(({ doneBefore, limit }) => {
      const old = "select id from message where done_at < ? order by done_at limit ?";
      return [
        { sql: `delete from recipient where message_id in (${old})`, args: [doneBefore, limit] },
        { sql: `delete from delivery where message_id in (${old})`, args: [doneBefore, limit] },
        { sql: `delete from owner_action where message_id in (${old})`, args: [doneBefore, limit] },
        { sql: `delete from chunk where spool_id in (${old})`, args: [doneBefore, limit] },
        { sql: `delete from message where id in (${old})`, args: [doneBefore, limit] },
      ];
    }),
};

function insertMessages(calls: readonly AcceptedMessage[]): Statement[] {
  const chunks = calls.flatMap(({ message: { id }, octets }) => octets ? [{ spoolId: id!, position: 0, octets }] : []);
  return [
    ...insertRows(message, calls.map((call) => call.message)),
    ...insertRows(recipient, calls.flatMap((call) => call.recipients)),
    ...insertChunks(chunks),
  ];
}

function changeRecipient(change: RecipientChange): Statement {
  return {
    // A recipient that was held or removed during the attempt stays so, unless the attempt delivered it.
    sql: `update recipient set
            state = case when state = 'waiting' or ?1 in ('delivered', 'bounced') then ?1 else state end,
            next_attempt_at = ?2, upstream = coalesce(?3, upstream), last_reply = coalesce(?4, last_reply),
            changed_at = ?5, awaits_line = ?6, warned_at = coalesce(?7, warned_at), lease_owner = null
          where message_id = ?8 and position = ?9`,
    args: [
      change.state,
      change.nextAttemptAt,
      change.upstream,
      change.lastReply,
      change.changedAt,
      change.awaitsLine ? 1 : null,
      change.warnedAt ?? null,
      change.messageId,
      change.position,
    ],
  };
}

/** Marks as done the messages that have nobody waiting any more, and empties their spool unless it is kept for a while. */
function finish(messageIds: readonly number[], now: number, keptUntil: number | null = null): Statement[] {
  return messageIds.flatMap((messageId) => [
    {
      sql: `update message set done_at = ?, kept_until = ? where id = ? and done_at is null and not exists
              (select 1 from recipient where message_id = message.id and state in ('waiting', 'held'))`,
      args: [now, keptUntil, messageId],
    },
    ...keptUntil !== null ? [] : [{
      sql:
        "delete from chunk where spool_id in (select id from message where id = ? and done_at is not null and kept_until is null)",
      args: [messageId],
    }],
  ]);
}
