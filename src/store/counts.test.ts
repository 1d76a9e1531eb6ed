import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { openDatabase } from "./database.ts";
import { openStore } from "./store.ts";

/** Changes of every kind that touch what is counted. */
const CHANGES = [
  "update mailbox_message set deleted_at = 5 where id % 7 = 0",
  "update mailbox_message set deleted_at = null where id % 14 = 0",
  "update mailbox_message set read_by_session_id = 1 where id % 3 = 0",
  "update mailbox_message set size = size + 1, read_by_session_id = null where id % 11 = 0",
  "update mailbox_message set mailbox_id = 3 - mailbox_id where id % 13 = 0",
  "update ledger set state = 'delete-sent' where size % 5 = 0",
  "update ledger set state = 'gone', size = 0 where size % 10 = 0",
  "update ledger set mailbox_id = 2 where size % 9 = 0",
  "delete from mailbox_message where id % 17 = 0",
  "delete from ledger where size % 8 = 0",
  `insert into ledger select mailbox_id, uidl || 'again', 'evicted', id, size, 0, 0, null from mailbox_message where id < 20`,
  "delete from mailbox where id = 2",
];

const COUNTED = `select id as mailbox_id, (select count(*) from mailbox_message as m where m.mailbox_id = mailbox.id
    and deleted_at is null) as messages,
  (select coalesce(sum(size), 0) from mailbox_message as m where m.mailbox_id = mailbox.id and deleted_at is null) as octets,
  (select count(*) from mailbox_message as m where m.mailbox_id = mailbox.id and deleted_at is null
    and read_by_session_id is null) as unread
  from mailbox order by 1`;
const LEDGER_COUNTED = `select mailbox_id, state, count(*) as messages, sum(size) as octets from ledger
  where mailbox_id in (select id from mailbox) group by 1, 2 order by 1, 2`;

test("what mailboxes and ledgers hold is counted right through every kind of change", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "waypost-counts-"));
  const { href: url } = pathToFileURL(path.join(folder, "waypost.db"));
  await (await openStore({ url })).close();
  const database = await openDatabase({ url });
  const run = async (sql: string) => (await database.client.execute(sql)).rows.map((row) => ({ ...row }));
  try {
    await run("insert into mailbox (id, account, source) values (1, 'a', 's'), (2, 'b', 's')");
    await run(`with recursive n(i) as (select 1 union all select i + 1 from n where i < 200)
      insert into mailbox_message (id, mailbox_id, uidl, size, message_id, sender, subject, fetched_at, deleted_at)
      select i, 1 + i % 2, 'u' || i, 100 + i, '', '', '', 0, case when i % 19 = 0 then 1 end from n`);
    await run("insert into ledger select mailbox_id, uidl, 'stored', id, size, 0, 0, null from mailbox_message");
    for (const change of ["select 1", ...CHANGES]) {
      await run(change);
      expect([change, await run("select * from mailbox_count order by 1")]).toEqual([change, await run(COUNTED)]);
      const kept = await run(
        "select mailbox_id, state, messages, octets from ledger_count where messages > 0 order by 1, 2",
      );
      expect([change, kept]).toEqual([change, await run(LEDGER_COUNTED)]);
    }
  } finally {
    database.client.close();
    database.statements.close();
    await rm(folder, { recursive: true });
  }
});
