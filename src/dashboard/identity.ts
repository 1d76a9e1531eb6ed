/** Who asks: a signed-in browser by its cookie, or a command on this machine by its bearer token. */
import { isSameAccount } from "../identity/same-account.ts";
import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context, MiddlewareHandler } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { checkToken } from "../identity/tokens.ts";
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
/** That a browser was seen is noted this seldom. */
const SEEN_NOTED_EVERY_MS = 10 * 60_000;
/** Characters kept of what a browser calls itself. */
const BROWSER_CHARACTERS = 255;
const TOKEN_OCTETS = 32;

/** Where Prometheus asks. */
export const METRICS_PATH = "/metrics";
/** Prometheus, from a network that may ask without a token. */
const SCRAPER: Identity = { name: "metrics", role: "viewer", account: null, scopes: new Set(["metrics"]) };
/** A command on this machine; a user may have the same name, and is not it. */
export const LOCAL: Identity = { name: "local", role: "owner", account: null, scopes: null };

type Ports = Pick<
  DashboardPorts,
  "store" | "clock" | "secure" | "isLocalToken" | "randomBytes" | "describe" | "mayScrape"
>;

/** The prefix makes browsers refuse the cookie from anybody but this very host over TLS. */
function cookieName(secure: boolean): string {
  return secure ? "__Host-waypost" : "waypost";
}

/** Signs a browser in: the cookie holds a random token, the database its hash. */
export async function signIn(
  c: Context,
  ports: Pick<Ports, "store" | "clock" | "secure" | "randomBytes">,
  userName: string,
): Promise<void> {
  const token = Buffer.from(ports.randomBytes(TOKEN_OCTETS)).toString("base64url");
  const now = ports.clock.now();
  await ports.store.write("putWebSession", {
    tokenHash: hashToken(token),
    userName,
    createdAt: now,
    expiresAt: now + SIGNED_IN_MS,
    lastSeenAt: now,
    browser: c.req.header("user-agent")?.slice(0, BROWSER_CHARACTERS) ?? null,
    address: addressOf(c),
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
export async function signOut(c: Context, ports: Pick<Ports, "store" | "clock" | "secure">): Promise<void> {
  const tokenHash = sessionHash(c, ports) ?? "";
  await ports.store.write("endWebSessions", { tokenHash, now: ports.clock.now() });
  deleteCookie(c, cookieName(ports.secure), { path: "/", secure: ports.secure });
}

/** Names the browser that asks, for what is kept for it alone; nobody can guess it, and it tells nothing. */
export function browserOf(c: Context<DashboardEnv>, { secure }: Pick<DashboardPorts, "secure">): string {
  return `${c.get("identity").name}\0${hashToken(getCookie(c, cookieName(secure)) ?? "")}`;
}

/** Lets nobody through who is not known: programs get 401, people the way to sign in. */
export function requireIdentity(ports: Ports): MiddlewareHandler<DashboardEnv> {
  return async (c, next) => {
    const identity = await identityOf(c, ports);
    if (identity) {
      c.set("identity", identity);
      return await next();
    }
    if (isForPrograms(c)) {
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

/** Whether a path is for programs, which come with a token. */
export function isForPrograms(c: Context): boolean {
  return c.req.path.startsWith("/api/") || c.req.path === METRICS_PATH;
}

async function identityOf(c: Context, ports: Ports): Promise<Identity | null> {
  const header = c.req.header("authorization");
  if (header !== undefined) {
    const bearer = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(header)?.[1];
    if (bearer === undefined || !isForPrograms(c)) return null;
    if (ports.isLocalToken(bearer)) return LOCAL;
    const token = await checkToken(ports, bearer);
    return token && { name: `token ${token.name}`, role: "owner", account: null, scopes: token.scopes };
  }
  const tokenHash = sessionHash(c, ports);
  if (tokenHash !== null) return await browserIdentity(ports, tokenHash);
  return c.req.path === METRICS_PATH && ports.mayScrape(addressOf(c)) ? SCRAPER : null;
}

/** Tells of a request that goes on for long whether who asked is still there, in the same role. */
export function watchIdentity(c: Context<DashboardEnv>, ports: Ports): () => Promise<boolean> {
  const { role, account } = c.get("identity");
  return async () => {
    const now = await identityOf(c, ports);
    return now !== null && now.role === role && now.account === account;
  };
}

async function browserIdentity(ports: Ports, tokenHash: string): Promise<Identity | null> {
  const found = await ports.store.read("webSessionOf", { tokenHash });
  const now = ports.clock.now();
  if (!found || found.session.expiresAt <= now) return null;
  const { name, role, account } = found.user;
  if (role === "person" && !hasAccount(ports, account)) return null;
  if (now - (found.session.lastSeenAt ?? 0) > SEEN_NOTED_EVERY_MS) {
    await ports.store.write("noteBrowserSeen", { tokenHash, lastSeenAt: now });
  }
  return { name, role, account, scopes: null };
}

/** Whether the account of a person is still there. */
export function hasAccount({ describe }: Pick<DashboardPorts, "describe">, account: string | null): boolean {
  return account !== null && describe().accounts.some(({ login }) => isSameAccount(login, account));
}

/** The hash of the token of a browser that says it is signed in; null: it does not. */
export function sessionHash(c: Context, { secure }: Pick<DashboardPorts, "secure">): string | null {
  const token = getCookie(c, cookieName(secure));
  return token === undefined ? null : hashToken(token);
}

/** The client's address; "" where there is no connection (requests made within the process). */
export function addressOf(c: Context): string {
  return c.env && "incoming" in c.env ? getConnInfo(c).remote.address ?? "" : "";
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
