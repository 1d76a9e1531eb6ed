import type { Operation } from "../operation.ts";
import { hidden, ledger, mailbox, mailboxMessage } from "../schema.ts";
import { insertRows } from "../statements.ts";
import { insertChunks } from "./spool.ts";

/** A fetched message to store, with its row of the ledger. */
export interface FetchedMessage {
  readonly message: typeof mailboxMessage.$inferInsert;
  /** Null for a message that did not come from a source (an import). */
  readonly ledger: typeof ledger.$inferInsert | null;
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
    return [
      ...insertRows(mailboxMessage, calls.map((call) => call.message)),
      ...insertRows(ledger, rows),
      ...insertChunks(chunks),
    ];
  },
};

/** Moves rows of the ledger to a state. */
export const markLedger: Operation<{
  readonly mailboxId: number;
  readonly uidls: readonly string[];
  readonly state: "stored" | "delete-sent" | "delete-confirmed" | "gone";
  readonly now: number;
}, void> = {
  statements: (calls) =>
    calls.map(({ mailboxId, uidls, state, now }) => ({
      sql: `update ledger set state = ?, changed_at = ? where mailbox_id = ? and uidl in
            (select value from json_each(?))`,
      args: [state, now, mailboxId, JSON.stringify(uidls)],
    })),
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
  "id" | "lastFetchAt" | "lastOutcome" | "nextFetchAt" | "failures" | "pausedBecause"
>;

/** Writes how a poll ended and when the next one is due. */
export const noteFetch: Operation<FetchState, void> = {
  statements: (calls) =>
    calls.map((call) => ({
      sql: `update mailbox set last_fetch_at = ?, last_outcome = ?, next_fetch_at = ?, failures = ?, paused_because = ?
            where id = ?`,
      args: [call.lastFetchAt, call.lastOutcome, call.nextFetchAt, call.failures, call.pausedBecause, call.id],
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
                where id in ${chosen} and (deleted_at is not null or id in (select mailbox_message_id from hidden))`,
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

/** Removes chunks that no message owns: what was under way when the process died. Run before any session begins. */
export const sweepSpool: Operation<{ readonly before: number }, void> = {
  statements: (calls) => [{
    sql: `delete from chunk where spool_id in (select distinct spool_id from chunk where spool_id < ?
            and spool_id not in (select id from message) and spool_id not in (select id from mailbox_message))`,
    args: [calls[0]!.before],
  }],
};
