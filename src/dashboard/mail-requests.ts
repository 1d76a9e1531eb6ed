import { type Context, Hono } from "hono";
import { getLogger } from "@logtape/logtape";
import { formatId } from "../store/ids.ts";
import { texts } from "../../web/texts.ts";
import { planPage } from "../../web/views/plan.ts";
import type { Desk } from "./desk.ts";
import { DashboardError } from "./errors.ts";
import { countSources } from "./fetching.ts";
import type { DashboardEnv } from "./identity.ts";
import * as input from "./input.ts";
import { toApi } from "./json.ts";
import { frameOf } from "./pages.ts";
import type { DashboardPorts } from "./ports.ts";
import { readRemoved } from "./reads-mail.ts";

/* What owners ask of mailboxes, by page and by API: a message that was announced, a plan, a message once more or as file. */

/** The API's part. */
export function createMailApi(ports: DashboardPorts): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();

  app.post("/messages/:id/fetch", async (c) => {
    if (!await ports.mail.fetchMessage(idOf(c))) throw new DashboardError(404, "NOT_FOUND", texts.message.notAnnounced);
    return c.json({ fetched: true });
  });

  app.post("/messages/:id/resend", async (c) => {
    if (!await ports.mail.resend(idOf(c))) throw new DashboardError(404, "NOT_FOUND", texts.message.gone);
    return c.json({ sent: true });
  });

  app.post("/messages/:id/restore", async (c) => {
    const restored = await ports.store.write("restoreMailboxMessages", { ids: [idOf(c)] });
    if (restored === 0) throw new DashboardError(404, "NOT_FOUND", texts.message.gone);
    return c.json({ restored: true });
  });

  app.get("/messages/:id/content", (c) => download(c, ports));

  app.get("/mailboxes/:id/removed", async (c) => c.json(toApi({ messages: await readRemoved(ports, idOf(c)) })));

  app.post("/fetch/plan", async (c) => {
    const which = input.read(input.planBody, input.parseJson(await c.req.text()));
    countSources(ports, which);
    return c.json(toApi({ plans: await ports.mail.foresee(which) }));
  });

  return app;
}

/** The pages' part. */
export function createMailPages({ ports }: Desk): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();

  app.post("/messages/:id/fetch", (c) => {
    const id = idOf(c);
    // A large message may take minutes: the page shows it when it is here.
    ports.mail.fetchMessage(id).catch((error: unknown) => {
      getLogger(["waypost", "dashboard"]).error("fetching a message failed: {error}", { error });
    });
    return c.redirect(`/messages/${formatId(id)}?acted=fetched`, 303);
  });

  app.post("/messages/:id/resend", async (c) => {
    const id = idOf(c);
    const sent = await ports.mail.resend(id);
    return c.redirect(`/messages/${formatId(id)}?acted=${sent ? "resent" : "none"}`, 303);
  });

  app.get("/messages/:id/content", (c) => download(c, ports));

  app.post("/mailboxes/plan", async (c) => {
    const which = input.read(input.planBody, await c.req.parseBody());
    countSources(ports, which);
    return c.html(planPage(frameOf(ports, c.get("identity"), "/mailboxes"), await ports.mail.foresee(which)));
  });

  return app;
}

function idOf(c: Context): number {
  return input.read(input.idParam, c.req.param()).id;
}

/** A message as a file, octet for octet: of a mailbox, or of the queue while it is there. What is in a letter is for owners alone. */
async function download(c: Context<DashboardEnv>, ports: DashboardPorts): Promise<Response> {
  if (c.get("identity").role !== "owner") throw new DashboardError(403, "OWNERS_ONLY", texts.errors.forbidden);
  const id = idOf(c);
  const queued = await ports.store.read("messageHistory", { id });
  const found = queued?.message.doneAt === null ? queued : await ports.store.read("mailboxMessageHistory", { id });
  if (!found) throw new DashboardError(404, "NOT_FOUND", texts.message.gone);
  return new Response(streamOf(ports.mail.octets(id)), {
    headers: {
      "content-type": "message/rfc822",
      "content-length": String(found.message.size),
      "content-disposition": `attachment; filename="${formatId(id)}.eml"`,
      // No browser is to take a letter for a page.
      "x-content-type-options": "nosniff",
    },
  });
}

function streamOf(octets: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const pieces = octets[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces.return?.();
    },
  });
}
