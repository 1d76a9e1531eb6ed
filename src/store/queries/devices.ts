import { desc } from "drizzle-orm";
import type { Database } from "../database.ts";
import { refusedClient } from "../schema.ts";

/** Clients that were refused for want of a login, the newest first; at most those that are kept. */
export async function refusedClients({ db }: Database, _args: null) {
  return await db.select().from(refusedClient).orderBy(desc(refusedClient.lastAt));
}
