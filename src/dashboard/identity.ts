/** Who asks: a signed-in browser by its cookie, or a command on this machine by its bearer token. */
import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import type { Context, MiddlewareHandler } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { texts } from "../../web/texts.ts";
import { DashboardError } from "./errors.ts";
import type { DashboardPorts } from "./ports.ts";
import type { Role, Scope } from "../identity/roles.ts";
import { isSetupOpen } from "./setup.ts";

/** Who asks. */
export interface Identity {
  readonly name: string;
  readonly role: Role;
  /** Of a person: the login of the account whose mail it sees; null for the other roles. */
  readonly account: string | null;
  /** What a token may do; null: whatever the role may. */
  readonly scopes: ReadonlySet<Scope> | null;
}

/** What a request carries through the dashboard. */
export interface DashboardEnv {
  Variables: { identity: Identity };
}

/** How long a browser stays signed in. */
const SIGNED_IN_MS = 30 * 86_400_000;
const TOKEN_OCTETS = 32;

/** A command on this machine. */
const LOCAL: Identity = { name: "local", role: "owner", account: null, scopes: null };

type Ports = Pick<DashboardPorts, "store" | "clock" | "secure" | "isLocalToken" | "randomBytes">;

/** The prefix makes browsers refuse the cookie from anybody but this very host over TLS. */
function cookieName(secure: boolean): string {
  return secure ? "__Host-waypost" : "waypost";
}

/** Signs a browser in: the cookie holds a random token, the database its hash. */
export async function signIn(c: Context, ports: Ports, userName: string): Promise<void> {
  const token = Buffer.from(ports.randomBytes(TOKEN_OCTETS)).toString("base64url");
  const now = ports.clock.now();
  await ports.store.write("putWebSession", {
    tokenHash: hashToken(token),
    userName,
    createdAt: now,
    expiresAt: now + SIGNED_IN_MS,
  });
  setCookie(c, cookieName(ports.secure), token, {
    httpOnly: true,
    sameSite: "Strict",
    secure: ports.secure,
    path: "/",
    maxAge: SIGNED_IN_MS / 1000,
  });
}

/** Signs a browser out. */
export async function signOut(c: Context, ports: Ports): Promise<void> {
  const token = getCookie(c, cookieName(ports.secure));
  await ports.store.write("endWebSessions", { tokenHash: hashToken(token ?? ""), now: ports.clock.now() });
  deleteCookie(c, cookieName(ports.secure), { path: "/", secure: ports.secure });
}

/** Lets nobody through who is not known: programs get 401, people the way to sign in. */
export function requireIdentity(ports: Ports): MiddlewareHandler<DashboardEnv> {
  return async (c, next) => {
    const identity = await identityOf(c, ports);
    if (identity) {
      c.set("identity", identity);
      return await next();
    }
    if (c.req.path.startsWith("/api/")) {
      throw new DashboardError(401, "SIGN_IN_FIRST", texts.errors.unauthorized);
    }
    const target = await isSetupOpen(ports) ? "/setup" : signInPath(c);
    if (c.req.header("hx-request") !== undefined) {
      c.header("hx-redirect", target);
      return c.body(null, 401);
    }
    return c.redirect(target, 303);
  };
}

async function identityOf(c: Context, ports: Ports): Promise<Identity | null> {
  const bearer = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (bearer !== undefined) {
    return c.req.path.startsWith("/api/") && ports.isLocalToken(bearer) ? LOCAL : null;
  }
  const token = getCookie(c, cookieName(ports.secure));
  if (token === undefined) return null;
  const found = await ports.store.read("webSessionOf", { tokenHash: hashToken(token) });
  if (!found || found.session.expiresAt <= ports.clock.now()) return null;
  const { name, role, account } = found.user;
  return { name, role, account, scopes: null };
}

function signInPath(c: Context): string {
  const { pathname, search } = new URL(c.req.url);
  return c.req.method === "GET" && pathname !== "/"
    ? `/sign-in?next=${encodeURIComponent(pathname + search)}`
    : "/sign-in";
}

/** A path of this dashboard to go to after signing in; anything else is the first page. */
export function safeNext(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(next) ? next : "/";
}

function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
