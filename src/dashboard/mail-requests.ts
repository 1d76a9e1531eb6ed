import { type Context, Hono } from "hono";
import { getLogger } from "@logtape/logtape";
import { formatId } from "../store/ids.ts";
import type { MailboxModel } from "../../web/models.ts";
import { texts } from "../../web/texts.ts";
import { planPage } from "../../web/views/plan.ts";
import { allow } from "./access.ts";
import { api } from "./api-route.ts";
import type { Desk } from "./desk.ts";
import { DashboardError } from "./errors.ts";
import { countSources, narrowFetch } from "./fetching.ts";
import type { DashboardEnv, Identity } from "./identity.ts";
import * as input from "./input.ts";
import * as output from "./output.ts";
import * as mailOutput from "./output-mail.ts";
import { narrowedTo, requireVisible } from "./own.ts";
import { frameOf } from "./pages.ts";
import type { DashboardPorts } from "./ports.ts";
import { readRemoved, readRestorable } from "./reads-mail.ts";
import { emptyOrphan, refuseRestoring, restoreIn, restoreOne } from "./restoring.ts";
import { readMailboxes } from "./reads-mailboxes.ts";

/* What owners ask of mailboxes, by page and by API: a message that was announced, a plan, a message once more. */

/** The API's part. */
export function createMailApi(ports: DashboardPorts): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();

  const onMessage = { who: ["owner", "person"], scope: "mailboxes", params: input.idParam, errors: [404] } as const;

  api(app, "post", "/messages/:id/fetch", {
    ...onMessage,
    summary: "Fetches the message behind a notice; answers when the poll has ended",
    returns: output.done("fetched"),
  }, async ({ params: { id }, identity }) => {
    await requireOwn(ports, identity, id);
    if (!await ports.mail.fetchMessage(id)) throw new DashboardError(404, "NOT_FOUND", texts.message.notAnnounced);
    return { fetched: true };
  });

  api(app, "post", "/messages/:id/resend", {
    ...onMessage,
    summary: "Gives a mailbox message to its account once more, as a new one",
    returns: output.done("sent"),
  }, async ({ params: { id }, identity }) => {
    await requireOwn(ports, identity, id);
    if (!await ports.mail.resend(id)) throw new DashboardError(404, "NOT_FOUND", texts.message.gone);
    return { sent: true };
  });

  api(app, "post", "/messages/:id/restore", {
    ...onMessage,
    summary: "Serves a message again that a client deleted",
    returns: output.done("restored"),
    errors: [404, 409],
  }, async ({ params: { id }, identity }) => {
    await requireOwn(ports, identity, id);
    if (!await restoreOne(ports, id, identity.name)) await refuseRestoring(ports, id);
    return { restored: true };
  });

  api(app, "post", "/mailboxes/:id/restore", {
    who: ["owner", "person"],
    scope: "mailboxes",
    summary: "Serves messages of a mailbox again that mail programs deleted: one, or all that can be restored",
    params: input.idParam,
    body: input.restoreBody,
    returns: mailOutput.restored,
    errors: [404],
  }, async ({ params: { id }, body: { message }, identity }) => {
    await requireMailbox(ports, identity, id);
    return { restored: await restoreIn(ports, id, message, identity.name) };
  });

  addEmptying(app, ports);
  addReads(app, ports);
  return app;
}

function addEmptying(app: Hono<DashboardEnv>, ports: DashboardPorts): void {
  api(app, "post", "/mailboxes/:id/empty", {
    who: ["owner"],
    scope: "mailboxes",
    summary:
      "Deletes the mail of a mailbox that no source fills any more; it can be restored for as long as deleted mail is kept",
    params: input.idParam,
    returns: mailOutput.removed,
    errors: [404, 409],
  }, async ({ params: { id }, identity }) => ({
    removed: await emptyOrphan(ports, await requireMailbox(ports, identity, id), identity.name),
  }));
}

function addReads(app: Hono<DashboardEnv>, ports: DashboardPorts): void {
  api(app, "get", "/mailboxes/:id/removed", {
    summary: "Messages that were deleted on their server at our word and can be had back",
    who: ["owner", "viewer", "person"],
    scope: "read",
    params: input.idParam,
    returns: mailOutput.cachedMessages,
    errors: [404],
  }, async ({ params: { id }, identity }) => {
    await requireMailbox(ports, identity, id);
    return { messages: await readRemoved(ports, id) };
  });

  api(app, "get", "/mailboxes/:id/deleted", {
    summary: "Messages that mail programs deleted here and that can be restored",
    who: ["owner", "viewer", "person"],
    scope: "read",
    params: input.idParam,
    returns: mailOutput.restorableMessages,
    errors: [404],
  }, async ({ params: { id }, identity }) => {
    await requireMailbox(ports, identity, id);
    return { messages: await readRestorable(ports, id) };
  });

  api(app, "post", "/fetch/plan", {
    summary: "What the next poll would fetch and delete; nothing is done",
    who: ["owner", "person"],
    scope: "mailboxes",
    body: input.planBody,
    returns: mailOutput.plans,
    errors: [404],
  }, async ({ body, identity }) => {
    const which = narrowFetch(identity, body);
    countSources(ports, which);
    return { plans: await ports.mail.foresee(which) };
  });
}

/** The pages' part. */
export function createMailPages({ ports }: Desk): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();

  app.post("/messages/:id/fetch", allow("owner", "person"), async (c) => {
    const id = idOf(c);
    await requireOwn(ports, c.get("identity"), id);
    // A large message may take minutes: the page shows it when it is here.
    ports.mail.fetchMessage(id).catch((error: unknown) => {
      getLogger(["waypost", "dashboard"]).error("fetching a message failed: {error}", { error });
    });
    return c.redirect(`/messages/${formatId(id)}?acted=fetched`, 303);
  });

  app.post("/messages/:id/resend", allow("owner", "person"), async (c) => {
    const id = idOf(c);
    await requireOwn(ports, c.get("identity"), id);
    const sent = await ports.mail.resend(id);
    return c.redirect(`/messages/${formatId(id)}?acted=${sent ? "resent" : "none"}`, 303);
  });

  app.post("/messages/:id/restore", allow("owner", "person"), async (c) => {
    const id = idOf(c);
    await requireOwn(ports, c.get("identity"), id);
    const isRestored = await restoreOne(ports, id, c.get("identity").name);
    return c.redirect(`/messages/${formatId(id)}?acted=${isRestored ? "restored" : "none"}`, 303);
  });

  app.post("/mailboxes/:id/restore", allow("owner", "person"), async (c) => {
    const id = idOf(c);
    await requireMailbox(ports, c.get("identity"), id);
    const wanted = input.read(input.restoreBody, await c.req.parseBody()).message;
    const restored = await restoreIn(ports, id, wanted, c.get("identity").name);
    return c.redirect(`/mailboxes/${formatId(id)}?restored=${restored}`, 303);
  });

  app.post("/mailboxes/:id/empty", allow("owner"), async (c) => {
    const id = idOf(c);
    const removed = await emptyOrphan(
      ports,
      await requireMailbox(ports, c.get("identity"), id),
      c.get("identity").name,
    );
    return c.redirect(`/mailboxes/${formatId(id)}?removed=${removed}`, 303);
  });

  app.post("/mailboxes/plan", allow("owner", "person"), async (c) => {
    const which = narrowFetch(c.get("identity"), input.read(input.planBody, await c.req.parseBody()));
    countSources(ports, which);
    return c.html(planPage(frameOf(ports, c.get("identity"), "/mailboxes"), await ports.mail.foresee(which)));
  });

  return app;
}

function idOf(c: Context): number {
  return input.read(input.idParam, c.req.param()).id;
}

/** @throws DashboardError 404 when there is no such mailbox for who asks */
async function requireMailbox(ports: DashboardPorts, identity: Identity, id: number): Promise<MailboxModel> {
  const box = (await readMailboxes(ports, false)).find((mailbox) => mailbox.id === id) ?? null;
  return requireVisible(identity, box, texts.mailboxes.gone);
}

/** Holds a person to the mailbox messages of the own account. @throws DashboardError 404 */
async function requireOwn(ports: Pick<DashboardPorts, "store">, identity: Identity, id: number): Promise<void> {
  if (narrowedTo(identity) === null) return;
  const found = await ports.store.read("mailboxMessageHistory", { id });
  requireVisible(identity, found && found.mailbox, texts.message.gone);
}
