import type { Database } from "../database.ts";

/** Whether an id is that of a message, of a mailbox message or of a session. `account`: of one of that account; null: of any. */
export async function kindOfId({ client }: Database, args: { readonly id: number; readonly account: string | null }) {
  const { rows } = await client.execute({
    sql: `select 'message' as kind from message where id = :id and ${isOf("account")}
          union all select 'mailbox-message' from mailbox_message where id = :id and ${IN_MAILBOX}
          union all select 'session' from session where id = :id and ${isOf("account")}`,
    args: { id: args.id, account: args.account },
  });
  return (rows[0]?.kind ?? null) as "message" | "mailbox-message" | "session" | null;
}

/** That a row is of the account which is asked for, or that none is: logins are the same in any case. */
function isOf(column: string): string {
  return `(:account is null or ${column} = :account collate nocase)`;
}

const IN_MAILBOX =
  `(:account is null or mailbox_id in (select id from mailbox where account = :account collate nocase))`;

/** Ids of messages of both kinds with a Message-ID, the newest first; of one account, or null: of any. */
export async function mailByMessageId(
  { client }: Database,
  args: { readonly messageId: string; readonly account: string | null; readonly limit: number },
): Promise<number[]> {
  const { messageId, account, limit } = args;
  const { rows } = await client.execute({
    sql: `select id from message where message_id = :messageId and ${isOf("account")}
          union all select id from mailbox_message where message_id = :messageId and ${IN_MAILBOX}
          order by id desc limit :limit`,
    args: { messageId, account, limit },
  });
  return rows.map((row) => Number(row.id));
}
