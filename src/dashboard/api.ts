import { Hono } from "hono";
import { texts } from "../../web/texts.ts";
import { createAccessApi } from "./access-api.ts";
import { api, describedRoutes } from "./api-route.ts";
import type { Desk } from "./desk.ts";
import { createSetupApi } from "./entry-api.ts";
import { countSources, narrowFetch } from "./fetching.ts";
import { liftLogin, noteResume } from "./noted.ts";
import { healthText } from "./health.ts";
import { type DashboardEnv, watchIdentity } from "./identity.ts";
import * as input from "./input.ts";
import { createLetterApi } from "./letter-requests.ts";
import { createMailListApi } from "./mail-list-requests.ts";
import { createMailApi } from "./mail-requests.ts";
import * as output from "./output.ts";
import * as mailOutput from "./output-mail.ts";
import * as overviewOutput from "./output-overview.ts";
import * as trafficOutput from "./output-traffic.ts";
import { readQueueFigures } from "./overview.ts";
import { narrowedTo, ownView, requireVisible, visible } from "./own.ts";
import type { DashboardPorts } from "./ports.ts";
import { createQueueApi, filterOf } from "./queue-requests.ts";
import { readMailbox, readMessage, readQueue } from "./reads-mail.ts";
import { readMailboxes } from "./reads-mailboxes.ts";
import { readSession, readSessions } from "./reads-sessions.ts";
import { readTraffic } from "./reads-traffic.ts";
import { createSourceApi } from "./source-requests.ts";
import { createUpstreamApi } from "./upstream-requests.ts";

/**
 * The JSON API, under /api/v1: what the pages show, for programs. Models are those of web/models.ts, written as json.ts
 * says; errors are `{"error": {"code", "message"}}` with the status that fits.
 */
export function createApi(desk: Desk): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  addTraffic(app, desk);
  addSessions(app, desk);
  addMail(app, desk);
  addMailboxes(app, desk);
  addActions(app, desk.ports);
  app.route("/", createAccessApi(desk.ports));
  app.route("/", createMailListApi(desk.ports));
  app.route("/", createLetterApi(desk.ports));
  app.route("/", createMailApi(desk.ports));
  app.route("/", createQueueApi(desk.ports));
  app.route("/", createSetupApi(desk.ports));
  api(app, "get", "/openapi.json", {
    summary: "This description, OpenAPI 3.1",
    who: ["owner", "viewer", "person"],
    scope: "read",
    returns: { contentType: "application/json" },
  }, async ({ c }) => {
    // Few ever ask: what it takes is not loaded before.
    const { describeApi } = await import("./openapi.ts");
    return c.json(describeApi(describedRoutes(app), { version: desk.ports.version, base: "/api/v1" }));
  });
  app.route("/", createUpstreamApi(desk));
  app.route("/", createSourceApi(desk));
  return app;
}

/** What moved: in all, and phase by phase. */
function addTraffic(app: Hono<DashboardEnv>, desk: Desk): void {
  const { ports, overview } = desk;
  api(app, "get", "/overview", {
    summary: "Whether mail moves, in words and figures",
    description: "Figures are of the last hour; a session counts when it ends. `chart` names the range of the chart.",
    who: ["owner", "viewer"],
    scope: "read",
    query: input.overviewQuery,
    returns: overviewOutput.overview,
  }, async ({ query: { chart = "hour" } }) => {
    const found = await overview(chart);
    return { hostname: ports.hostname, version: ports.version, ...found, sentence: healthText(found.health) };
  });

  api(app, "get", "/traffic", {
    summary: "A hop's traffic, phase by phase",
    description:
      "`peer` is a client by address, an upstream or a source by name; `share` is the phase's part of the time, 0 to 1; the last bucket of `course` is under way. `countedFrom`: `minutes`, exact; with a `peer` `sessions`, those that are kept, at most the newest `limitedTo` (null: all).",
    who: ["owner", "viewer"],
    scope: "read",
    query: input.trafficQuery,
    returns: trafficOutput.traffic,
  }, ({ query }) => readTraffic(ports, query));

  api(app, "get", "/events", {
    summary: "What moves, live",
    description:
      "Server-sent events: `pulse`, at most one a second, what happened on each hop; `changed`, there is something new to show. A person hears of its own sessions alone.",
    who: ["owner", "viewer", "person"],
    scope: "read",
    returns: { contentType: "text/event-stream" },
    errors: [503],
  }, ({ c, identity }) => {
    return desk.hubFor(narrowedTo(identity)).open({ name: identity.name, isStillIn: watchIdentity(c, ports) });
  });
}

function addSessions(app: Hono<DashboardEnv>, { ports, live }: Desk): void {
  api(app, "get", "/sessions", {
    summary: "Sessions, the newest first",
    description:
      "Those that are open on top. `phase`: in which they ended; `from`, `to`: they ended at or after the one time and before the other, `2026-06-01T14:05:00Z`; `outcome` `unfinished`: any but `completed`; `before`: the id for the next page.",
    who: ["owner", "viewer", "person"],
    scope: "read",
    query: input.sessionQuery,
    returns: trafficOutput.sessions,
  }, ({ query, identity }) => readSessions(ports, live, { ...query, account: narrowedTo(identity) }));

  api(app, "get", "/sessions/:id", {
    summary: "A session with its phases, its transcript and what it led to",
    description: "Secrets are taken out of the `transcript`; it is null once it is no longer kept.",
    who: ["owner", "viewer", "person"],
    scope: "read",
    params: input.idParam,
    returns: trafficOutput.session,
    errors: [404],
  }, async ({ params: { id }, identity }) => {
    return requireVisible(identity, await readSession(ports, live, id, identity), texts.message.sessionGone);
  });
}

function addMail(app: Hono<DashboardEnv>, { ports }: Desk): void {
  api(app, "get", "/queue", {
    summary: "Messages of the queue, the soonest due first, and how many wait for what",
    description:
      "`sender` and `recipient` are patterns, in which * may stand for anything; `age` such as `4h`: older than that.",
    who: ["owner", "viewer"],
    scope: "read",
    query: input.queueQuery,
    returns: mailOutput.queue,
  }, async ({ query: { limit, ...match } }) => {
    const messages = await readQueue(ports, limit, filterOf(match, ports.clock.now()));
    return { ...await readQueueFigures(ports), messages };
  });

  api(app, "get", "/queue/turns", {
    summary: "Messages that are next to be sent and whose turn has not come, and upstreams that are away",
    description: "`perMinute`: messages a minute that go to the upstream; null: they wait for a connection. " +
      "`awaited`: what waits for such an upstream goes as soon as it answers; `askedAt` says when it is asked next.",
    who: ["owner", "viewer"],
    scope: "read",
    returns: mailOutput.turns,
  }, () => ({
    turns: [...ports.turns?.() ?? []].map(([id, turn]) => ({ id, ...turn })),
    awaited: [...ports.awaited?.() ?? []].map(([upstream, askedAt]) => ({ upstream, askedAt })),
  }));

  api(
    app,
    "get",
    "/messages/:id",
    {
      summary: "A message of the queue or of a mailbox with its journey",
      who: ["owner", "viewer", "person"],
      scope: "read",
      params: input.idParam,
      returns: mailOutput.anyMessage,
      errors: [404],
    },
    async ({ params: { id }, identity }) => requireVisible(identity, await readMessage(ports, id), texts.message.gone),
  );
}

function addMailboxes(app: Hono<DashboardEnv>, { ports }: Desk): void {
  api(app, "get", "/mailboxes", {
    summary: "Mailboxes and the sources that fill them",
    who: ["owner", "viewer", "person"],
    scope: "read",
    returns: mailOutput.mailboxes,
  }, async ({ identity }) => {
    const mailboxes = visible(identity, await readMailboxes(ports, true));
    return { mailboxes: mailboxes.map((box) => ownView(identity, box)) };
  });

  api(app, "get", "/mailboxes/:id", {
    summary: "A mailbox with its newest messages",
    who: ["owner", "viewer", "person"],
    scope: "read",
    params: input.idParam,
    returns: mailOutput.oneMailbox,
    errors: [404],
  }, async ({ params: { id }, identity }) => {
    return ownView(identity, requireVisible(identity, await readMailbox(ports, id), texts.mailboxes.gone));
  });
}

function addActions(app: Hono<DashboardEnv>, ports: DashboardPorts): void {
  api(app, "post", "/fetch", {
    summary: "Polls sources now; answers when the polls have ended",
    description: "Without a body all sources are meant; `resume` lets those go on that were paused to ask the owner.",
    who: ["owner", "person"],
    scope: "mailboxes",
    body: input.fetchBody,
    returns: output.polled,
    errors: [404],
  }, async ({ body: { resume, ...asked }, identity }) => {
    const which = narrowFetch(identity, asked);
    countSources(ports, which);
    await noteResume(ports, which, resume, identity.name);
    return { sources: await ports.fetchNow(which, resume) };
  });

  api(app, "get", "/logins", {
    summary: "Failed logins of mail programs",
    description:
      "Each by `address` or by `login`; half of the failures are forgotten in `logins.half_life`. An IPv6 address stands for its network of 64 bits.",
    who: ["owner", "viewer"],
    scope: "read",
    returns: mailOutput.failedLogins,
  }, () => ({ failed: ports.failedLogins() }));

  api(app, "post", "/logins/lift", {
    summary: "Forgets what is counted against an address or a login, its ban too",
    description: "Expects either of the two; `lifted` is false where there was nothing.",
    who: ["owner"],
    scope: "settings",
    body: input.suspectBody,
    returns: output.lifted,
  }, async ({ body, identity }) => ({ lifted: await liftLogin(ports, body, identity.name) }));

  api(app, "post", "/reload", {
    summary: "Reads what commands changed in the database anew",
    who: ["owner"],
    scope: "settings",
    returns: output.done("reloaded"),
  }, async () => {
    await ports.reload();
    return { reloaded: true };
  });
}
