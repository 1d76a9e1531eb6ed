import type { Operation } from "../operation.ts";

/** What people find a message by. Texts as they are read, decoded. */
export interface IndexedMail {
  /** Of a message or mailbox message. */
  readonly id: number;
  readonly sender: string;
  readonly recipients: string;
  readonly subject: string;
  /** Names of attached files. */
  readonly names: string;
  readonly body: string;
}

/** Puts messages into the full-text index, in place of what it knew of them; those that are gone meanwhile stay out. */
export const indexMail: Operation<{ readonly rows: readonly IndexedMail[] }, void> = {
  unpromised: true,
  statements: (calls) =>
    calls.flatMap(({ rows }) =>
      rows.map(({ id, sender, recipients, subject, names, body }) => ({
        sql: `insert or replace into mail_index (rowid, sender, recipients, subject, names, body)
              select ?1, ?2, ?3, ?4, ?5, ?6 where exists (select 1 from message where id = ?1)
                or exists (select 1 from mailbox_message where id = ?1)`,
        args: [id, sender, recipients, subject, names, body],
      }))
    ),
};

/** Does a part of the work that keeps the full-text index quick: about so many pages of it. */
export const mergeMailIndex: Operation<{ readonly pages: number }, void> = {
  unpromised: true,
  statements: (calls) =>
    calls.map(({ pages }) => ({ sql: "insert into mail_index (mail_index, rank) values ('merge', ?)", args: [pages] })),
};

/** Forgets all that the full-text index knows. */
export const emptyMailIndex: Operation<{ readonly all: true }, void> = {
  statements: () => [{ sql: "insert into mail_index (mail_index) values ('delete-all')", args: [] }],
};

/** The fact that says which node indexes, and until when: "until owner". */
const INDEXER = "mail-indexer";

/** Takes or extends the right to index, of all nodes of a store one at a time; gives whether it was had. */
export const claimIndexing: Operation<
  { readonly owner: string; readonly now: number; readonly until: number },
  boolean
> = {
  unpromised: true,
  statements: (calls) =>
    calls.map(({ owner, now, until }) => ({
      sql: `insert into fact (name, value) values (?1, ?2) on conflict (name) do update set value = excluded.value
              where cast(fact.value as integer) < ?3 or fact.value like '% ' || ?4`,
      args: [INDEXER, `${until} ${owner}`, now, owner],
    })),
  results: (calls, results) => calls.map((_, index) => results[index]!.rowsAffected > 0),
};

/**
 * Removes the octets of delivered messages that were kept for a while, and what the full-text index knows of their text:
 * by sender, recipients and subject they are still found.
 */
export const dropKept: Operation<{ readonly ids: readonly number[] }, void> = {
  statements: (calls) =>
    calls.flatMap(({ ids }) => {
      const args = [JSON.stringify(ids)];
      const chosen = "select id from message where kept_until is not null and id in (select value from json_each(?1))";
      return [
        { sql: `delete from chunk where spool_id in (${chosen})`, args },
        {
          sql: `insert or replace into mail_index (rowid, sender, recipients, subject, names, body)
                select id, sender, coalesce((select group_concat(address, ' ') from recipient where message_id = message.id), ''),
                  subject, '', '' from message
                where id in (${chosen}) and id in (select id from mail_index_docsize)`,
          args,
        },
        { sql: `update message set kept_until = null where id in (${chosen})`, args },
      ];
    }),
};
