import { getLogger } from "@logtape/logtape";
import { type Context, Hono } from "hono";
import { formatId } from "../store/ids.ts";
import { texts } from "../../web/texts.ts";
import { mailboxesPage, mailboxPage } from "../../web/views/mailboxes.ts";
import { messagePage } from "../../web/views/message.ts";
import { overviewPage } from "../../web/views/overview.ts";
import { queuePage } from "../../web/views/queue.ts";
import { searchPage } from "../../web/views/search.ts";
import { sessionPage } from "../../web/views/session.ts";
import { sessionsPage } from "../../web/views/sessions.ts";
import type { Frame } from "../../web/views/layout.ts";
import type { Desk } from "./desk.ts";
import { DashboardError } from "./errors.ts";
import type { DashboardEnv } from "./identity.ts";
import * as input from "./input.ts";
import { readQueueFigures } from "./overview.ts";
import { readMailbox, readMailboxes, readMessage, readQueue, search } from "./reads-mail.ts";
import { readSession, readSessions } from "./reads-sessions.ts";

/** What an action on the queue came to, as the address of the page after it says. */
const ACTED = ["retry", "hold", "release", "remove", "none"] as const;

/** Makes the pages. They read through the same functions as the API, so they show the same. */
export function createPages(desk: Desk): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  const { ports, live, overview } = desk;
  const frame = (c: Context<DashboardEnv>): Frame => ({
    user: c.get("identity").name,
    mayAct: c.get("identity").role === "owner",
    path: c.req.path,
    hostname: ports.hostname,
    version: ports.version,
    endpoints: ports.endpoints(),
  });

  app.get("/", async (c) => c.html(overviewPage(frame(c), await overview())));

  app.get("/sessions", async (c) => {
    const query = input.read(input.sessionQuery, c.req.query());
    return c.html(sessionsPage(frame(c), await readSessions(ports, live, query), query));
  });

  app.get("/sessions/:id", async (c) => {
    const session = await readSession(ports, live, input.read(input.idParam, c.req.param()).id);
    if (!session) throw new DashboardError(404, "NOT_FOUND", texts.message.sessionGone);
    return c.html(sessionPage(frame(c), session));
  });

  app.get("/queue", async (c) => {
    const { limit } = input.read(input.queueQuery, c.req.query());
    const [figures, messages] = await Promise.all([readQueueFigures(ports), readQueue(ports, limit)]);
    const page = { figures, messages, limit, now: ports.clock.now(), acted: actedOf(c) };
    return c.html(queuePage(frame(c), page));
  });

  app.get("/messages/:id", async (c) => {
    const message = await readMessage(ports, input.read(input.idParam, c.req.param()).id);
    if (!message) throw new DashboardError(404, "NOT_FOUND", texts.message.gone);
    return c.html(messagePage(frame(c), message, ports.clock.now(), actedOf(c)));
  });

  app.get("/mailboxes", async (c) => {
    const fetching = /^\d{1,6}$/.test(c.req.query("fetching") ?? "") ? Number(c.req.query("fetching")) : null;
    return c.html(mailboxesPage(frame(c), await readMailboxes(ports, true), ports.clock.now(), fetching));
  });

  app.get("/mailboxes/:id", async (c) => {
    const mailbox = await readMailbox(ports, input.read(input.idParam, c.req.param()).id);
    if (!mailbox) throw new DashboardError(404, "NOT_FOUND", texts.mailboxes.gone);
    return c.html(mailboxPage(frame(c), mailbox, ports.clock.now()));
  });

  app.get("/search", async (c) => {
    const found = await search(ports, input.read(input.searchQuery, c.req.query()).q);
    if (found.only) return c.redirect(`/${found.only.kind}s/${formatId(found.only.id)}`, 303);
    return c.html(searchPage(frame(c), found));
  });

  addActions(app, desk);
  return app;
}

function addActions(app: Hono<DashboardEnv>, { ports }: Desk): void {
  app.post("/queue/:id/:action", async (c) => {
    const { id, action } = input.read(input.actionParam, c.req.param());
    const changed = await ports.queueAct(id, action);
    const form = await c.req.parseBody();
    const page = form["from"] === "message" ? `/messages/${formatId(id)}` : "/queue";
    return c.redirect(`${page}?acted=${changed > 0 ? action : "none"}`, 303);
  });

  app.post("/mailboxes/fetch", async (c) => {
    const { account } = input.read(input.fetchBody, await c.req.parseBody());
    // A poll may take minutes: the page shows it as it goes.
    ports.fetchNow(account ?? null).catch((error: unknown) => {
      getLogger(["waypost", "dashboard"]).error("fetching failed: {error}", { error });
    });
    const accounts = ports.describe().accounts.filter(({ login }) => account === undefined || login === account);
    return c.redirect(`/mailboxes?fetching=${accounts.flatMap(({ sources }) => sources).length}`, 303);
  });
}

function actedOf(c: Context): keyof typeof texts.queue.acted | null {
  return ACTED.find((name) => name === c.req.query("acted")) ?? null;
}
