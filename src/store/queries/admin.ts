import { and, desc, eq, lt, max } from "drizzle-orm";
import type { Database } from "../database.ts";
import { audit, delivery, entry, fact, mailboxMessage, message, session } from "../schema.ts";

/** The value of a fact, or null. */
export async function factOf({ db }: Database, args: { readonly name: string }): Promise<string | null> {
  const rows = await db.select({ value: fact.value }).from(fact).where(eq(fact.name, args.name));
  return rows[0]?.value ?? null;
}

/** All entries that were made in the dashboard or by command, each kind in its order. */
export async function entries({ db }: Database, _args: null) {
  return await db.select().from(entry)
    .orderBy(entry.kind, entry.position, entry.name);
}

/** The log of changes, the newest first. */
export async function auditLog(
  { db }: Database,
  args: { readonly kind?: string | undefined; readonly before?: number | undefined; readonly limit: number },
) {
  return await db.select().from(audit).where(and(
    args.kind === undefined ? undefined : eq(audit.kind, args.kind),
    args.before === undefined ? undefined : lt(audit.id, args.before),
  )).orderBy(desc(audit.id)).limit(args.limit);
}

/** The newest id that was given to anything that is stored, or 0. */
export async function newestId({ db }: Database, _args: null): Promise<number> {
  const found: number[] = [];
  for (const table of [message, delivery, mailboxMessage, session]) {
    const [row] = await db.select({ id: max(table.id) }).from(table);
    found.push(row?.id ?? 0);
  }
  return Math.max(...found);
}
