import type { Operation } from "../operation.ts";
import { hidden, ledger, mailbox, mailboxMessage } from "../schema.ts";
import { insertRows, type Statement } from "../statements.ts";
import { insertChunks } from "./spool.ts";

/** A fetched message to store, with its row of the ledger. */
export interface FetchedMessage {
  readonly message: typeof mailboxMessage.$inferInsert;
  /** The same message in mailboxes of other accounts, with its octets; their `copyOf` is its id. */
  readonly copies?: readonly (typeof mailboxMessage.$inferInsert)[];
  /** Null for a message that did not come from a source (an import). */
  readonly ledger: typeof ledger.$inferInsert | null;
  /** The ledger has it as announced: this takes the place of that row and of its notice. */
  readonly replacesNotice?: boolean;
  /** The whole message when it is small; null when its chunks were appended before. */
  readonly octets: Uint8Array | null;
}

/** Makes sure that a source has a mailbox; gives its id. */
export const ensureMailbox: Operation<
  { readonly id: number; readonly account: string; readonly source: string },
  number
> = {
  statements: (calls) =>
    calls.flatMap(({ id, account, source }) => [
      {
        sql: `insert into mailbox (id, account, source, failures)
              select ?, ?, ?, 0 where not exists (select 1 from mailbox where account = ? and source = ?)`,
        args: [id, account, source, account, source],
      },
      { sql: "select id from mailbox where account = ? and source = ?", args: [account, source] },
    ]),
  results: (calls, results) => calls.map((_, index) => Number(results[index * 2 + 1]!.rows[0]!.id)),
};

/** Stores fetched messages: when it resolves they are durable and their source may forget them. */
export const storeFetched: Operation<FetchedMessage, void> = {
  statements(calls) {
    const rows = calls.flatMap((call) => call.ledger ?? []);
    const chunks = calls.flatMap(({ message: { id }, octets }) =>
      octets ? [{ spoolId: id!, position: 0, octets }] : []
    );
    const copies = calls.flatMap((call) => call.copies ?? []);
    return [
      ...calls.filter((call) => call.replacesNotice).flatMap(removeNotice),
      ...insertRows(mailboxMessage, [...calls.map((call) => call.message), ...copies]),
      ...insertRows(ledger, rows),
      ...insertChunks(chunks),
      ...copies.map(({ id, copyOf }) => ({
        sql: "insert into chunk (spool_id, position, octets) select ?, position, octets from chunk where spool_id = ?",
        args: [id!, copyOf!],
      })),
    ];
  },
};

function removeNotice({ message, ledger: row }: FetchedMessage): Statement[] {
  const notice = "select mailbox_message_id from ledger where mailbox_id = ? and uidl = ? and state = 'announced'";
  const args = [row!.mailboxId, row!.uidl];
  return [
    {
      sql: `update mailbox_message set deleted_at = ?, deleted_by = 'replaced'
            where deleted_at is null and (id in (${notice}) or copy_of in (${notice}))`,
      args: [message.fetchedAt, ...args, ...args],
    },
    { sql: "delete from ledger where mailbox_id = ? and uidl = ? and state = 'announced'", args },
  ];
}

/**
 * Notes that the owner wants what notices stand for; gives how many of them are still announced. A notice that is a copy
 * of another account's stands for the same message.
 */
export const requestMessages: Operation<{ readonly ids: readonly number[]; readonly now: number }, number> = {
  statements: (calls) =>
    calls.map(({ ids, now }) => ({
      sql: `update ledger set requested_at = ? where state = 'announced' and mailbox_message_id in
            (select coalesce(copy_of, id) from mailbox_message where id in (select value from json_each(?)))`,
      args: [now, JSON.stringify(ids)],
    })),
  results: (calls, results) => calls.map((_, index) => results[index]!.rowsAffected),
};

/** Moves rows of the ledger to a state. */
export const markLedger: Operation<{
  readonly mailboxId: number;
  readonly uidls: readonly string[];
  readonly state: "stored" | "delete-sent" | "delete-confirmed" | "gone";
  readonly now: number;
  /** Until when the messages here are not purged, whoever deletes them; absent: as before. */
  readonly keepUntil?: number;
}, void> = {
  statements: (calls) =>
    calls.flatMap(({ mailboxId, uidls, state, now, keepUntil }) => {
      const names = JSON.stringify(uidls);
      const these = "mailbox_id = ? and uidl in (select value from json_each(?))";
      const messages = `select mailbox_message_id from ledger where ${these}`;
      return [
        {
          sql: `update ledger set state = ?, changed_at = ? where ${these}`,
          args: [state, now, mailboxId, names],
        },
        ...keepUntil === undefined ? [] : [{
          sql: `update mailbox_message set keep_until = ? where id in (${messages}) or copy_of in (${messages})`,
          args: [keepUntil, mailboxId, names, mailboxId, names],
        }],
      ];
    }),
};

/** Forgets rows of the ledger. */
export const forgetLedger: Operation<{ readonly mailboxId: number; readonly uidls: readonly string[] }, void> = {
  statements: (calls) =>
    calls.map(({ mailboxId, uidls }) => ({
      sql: "delete from ledger where mailbox_id = ? and uidl in (select value from json_each(?))",
      args: [mailboxId, JSON.stringify(uidls)],
    })),
};

/** What is known of a mailbox's fetching; the columns of the same names say what each means. */
export type FetchState = Pick<
  typeof mailbox.$inferSelect,
  "id" | "lastFetchAt" | "lastOutcome" | "nextFetchAt" | "failures" | "pausedBecause" | "failureKind"
>;

/** Writes how a poll ended and when the next one is due. */
export const noteFetch: Operation<FetchState, void> = {
  statements: (calls) =>
    calls.map((call) => ({
      sql: `update mailbox set last_fetch_at = ?, last_outcome = ?, next_fetch_at = ?, failures = ?, paused_because = ?,
            failure_kind = ? where id = ?`,
      args: [
        call.lastFetchAt,
        call.lastOutcome,
        call.nextFetchAt,
        call.failures,
        call.pausedBecause,
        call.failureKind,
        call.id,
      ],
    })),
};

/** What a POP3 client deleted at QUIT: served no more, kept until it is purged. */
export const deleteMailboxMessages: Operation<{ readonly ids: readonly number[]; readonly now: number }, void> = {
  statements: (calls) =>
    calls.map(({ ids, now }) => ({
      sql:
        "update mailbox_message set deleted_at = ? where deleted_at is null and id in (select value from json_each(?))",
      args: [now, JSON.stringify(ids)],
    })),
};

/**
 * Deletes what a mailbox holds, and forgets what its source has: its owner has removed the source, which is no word about
 * the mail on the server. Were the source added again, all of it would be fetched once more, and nothing be deleted there
 * for having been deleted here. A message that other accounts have too stays known: they do not get it twice. So does one
 * that a poll is deleting. Gives how many messages were served.
 */
export const emptyMailbox: Operation<{ readonly mailboxId: number; readonly now: number }, number> = {
  statements: (calls) =>
    calls.flatMap(({ mailboxId, now }) => [
      {
        sql:
          "update mailbox_message set deleted_at = ?, deleted_by = 'owner' where deleted_at is null and mailbox_id = ?",
        args: [now, mailboxId],
      },
      {
        sql: `delete from ledger where mailbox_id = ?1 and state <> 'delete-sent'
                and not exists (select 1 from mailbox_message as first
                  where first.id = ledger.mailbox_message_id and first.mailbox_id <> ?1)
                and not exists (select 1 from mailbox_message as copy where copy.copy_of = ledger.mailbox_message_id)`,
        args: [mailboxId],
      },
      { sql: "update mailbox set paused_because = null, next_fetch_at = null where id = ?", args: [mailboxId] },
    ]),
  results: (calls, results) => calls.map((_, index) => results[index * 3]!.rowsAffected),
};

/** What a POP3 client deleted at QUIT where that hides it from this client alone. */
export const hideMailboxMessages: Operation<
  { readonly ids: readonly number[]; readonly client: string; readonly now: number },
  void
> = {
  statements: (calls) =>
    insertRows(
      hidden,
      calls.flatMap(({ ids, client, now }) => ids.map((id) => ({ mailboxMessageId: id, client, hiddenAt: now }))),
      "on conflict do nothing",
    ),
};

/** Serves deleted messages again, to every client; gives how many. */
export const restoreMailboxMessages: Operation<{ readonly ids: readonly number[] }, number> = {
  statements: (calls) =>
    calls.flatMap(({ ids }) => {
      const args = [JSON.stringify(ids)];
      const chosen = "(select value from json_each(?))";
      return [
        {
          sql: `update mailbox_message set deleted_at = null, deleted_by = null
                where id in ${chosen} and coalesce(deleted_by, 'client') <> 'replaced'
                  and (deleted_at is not null or id in (select mailbox_message_id from hidden))`,
          args,
        },
        { sql: `delete from hidden where mailbox_message_id in ${chosen}`, args },
      ];
    }),
  results: (calls, results) => calls.map((_, index) => results[index * 2]!.rowsAffected),
};

/** Notes which session was the first to retrieve messages. */
export const markRead: Operation<{ readonly ids: readonly number[]; readonly sessionId: number }, void> = {
  unpromised: true,
  statements: (calls) =>
    calls.map(({ ids, sessionId }) => ({
      sql: `update mailbox_message set read_by_session_id = ?
            where read_by_session_id is null and id in (select value from json_each(?))`,
      args: [sessionId, JSON.stringify(ids)],
    })),
};

/**
 * Sends messages to their accounts again: served as new ones under other UIDLs, unread, whether they were deleted or not.
 * Gives how many there were.
 */
export const resendMailboxMessages: Operation<
  { readonly messages: readonly { readonly id: number; readonly uidl: string }[] },
  number
> = {
  statements: (calls) =>
    calls.flatMap(({ messages }) =>
      messages.flatMap(({ id, uidl }) => [
        {
          sql: `update mailbox_message set uidl = ?, deleted_at = null, deleted_by = null, read_by_session_id = null
                where id = ?`,
          args: [uidl, id],
        },
        { sql: "delete from hidden where mailbox_message_id = ?", args: [id] },
      ])
    ),
  results(calls, results) {
    let at = 0;
    return calls.map(({ messages }) => {
      const own = messages.map((_, index) => results[at + 2 * index]!);
      at += 2 * messages.length;
      return own.reduce((sum, { rowsAffected }) => sum + rowsAffected, 0);
    });
  },
};

/** Removes chunks that no message owns: what was under way when the process died. Run before any session begins. */
export const sweepSpool: Operation<{ readonly before: number }, void> = {
  statements: (calls) => [{
    sql: `delete from chunk where spool_id in (select distinct spool_id from chunk where spool_id < ?
            and spool_id not in (select id from message) and spool_id not in (select id from mailbox_message))`,
    args: [calls[0]!.before],
  }],
};
