import { getLogger } from "@logtape/logtape";
import { type Context, Hono } from "hono";
import { parseId } from "../store/ids.ts";
import { texts } from "../../web/texts.ts";
import { loginsPage } from "../../web/views/logins.ts";
import { mailboxesPage, mailboxPage } from "../../web/views/mailboxes.ts";
import { messagePage } from "../../web/views/message.ts";
import { overviewPage } from "../../web/views/overview.ts";
import { queuePage } from "../../web/views/queue.ts";
import { sessionPage } from "../../web/views/session.ts";
import { sessionsPage } from "../../web/views/sessions.ts";
import { trafficPage } from "../../web/views/traffic.ts";
import type { Frame } from "../../web/views/layout.ts";
import type { Desk } from "./desk.ts";
import { allow } from "./access.ts";
import { countSources, narrowFetch } from "./fetching.ts";
import { liftLogin, noteResume } from "./noted.ts";
import type { DashboardEnv, Identity } from "./identity.ts";
import * as input from "./input.ts";
import { type Belonging, narrowedTo, ownView, requireVisible, visible } from "./own.ts";
import type { DashboardPorts } from "./ports.ts";
import { readLetterPage } from "./letter-requests.ts";
import { createQueuePages, filterOf } from "./queue-requests.ts";
import { readQueueFigures } from "./overview.ts";
import { readMailbox, readMessage, readQueue } from "./reads-mail.ts";
import { readMailboxes } from "./reads-mailboxes.ts";
import { readSession, readSessions } from "./reads-sessions.ts";
import { readTraffic } from "./reads-traffic.ts";
import { readUpstreams } from "./upstreams.ts";

/** Rows of a list: on a telephone each is a card, and more are a link away. */
const ROWS = 25;
/** Characters of an id that nothing has, as the page says it. */
const ID_SHOWN = 60;
const FILTER_FIELDS = ["sender", "recipient", "upstream", "state", "age"] as const;
/** What an action came to, as the address of the page after it says. */
const ACTED = [
  "retry",
  "turn",
  "hold",
  "release",
  "remove",
  "bounce",
  "send-by",
  "send-by-held",
  "readdress",
  "readdress-held",
  "refused",
  "fetched",
  "resent",
  "restored",
  "none",
] as const satisfies readonly (keyof typeof texts.queue.acted)[];

/** Whether a ban was lifted, as the address of the page after it says. */
const LIFTED = ["yes", "no"] as const;

/** Makes the pages. They read through the same functions as the API, so they show the same. */
export function createPages(desk: Desk): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  const { ports, live, overview } = desk;
  const frame = (c: Context<DashboardEnv>) => frameOf(ports, c.get("identity"), c.req.path);

  app.get("/", allow("owner", "viewer", "person"), async (c) => {
    // What moves in all is not a person's business: its own mail is.
    if (c.get("identity").role === "person") return c.redirect("/mailboxes", 303);
    const { chart = "hour" } = input.read(input.overviewQuery, c.req.query());
    return c.html(overviewPage(frame(c), await overview(chart)));
  });

  app.get("/traffic", allow("owner", "viewer"), async (c) => {
    const choice = input.read(input.trafficQuery, c.req.query());
    return c.html(trafficPage(frame(c), await readTraffic(ports, choice)));
  });

  app.get("/sessions", allow("owner", "viewer", "person"), async (c) => {
    const query = input.read(input.sessionQuery, c.req.query());
    const asked = { ...query, limit: ROWS, account: narrowedTo(c.get("identity")) };
    return c.html(sessionsPage(frame(c), await readSessions(ports, live, asked), query));
  });

  app.get("/sessions/:id", allow("owner", "viewer", "person"), async (c) => {
    const read = (id: number) => readSession(ports, live, id, c.get("identity"));
    const session = await found(c, read, texts.message.noSession);
    return c.html(sessionPage(frame(c), session));
  });

  app.get("/mailboxes", allow("owner", "viewer", "person"), async (c) => {
    const fetching = numberOf(c, "fetching");
    const identity = c.get("identity");
    const mailboxes = visible(identity, await readMailboxes(ports, true)).map((box) => ownView(identity, box));
    return c.html(mailboxesPage(frame(c), mailboxes, ports.clock.now(), fetching));
  });

  app.get("/mailboxes/:id", allow("owner", "viewer", "person"), async (c) => {
    const box = await found(c, (id) => readMailbox(ports, id), texts.mailboxes.noMailbox);
    const mailbox = ownView(c.get("identity"), box);
    const done = { restored: numberOf(c, "restored"), removed: numberOf(c, "removed") };
    return c.html(mailboxPage(frame(c), mailbox, ports.clock.now(), done));
  });

  addMessage(app, ports);
  addActions(app, desk);
  addLogins(app, ports);
  addQueue(app, ports);
  app.route("/", createQueuePages(ports));
  return app;
}

function addMessage(app: Hono<DashboardEnv>, ports: DashboardPorts): void {
  app.get("/messages/:id", allow("owner", "viewer", "person"), async (c) => {
    const message = await found(c, (id) => readMessage(ports, id), texts.message.noMessage);
    // A page that is brought up to date keeps what is in the letter: that does not change.
    const letter = c.req.header("hx-request") === undefined
      ? await readLetterPage(ports, c.get("identity"), message.id)
      : null;
    return c.html(messagePage(frameOf(ports, c.get("identity"), c.req.path), {
      message,
      letter,
      form: c.req.query("form") === "text" ? "text" : "html",
      upstreams: readUpstreams(ports),
      now: ports.clock.now(),
      acted: actedOf(c),
    }));
  });
}

/** What a page shows around its content. */
export function frameOf(ports: DashboardPorts, { name, role }: Identity, path: string): Frame {
  const { hostname, version } = ports;
  const may = { mayAct: role === "owner", mayFetch: role !== "viewer" };
  return { user: name, role, ...may, path, hostname, version, endpoints: ports.endpoints() };
}

/**
 * What is read by the id of a page's path.
 * @throws DashboardError 404 when there is nothing by that id that who asks may see
 */
async function found<T extends Belonging>(
  c: Context<DashboardEnv>,
  read: (id: number) => Promise<T | null>,
  gone: (id: string, isId: boolean) => string,
): Promise<T> {
  const text = c.req.param("id") ?? "";
  const id = parseId(text);
  const thing = id === null ? null : await read(id);
  return requireVisible(c.get("identity"), thing, gone(text.slice(0, ID_SHOWN), id !== null));
}

function addQueue(app: Hono<DashboardEnv>, ports: DashboardPorts): void {
  app.get("/queue", allow("owner", "viewer"), async (c) => {
    const { limit, ...match } = input.read(input.queueQuery, c.req.query());
    const filter = filterOf(match, ports.clock.now());
    const [figures, messages] = await Promise.all([readQueueFigures(ports), readQueue(ports, limit, filter)]);
    const page = {
      figures,
      messages,
      limit,
      upstreams: readUpstreams(ports),
      now: ports.clock.now(),
      acted: actedOf(c),
      done: numberOf(c, "messages"),
      held: numberOf(c, "held") ?? 0,
      inTurn: numberOf(c, "turns") ?? 0,
      filter: shownFilter(c.req.query()),
    };
    return c.html(queuePage(frameOf(ports, c.get("identity"), c.req.path), page));
  });
}

function addActions(app: Hono<DashboardEnv>, { ports }: Desk): void {
  app.post("/mailboxes/fetch", allow("owner", "person"), async (c) => {
    const { resume, ...asked } = input.read(input.fetchBody, await c.req.parseBody());
    const which = narrowFetch(c.get("identity"), asked);
    const sources = countSources(ports, which);
    // A poll may take minutes: the page shows it as it goes.
    await noteResume(ports, which, resume, c.get("identity").name);
    ports.fetchNow(which, resume).catch((error: unknown) => {
      getLogger(["waypost", "dashboard"]).error("fetching failed: {error}", { error });
    });
    return c.redirect(`/mailboxes?fetching=${sources}`, 303);
  });
}

function addLogins(app: Hono<DashboardEnv>, ports: DashboardPorts): void {
  app.get("/logins", allow("owner", "viewer"), (c) => {
    const lifted = LIFTED.find((name) => name === c.req.query("lifted")) ?? null;
    const frame = frameOf(ports, c.get("identity"), c.req.path);
    return c.html(loginsPage(frame, ports.failedLogins(), ports.clock.now(), lifted));
  });

  app.post("/logins/lift", allow("owner"), async (c) => {
    const suspect = input.read(input.suspectBody, await c.req.parseBody());
    const lifted = await liftLogin(ports, suspect, c.get("identity").name);
    return c.redirect(`/logins?lifted=${lifted ? "yes" : "no"}`, 303);
  });
}

/** A number of the query, as a redirection gives it; null: it has none. */
function numberOf(c: Context, name: string): number | null {
  const text = c.req.query(name) ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** The filter as its form shows it. */
function shownFilter(query: Record<string, string>): Readonly<Record<string, string>> {
  return Object.fromEntries(FILTER_FIELDS.map((name) => [name, query[name] ?? ""]));
}

function actedOf(c: Context): keyof typeof texts.queue.acted | null {
  return ACTED.find((name) => name === c.req.query("acted")) ?? null;
}
