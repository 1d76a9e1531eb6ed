import { type Context, Hono, type MiddlewareHandler } from "hono";
import { getLogger } from "@logtape/logtape";
import { StoreError } from "../store/errors.ts";
import { errorPage, framedErrorPage } from "../../web/views/error.ts";
import { texts } from "../../web/texts.ts";
import { declare, requireAccess } from "./access.ts";
import { createAccessPages } from "./access-requests.ts";
import { createApi } from "./api.ts";
import { checkForm, limitBody } from "./body-limit.ts";
import { compressText } from "./compress.ts";
import { startCounters } from "./counters.ts";
import { createDesk } from "./desk.ts";
import { createDoor } from "./door.ts";
import { DashboardError } from "./errors.ts";
import { troubleText } from "./health.ts";
import { checkHost, checkOrigin, dropBodyOfHead, setSecurityHeaders } from "./guard.ts";
import { type DashboardEnv, type Identity, METRICS_PATH, requireIdentity } from "./identity.ts";
import { createLetterPages } from "./letter-requests.ts";
import { createMailListPages } from "./mail-list-requests.ts";
import { createMailPages } from "./mail-requests.ts";
import { METRICS_TYPE } from "./metrics.ts";
import { createPages, frameOf } from "./pages.ts";
import type { DashboardPorts } from "./ports.ts";
import { createSetupPages } from "./settings-pages.ts";
import { createSourcePages } from "./source-requests.ts";
import { createStatic } from "./static.ts";
import { createTrialPages } from "./trial-requests.ts";
import { createUpstreamPages } from "./upstream-requests.ts";

/** Prometheus, with a token or from a network that the settings name; owners and viewers too. */
const allowScrape = declare<MiddlewareHandler<DashboardEnv>>((_c, next) => next(), {
  who: ["owner", "viewer"],
  scope: "metrics",
});
/** The largest body of a request, octets: forms and short JSON. */
const MAX_BODY_OCTETS = 16 * 1024;

/**
 * Makes the dashboard: pages, JSON API and live events, behind sign-in. Serve it with serveDashboard; make the set-up
 * code with renewSetupCode (setup.ts) at each start. `counters`: those that count already; absent: it counts from now on.
 */
export function createDashboard(ports: DashboardPorts, counters = startCounters(ports)): Hono<DashboardEnv> {
  const desk = createDesk(ports, counters);
  const app = new Hono<DashboardEnv>();
  app.use(dropBodyOfHead);
  app.use(setSecurityHeaders(ports.secure));
  app.use(compressText);
  app.use(checkHost([ports.hostname, ...ports.trustedHosts]));
  app.use(checkOrigin(ports.secure));
  app.use(limitBody(MAX_BODY_OCTETS));
  app.use(checkForm);
  app.route("/assets", createStatic());
  app.route("/", createDoor(desk));
  app.use(requireIdentity(ports));
  app.use(requireAccess);
  app.get(METRICS_PATH, allowScrape, async (c) => {
    return c.body(await desk.metrics.read(), 200, { "content-type": METRICS_TYPE });
  });
  app.route("/api/v1", createApi(desk));
  app.route("/", createAccessPages(desk));
  app.route("/", createMailListPages(desk));
  app.route("/", createLetterPages(desk));
  app.route("/", createMailPages(desk));
  app.route("/", createUpstreamPages(desk));
  app.route("/", createSourcePages(desk));
  app.route("/", createTrialPages(desk));
  app.route("/", createPages(desk));
  app.route("/", createSetupPages(ports));
  app.notFound((c) => answer(ports, c, new DashboardError(404, "NOT_FOUND", texts.errors.notFound)));
  app.onError((error, c) => answer(ports, c, error));
  return app;
}

/** One exit for everything that went wrong: JSON for programs, a page for people, the cause for the log alone. */
function answer(ports: DashboardPorts, c: Context<DashboardEnv>, error: unknown): Response | Promise<Response> {
  const { path } = c.req;
  const known = error instanceof DashboardError ? error : failureOf(error);
  // Nobody waits for the answer, and anybody can do that as often as they like.
  if (isLeft(error)) return c.body(null, 400);
  if (known.status === 500 || known.code === "STORE") {
    getLogger(["waypost", "dashboard"]).error("{path}: {error}", { path, error });
  }
  if (path.startsWith("/api/") || path === METRICS_PATH) {
    return Response.json({ error: { code: known.code, message: known.message } }, { status: known.status });
  }
  // Not set where the request did not get as far as that.
  const identity: Identity | undefined = c.get("identity");
  if (identity === undefined) return c.html(errorPage(known.message), known.status);
  const title = known.status === 404 ? texts.errors.notFoundTitle : texts.errors.title;
  return c.html(framedErrorPage(frameOf(ports, identity, path), title, known.message), known.status);
}

/** What was not foreseen: where the store is to blame, its words say what to do. */
function failureOf(cause: unknown): DashboardError {
  return cause instanceof StoreError
    ? new DashboardError(503, "STORE", troubleText(cause), { cause })
    : new DashboardError(500, "INTERNAL", texts.errors.internal, { cause });
}

/** Whether the client has gone before its request was whole. */
function isLeft(error: unknown): boolean {
  return error instanceof Error && error.message === "aborted" && "code" in error && error.code === "ECONNRESET";
}
