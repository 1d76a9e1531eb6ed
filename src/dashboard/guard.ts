/** What every request passes before anything else: is it for us, does it come from our own pages, what may its page do. */
import { isIP } from "node:net";
import type { MiddlewareHandler } from "hono";
import { texts } from "../../web/texts.ts";
import { DashboardError } from "./errors.ts";
import { isForPrograms } from "./identity.ts";

/** Nothing inline, nothing from elsewhere: stored text that slips through as HTML stays inert. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  // The HTML of letters, which is held by its own policy.
  "frame-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

/** For how long browsers are to come by TLS alone, once they have: a year. */
const STRICT_TRANSPORT = "max-age=31536000";

/**
 * Sets the security headers of every answer, but for those that it has set itself: letters have stricter ones. Pages are not
 * kept by caches unless they say otherwise.
 * @param secure whether the dashboard speaks TLS
 */
export const setSecurityHeaders = (secure: boolean): MiddlewareHandler => async (c, next) => {
  await next();
  if (secure) c.res.headers.set("strict-transport-security", STRICT_TRANSPORT);
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  }
  if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
};

/**
 * Refuses requests for a name that is not ours. A foreign page can make its own name point to this machine (DNS
 * rebinding) and would then share an origin with the dashboard; it cannot make the browser send another Host.
 */
export function checkHost(names: readonly string[]): MiddlewareHandler {
  const known = new Set(["localhost", ...names].map((name) => name.toLowerCase().replace(/\.$/, "")));
  return async (c, next) => {
    const host = c.req.header("host") ?? "";
    if (!isKnownHost(host, known)) throw new DashboardError(421, "WRONG_HOST", texts.errors.host(host.slice(0, 255)));
    await next();
  };
}

function isKnownHost(host: string, known: ReadonlySet<string>): boolean {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(:\d{1,5})?$/i.exec(host);
  if (!match) return false;
  const name = match[1]!.toLowerCase().replace(/\.$/, "");
  return known.has(name) || isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0;
}

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses requests that change something and were not made by our own pages (CSRF). Browsers say where a request comes
 * from in headers that a page cannot set; one that says nothing is refused, unless it is for the API and carries a bearer
 * token, which no browser adds by itself (a name and a password it does, from an address such as http://name:word@host/).
 * @param secure whether the dashboard speaks TLS: a page of the same name in the clear is not ours then
 */
export const checkOrigin = (secure: boolean): MiddlewareHandler => async (c, next) => {
  if (!SAFE_METHODS.has(c.req.method) && !(isForPrograms(c) && hasBearer(c.req.header("authorization")))) {
    const site = c.req.header("sec-fetch-site");
    const origin = c.req.header("origin");
    const isOwn = site === "same-origin" ||
      (site === undefined && isOriginOf(origin, c.req.header("host") ?? "", secure));
    if (!isOwn) throw new DashboardError(403, "WRONG_ORIGIN", texts.errors.origin);
  }
  await next();
};

function hasBearer(authorization: string | undefined): boolean {
  return authorization !== undefined && /^Bearer /i.test(authorization);
}

/** In the clear a proxy that speaks TLS may stand before us. */
function isOriginOf(origin: string | undefined, host: string, secure: boolean): boolean {
  if (origin === undefined || !URL.canParse(origin)) return false;
  const url = new URL(origin);
  const isScheme = url.protocol === "https:" || (url.protocol === "http:" && !secure);
  return isScheme && url.host === host.toLowerCase();
}

/** A HEAD is answered as its GET would be, and nobody reads the rest: what was opened for it must not wait for a reader. */
export const dropBodyOfHead: MiddlewareHandler = async (c, next) => {
  await next();
  if (c.req.method === "HEAD") await c.res.body?.cancel();
};
