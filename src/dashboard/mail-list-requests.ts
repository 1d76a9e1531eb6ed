import { Hono } from "hono";
import { formatId } from "../store/ids.ts";
import { messagesPage, type ShownSearch } from "../../web/views/messages.ts";
import { allow } from "./access.ts";
import { api } from "./api-route.ts";
import type { Desk } from "./desk.ts";
import type { DashboardEnv, Identity } from "./identity.ts";
import * as input from "./input.ts";
import * as mailInput from "./input-mail.ts";
import * as mailOutput from "./output-mail.ts";
import { narrowedTo } from "./own.ts";
import { frameOf } from "./pages.ts";
import type { DashboardPorts } from "./ports.ts";
import { type MailLooker, readMailList } from "./reads-mail-list.ts";

/* The list of all messages, and the one way of searching, by page and by API. */

/** Rows of a page: on a telephone each is a card, and more are a link away. */
const ROWS = 25;
const SHOWN = ["q", "from", "to", "subject", "state", "direction", "since", "until"] as const;

/** The API's part. */
export function createMailListApi(ports: DashboardPorts): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  api(app, "get", "/messages", {
    summary: "Messages, relayed and in mailboxes, the newest first",
    description:
      "q holds words, and from:, to:, subject:, file:, is:, in:, after: and before: with what belongs to them",
    who: ["owner", "viewer", "person"],
    scope: "read",
    query: mailInput.mailQuery,
    returns: mailOutput.mailList,
  }, ({ query, identity }) => readMailList(ports, query, lookerOf(identity)));
  return app;
}

/** The pages' part. */
export function createMailListPages({ ports }: Desk): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();

  app.get("/messages", allow("owner", "viewer", "person"), async (c) => {
    const query = input.read(mailInput.mailQuery, c.req.query());
    const identity = c.get("identity");
    const found = await readMailList(ports, { ...query, limit: ROWS }, lookerOf(identity));
    if (found.only) return c.redirect(`/${found.only.kind}s/${formatId(found.only.id)}`, 303);
    const shown = Object.fromEntries(SHOWN.map((name) => [name, c.req.query(name) ?? ""])) as ShownSearch;
    return c.html(messagesPage(frameOf(ports, identity, c.req.path), found, shown, query.before ?? null));
  });

  // Where the box in the head of a page once led.
  app.get("/search", allow("owner", "viewer", "person"), (c) => {
    return c.redirect(`/messages?${new URLSearchParams({ q: c.req.query("q") ?? "" })}`, 303);
  });

  return app;
}

/** Words are looked for in letters for those who may read them: what is found would tell the others what is in them. */
function lookerOf(identity: Identity): MailLooker {
  const { role, scopes } = identity;
  const inContent = role !== "viewer" && (scopes === null || scopes.has("content"));
  return { account: narrowedTo(identity), inContent };
}
