import { Hono } from "hono";
import { texts } from "../../web/texts.ts";
import { DashboardError } from "./errors.ts";
import { countSources } from "./fetching.ts";
import { healthText } from "./health.ts";
import type { DashboardEnv } from "./identity.ts";
import * as input from "./input.ts";
import { toApi } from "./json.ts";
import { createMailApi } from "./mail-requests.ts";
import { createQueueApi, filterOf } from "./queue-requests.ts";
import { readQueueFigures } from "./overview.ts";
import { readMailbox, readMessage, readQueue, search } from "./reads-mail.ts";
import { readMailboxes } from "./reads-mailboxes.ts";
import { readSession, readSessions } from "./reads-sessions.ts";
import { readTraffic } from "./reads-traffic.ts";
import { readUpstreams } from "./upstreams.ts";
import type { Desk } from "./desk.ts";
import type { DashboardPorts } from "./ports.ts";

/**
 * The JSON API, under /api/v1: what the pages show, for programs. Models are those of web/models.ts, written as json.ts
 * says; errors are `{"error": {"code", "message"}}` with the status that fits.
 */
export function createApi(desk: Desk): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  const { ports, hub } = desk;

  addTraffic(app, desk);

  app.get("/queue", async (c) => {
    const { limit, ...match } = input.read(input.queueQuery, c.req.query());
    const messages = await readQueue(ports, limit, filterOf(match, ports.clock.now()));
    return c.json(toApi({ ...await readQueueFigures(ports), messages }));
  });

  app.get("/upstreams", (c) => c.json(toApi({ upstreams: readUpstreams(ports) })));

  app.get("/messages/:id", async (c) => {
    const message = await readMessage(ports, input.read(input.idParam, c.req.param()).id);
    if (!message) throw new DashboardError(404, "NOT_FOUND", texts.message.gone);
    return c.json(toApi(message));
  });

  app.get("/mailboxes", async (c) => c.json(toApi({ mailboxes: await readMailboxes(ports, true) })));

  app.get("/mailboxes/:id", async (c) => {
    const mailbox = await readMailbox(ports, input.read(input.idParam, c.req.param()).id);
    if (!mailbox) throw new DashboardError(404, "NOT_FOUND", texts.mailboxes.gone);
    return c.json(toApi(mailbox));
  });

  app.get("/search", async (c) => {
    return c.json(toApi(await search(ports, input.read(input.searchQuery, c.req.query()))));
  });

  app.get("/logins", (c) => c.json(toApi({ failed: ports.failedLogins() })));

  app.get("/events", () => hub.open());

  addActions(app, ports);
  app.route("/", createMailApi(ports));
  app.route("/", createQueueApi(ports));
  return app;
}

/** What moved: in all, phase by phase, session by session. */
function addTraffic(app: Hono<DashboardEnv>, { ports, live, overview }: Desk): void {
  app.get("/overview", async (c) => {
    const { chart = "hour" } = input.read(input.overviewQuery, c.req.query());
    const found = await overview(chart);
    return c.json(
      toApi({ hostname: ports.hostname, version: ports.version, ...found, sentence: healthText(found.health) }),
    );
  });

  app.get("/traffic", async (c) => {
    return c.json(toApi(await readTraffic(ports, input.read(input.trafficQuery, c.req.query()))));
  });

  app.get("/sessions", async (c) => {
    return c.json(toApi(await readSessions(ports, live, input.read(input.sessionQuery, c.req.query()))));
  });

  app.get("/sessions/:id", async (c) => {
    const session = await readSession(ports, live, input.read(input.idParam, c.req.param()).id);
    if (!session) throw new DashboardError(404, "NOT_FOUND", texts.message.sessionGone);
    return c.json(toApi(session));
  });
}

/** What changes something: for owners alone. */
function addActions(app: Hono<DashboardEnv>, ports: DashboardPorts): void {
  app.post("/fetch", async (c) => {
    const { resume, ...which } = input.read(input.fetchBody, input.parseJson(await c.req.text()));
    countSources(ports, which);
    return c.json({ sources: await ports.fetchNow(which, resume) });
  });

  app.post("/logins/lift", async (c) => {
    return c.json({ lifted: ports.liftLogin(input.read(input.suspectBody, input.parseJson(await c.req.text()))) });
  });

  app.post("/reload", async (c) => {
    await ports.reload();
    return c.json({ reloaded: true });
  });
}
