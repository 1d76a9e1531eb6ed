/** Every route says who may use it; what says nothing is for owners alone, and a test tells of it (routes.test.ts). */
import type { Handler, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { texts } from "../../web/texts.ts";
import { DashboardError } from "./errors.ts";
import type { DashboardEnv, Identity } from "./identity.ts";
import type { Role, Scope } from "../identity/roles.ts";

/** Who may use a route. */
export interface Access {
  readonly who: readonly Role[];
  /** What a token must be allowed to; absent: no token may use it. */
  readonly scope?: Scope | undefined;
}

/** Says of a page who may use it: the first handler of its route. Owners always may, but say so too. */
export function allow(...who: readonly ["owner", ...Role[]]): MiddlewareHandler<DashboardEnv> {
  return declare((_c, next) => next(), { who });
}

// The declarations belong to their handlers: no route can be mounted elsewhere and lose its own.
const declarations = new WeakMap<object, Access>();

/** Ties a declaration to a handler. */
export function declare<Declared extends Handler<DashboardEnv> | MiddlewareHandler<DashboardEnv>>(
  handler: Declared,
  access: Access,
): Declared {
  declarations.set(handler, access);
  return handler;
}

/** What a handler was declared with, or null. */
export function accessOf(handler: object): Access | null {
  return declarations.get(handler) ?? null;
}

/** Whether an identity may use what was declared; null: it was not declared. */
export function mayUse({ role, scopes }: Pick<Identity, "role" | "scopes">, access: Access | null): boolean {
  if (access === null) return role === "owner" && scopes === null;
  if (!access.who.includes(role)) return false;
  return scopes === null || (access.scope !== undefined && scopes.has(access.scope));
}

/** Lets through who may use the route that the request is for. */
export const requireAccess: MiddlewareHandler<DashboardEnv> = async (c, next) => {
  const routes = matchedRoutes(c).filter(({ method }) => method !== "ALL");
  const declared = routes.map(({ handler }) => accessOf(handler)).find((access) => access !== null) ?? null;
  const identity = c.get("identity");
  // What there is no route for is not found, for everybody.
  if (routes.length > 0 && !mayUse(identity, declared)) {
    if (identity.scopes === null) throw new DashboardError(403, "NOT_ALLOWED", texts.errors.forbidden(declared?.who));
    throw new DashboardError(403, "SCOPE_MISSING", texts.errors.scopeMissing(declared?.scope));
  }
  await next();
};
