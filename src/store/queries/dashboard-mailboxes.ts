import { eq, gt, sql } from "drizzle-orm";
import type { Database } from "../database.ts";
import { ledger, ledgerCount, mailbox, mailboxMessage } from "../schema.ts";

/** How many messages of each mailbox the ledger knows in which state, and their octets. */
export async function ledgerTotals({ db }: Database, _args: null) {
  return await db.select().from(ledgerCount).where(gt(ledgerCount.messages, 0));
}

/** Everything known of one message of a mailbox, or null: its mailbox and its row of the ledger. */
export async function mailboxMessageHistory({ db }: Database, args: { readonly id: number }) {
  const [row] = await db.select({ message: mailboxMessage, mailbox, ledger }).from(mailboxMessage)
    .innerJoin(mailbox, eq(mailbox.id, mailboxMessage.mailboxId))
    .leftJoin(ledger, eq(ledger.mailboxMessageId, sql`coalesce(${mailboxMessage.copyOf}, ${mailboxMessage.id})`))
    .where(eq(mailboxMessage.id, args.id)).limit(1);
  return row ?? null;
}
