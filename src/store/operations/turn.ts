import { timeOfId } from "../ids.ts";
import type { Operation } from "../operation.ts";

/** Recipients that wait until their upstream takes more. */
export interface PassedOver {
  readonly messageId: number;
  readonly positions: readonly number[];
  readonly upstream: string;
}

/** Notes for which upstream recipients wait that have not been tried: they are passed over while it takes no more. */
export const passOver: Operation<{ readonly rows: readonly PassedOver[] }, void> = {
  statements: (calls) =>
    calls.flatMap(({ rows }) => rows).map(({ messageId, positions, upstream }) => ({
      sql: `update recipient set upstream = ?
            where message_id = ? and position in (select value from json_each(?)) and state = 'waiting'`,
      args: [upstream, messageId, JSON.stringify(positions)],
    })),
};

/** Recipients that are due while their upstream is away. */
export interface PutOff extends PassedOver {
  /** Why it is away, "451 4.4.1 …". */
  readonly reply: string;
  /** When they are due again, if it is not back earlier. */
  readonly until: number;
}

/** Puts recipients off that are due, without an attempt: they go at once when their upstream is back. */
export const putOff: Operation<{ readonly rows: readonly PutOff[]; readonly now: number }, void> = {
  statements: (calls) =>
    calls.flatMap(({ rows, now }) =>
      rows.map(({ messageId, positions, upstream, reply, until }) => ({
        sql:
          `update recipient set next_attempt_at = ?, upstream = ?, last_reply = ?, awaits_line = 1, lease_owner = null
              where message_id = ? and position in (select value from json_each(?))
                and state = 'waiting' and next_attempt_at <= ?`,
        args: [until, upstream, reply, messageId, JSON.stringify(positions), now],
      }))
    ),
};

/** Recipients that were claimed, and have not been tried. */
export interface NotBegun {
  readonly messageId: number;
  readonly positions: readonly number[];
  readonly owner: string;
  readonly now: number;
}

/** Gives up claims whose attempt has not begun: they are due at once, and it does not count. */
export const giveUpClaim: Operation<NotBegun, void> = {
  statements: (calls) =>
    calls.map(({ messageId, positions, owner, now }) => ({
      sql: `update recipient set lease_owner = null, next_attempt_at = ?, attempts = attempts - 1
            where message_id = ? and position in (select value from json_each(?)) and state = 'waiting'
              and lease_owner = ?`,
      args: [now, messageId, JSON.stringify(positions), owner],
    })),
};

/** Upstreams that can be reached again. */
export interface LineBack {
  readonly upstreams: readonly string[];
  /** The most recipients that are woken in one commit: others wait for it. */
  readonly limit: number;
}

/** Makes what waited for upstreams due at once, the oldest first; gives how many recipients. */
export const wakeLine: Operation<LineBack, number> = {
  statements: (calls) =>
    calls.map(({ upstreams, limit }) => ({
      // The time of its id is when a message came: whatever was longest on its way is the longest due.
      sql: `update recipient set awaits_line = null, next_attempt_at = ? + message_id / 4096
            where rowid in (select rowid from recipient where state = 'waiting' and awaits_line = 1
              and lease_owner is null and upstream in (select value from json_each(?)) order by message_id limit ?)`,
      args: [timeOfId(0), JSON.stringify(upstreams), limit],
    })),
  results: (_, results) => results.map(({ rowsAffected }) => rowsAffected),
};
