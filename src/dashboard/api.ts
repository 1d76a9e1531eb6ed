import { Hono } from "hono";
import { texts } from "../../web/texts.ts";
import { createAccessApi } from "./access-api.ts";
import { api } from "./api-route.ts";
import type { Desk } from "./desk.ts";
import { createSetupApi } from "./entry-api.ts";
import { countSources, narrowFetch } from "./fetching.ts";
import { healthText } from "./health.ts";
import type { DashboardEnv } from "./identity.ts";
import * as input from "./input.ts";
import { createMailApi } from "./mail-requests.ts";
import * as output from "./output.ts";
import { readQueueFigures } from "./overview.ts";
import { narrowedTo, requireVisible, visible } from "./own.ts";
import type { DashboardPorts } from "./ports.ts";
import { createQueueApi, filterOf } from "./queue-requests.ts";
import { readMailbox, readMessage, readQueue, search } from "./reads-mail.ts";
import { readMailboxes } from "./reads-mailboxes.ts";
import { readSession, readSessions } from "./reads-sessions.ts";
import { readTraffic } from "./reads-traffic.ts";
import { readUpstreams } from "./upstreams.ts";

/**
 * The JSON API, under /api/v1: what the pages show, for programs. Models are those of web/models.ts, written as json.ts
 * says; errors are `{"error": {"code", "message"}}` with the status that fits.
 */
export function createApi(desk: Desk): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  addTraffic(app, desk);
  addSessions(app, desk);
  addMail(app, desk);
  addActions(app, desk.ports);
  app.route("/", createAccessApi(desk.ports));
  app.route("/", createMailApi(desk.ports));
  app.route("/", createQueueApi(desk.ports));
  app.route("/", createSetupApi(desk.ports));
  return app;
}

/** What moved: in all, and phase by phase. */
function addTraffic(app: Hono<DashboardEnv>, desk: Desk): void {
  const { ports, overview } = desk;
  api(app, "get", "/overview", {
    summary: "Whether mail moves, in words and figures",
    who: ["owner", "viewer"],
    scope: "read",
    query: input.overviewQuery,
    returns: output.anything,
  }, async ({ query: { chart = "hour" } }) => {
    const found = await overview(chart);
    return { hostname: ports.hostname, version: ports.version, ...found, sentence: healthText(found.health) };
  });

  api(app, "get", "/traffic", {
    summary: "A hop's traffic, phase by phase",
    who: ["owner", "viewer"],
    scope: "read",
    query: input.trafficQuery,
    returns: output.anything,
  }, ({ query }) => readTraffic(ports, query));

  api(app, "get", "/events", {
    summary: "What moves, live",
    who: ["owner", "viewer", "person"],
    scope: "read",
    returns: { contentType: "text/event-stream" },
    errors: [503],
  }, ({ identity }) => desk.hubFor(narrowedTo(identity)).open());
}

function addSessions(app: Hono<DashboardEnv>, { ports, live }: Desk): void {
  api(app, "get", "/sessions", {
    summary: "Sessions, the newest first",
    who: ["owner", "viewer", "person"],
    scope: "read",
    query: input.sessionQuery,
    returns: output.anything,
  }, ({ query, identity }) => readSessions(ports, live, { ...query, account: narrowedTo(identity) }));

  api(app, "get", "/sessions/:id", {
    summary: "A session with its phases, its transcript and what it led to",
    who: ["owner", "viewer", "person"],
    scope: "read",
    params: input.idParam,
    returns: output.anything,
    errors: [404],
  }, async ({ params: { id }, identity }) => {
    return requireVisible(identity, await readSession(ports, live, id, identity), texts.message.sessionGone);
  });
}

function addMail(app: Hono<DashboardEnv>, { ports }: Desk): void {
  api(app, "get", "/queue", {
    summary: "Messages of the queue, the soonest due first, and how many wait for what",
    who: ["owner", "viewer"],
    scope: "read",
    query: input.queueQuery,
    returns: output.anything,
  }, async ({ query: { limit, ...match } }) => {
    const messages = await readQueue(ports, limit, filterOf(match, ports.clock.now()));
    return { ...await readQueueFigures(ports), messages };
  });

  api(app, "get", "/upstreams", {
    summary: "Upstreams and their pace",
    who: ["owner", "viewer"],
    scope: "read",
    returns: output.anything,
  }, () => ({ upstreams: readUpstreams(ports) }));

  api(
    app,
    "get",
    "/messages/:id",
    {
      summary: "A message of the queue or of a mailbox with its journey",
      who: ["owner", "viewer", "person"],
      scope: "read",
      params: input.idParam,
      returns: output.anything,
      errors: [404],
    },
    async ({ params: { id }, identity }) => requireVisible(identity, await readMessage(ports, id), texts.message.gone),
  );

  api(app, "get", "/mailboxes", {
    summary: "Mailboxes and the sources that fill them",
    who: ["owner", "viewer", "person"],
    scope: "read",
    returns: output.anything,
  }, async ({ identity }) => ({ mailboxes: visible(identity, await readMailboxes(ports, true)) }));

  api(app, "get", "/mailboxes/:id", {
    summary: "A mailbox with its newest messages",
    who: ["owner", "viewer", "person"],
    scope: "read",
    params: input.idParam,
    returns: output.anything,
    errors: [404],
  }, async ({ params: { id }, identity }) => {
    return requireVisible(identity, await readMailbox(ports, id), texts.mailboxes.gone);
  });

  api(app, "get", "/search", {
    summary: "Messages by id, Message-ID, sender, recipient or subject",
    who: ["owner", "viewer", "person"],
    scope: "read",
    query: input.searchQuery,
    returns: output.anything,
  }, ({ query, identity }) => search(ports, { ...query, account: narrowedTo(identity) }));
}

function addActions(app: Hono<DashboardEnv>, ports: DashboardPorts): void {
  api(app, "post", "/fetch", {
    summary: "Polls sources now; answers when the polls have ended",
    who: ["owner", "person"],
    scope: "mailboxes",
    body: input.fetchBody,
    returns: output.anything,
    errors: [404],
  }, async ({ body: { resume, ...asked }, identity }) => {
    const which = narrowFetch(identity, asked);
    countSources(ports, which);
    return { sources: await ports.fetchNow(which, resume) };
  });

  api(app, "get", "/logins", {
    summary: "Failed logins of mail programs",
    who: ["owner", "viewer"],
    scope: "read",
    returns: output.anything,
  }, () => ({ failed: ports.failedLogins() }));

  api(app, "post", "/logins/lift", {
    summary: "Forgets what is counted against an address or a login, its ban too",
    who: ["owner"],
    scope: "settings",
    body: input.suspectBody,
    returns: output.anything,
  }, ({ body }) => ({ lifted: ports.liftLogin(body) }));

  api(app, "post", "/reload", {
    summary: "Reads what commands changed in the database anew",
    who: ["owner"],
    scope: "settings",
    returns: output.anything,
  }, async () => {
    await ports.reload();
    return { reloaded: true };
  });
}
