import { asc, desc, eq, gt } from "drizzle-orm";
import type { Database } from "../database.ts";
import { apiToken, user, webSession } from "../schema.ts";

/** All dashboard users. */
export async function users({ db }: Database, _args: null) {
  return await db.select().from(user).orderBy(asc(user.createdAt), asc(user.name));
}

/** The user behind a cookie's token, by its hash; null when unknown. Whether it has expired is the caller's decision. */
export async function webSessionOf({ db }: Database, args: { readonly tokenHash: string }) {
  const rows = await db.select({ session: webSession, user }).from(webSession)
    .innerJoin(user, eq(user.name, webSession.userName)).where(eq(webSession.tokenHash, args.tokenHash));
  return rows[0] ?? null;
}

/** Signed-in browsers that have not expired, those that signed in last first. */
export async function browsers({ db }: Database, args: { readonly now: number }) {
  return await db.select().from(webSession).where(gt(webSession.expiresAt, args.now)).orderBy(
    desc(webSession.createdAt),
  );
}

/** All tokens. */
export async function tokens({ db }: Database, _args: null) {
  return await db.select().from(apiToken).orderBy(asc(apiToken.createdAt), asc(apiToken.id));
}

/** A token by its hash with the user who made it (null: the command line did, or is gone); null: unknown. */
export async function tokenOf({ db }: Database, args: { readonly tokenHash: string }) {
  const rows = await db.select({ token: apiToken, user }).from(apiToken)
    .leftJoin(user, eq(user.name, apiToken.createdBy)).where(eq(apiToken.tokenHash, args.tokenHash));
  return rows[0] ?? null;
}
