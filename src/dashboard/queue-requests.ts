import { Hono } from "hono";
import * as v from "valibot";
import { OwnerRequestError, type OwnerResult } from "../relay/owner-actions.ts";
import { formatId } from "../store/ids.ts";
import type { QueueFilter } from "../store/queries/selection.ts";
import { texts } from "../../web/texts.ts";
import { allow } from "./access.ts";
import { api } from "./api-route.ts";
import { DashboardError } from "./errors.ts";
import type { DashboardEnv, Identity } from "./identity.ts";
import * as input from "./input.ts";
import * as mailOutput from "./output-mail.ts";
import type { DashboardPorts } from "./ports.ts";

/* What owners do to the queue, by page and by API: to one message, to those they marked, to all that match. */

type Ports = Pick<DashboardPorts, "store" | "queueAct" | "clock">;
type Wish = v.InferOutput<typeof input.queueActionBody>;

/** The API's part. */
export function createQueueApi(ports: Ports): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();

  api(app, "post", "/queue/actions", {
    summary:
      "Does something to messages of the queue: by their ids, to all that match, or with `all`: true to all there are",
    description:
      "`send-by` needs `by`, an upstream; `readdress` needs `from` and `to`, addresses. `refused` says where an upstream does not allow the sender; `held`, how many of the changed recipients are held and stay so until they are released; `turn`, for what a message waits that is to be retried and is next to be sent already.",
    who: ["owner"],
    scope: "queue",
    body: input.queueActionBody,
    returns: mailOutput.queueResults,
  }, async ({ body, identity }) => ({ results: await act(identity, ports, body) }));

  api(app, "post", "/queue/:id/:action", {
    summary: "Does something to a message of the queue",
    who: ["owner"],
    scope: "queue",
    params: input.actionParam,
    returns: mailOutput.changedRecipients,
  }, async ({ params: { id, action }, identity }) => {
    const [{ id: _, ...result }] = await act(identity, ports, { action, ids: [id] }) as [OwnerResult];
    return result;
  });

  return app;
}

/** The pages' part. */
export function createQueuePages(ports: Ports): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();

  app.post("/queue/actions", allow("owner"), async (c) => {
    const form = await c.req.parseBody({ all: true });
    const { all, ...fields }: Record<string, unknown> = { ...form, ids: [form["id"] ?? []].flat() };
    const wish = input.read(input.queueActionBody, all === undefined ? fields : matchOf(fields));
    const results = await act(c.get("identity"), ports, wish);
    return c.redirect(`/queue?${outcomeOf(wish.action, results)}`, 303);
  });

  app.post("/queue/:id/:action", allow("owner"), async (c) => {
    const { id, action } = input.read(input.actionParam, c.req.param());
    const form = await c.req.parseBody();
    const wish = input.read(input.queueActionBody, { ...form, from: form["was"], action, ids: [formatId(id)] });
    const results = await act(c.get("identity"), ports, wish);
    const page = form["from"] === "message" ? `/messages/${formatId(id)}` : "/queue";
    return c.redirect(`${page}?${outcomeOf(action, results)}`, 303);
  });

  return app;
}

/** A form that means all that match: its filter instead of what was marked. */
function matchOf({ ids: _, ...fields }: Record<string, unknown>) {
  const { sender, recipient, upstream, state, age } = fields;
  const match = { sender, recipient, upstream, state, age };
  // The list is what the form's button stands under: without a filter it is of all.
  const isFiltered = Object.values(match).some((value) => value !== undefined && value !== "");
  return isFiltered ? { ...fields, match } : { ...fields, all: true };
}

async function act(identity: Identity, ports: Ports, wish: Wish): Promise<OwnerResult[]> {
  const { action, by, from, to } = wish;
  const ids = wish.ids ?? await ports.store.read("messagesForAction", {
    action,
    filter: filterOf(wish.match ?? {}, ports.clock.now()),
  });
  try {
    return await ports.queueAct({ action, ids, by, from, to }, identity.name);
  } catch (error) {
    if (!(error instanceof OwnerRequestError)) throw error;
    throw new DashboardError(400, "BAD_INPUT", texts.errors.badInput(error.message), { cause: error });
  }
}

/** A filter as requests write it, ages in milliseconds, as the store knows it. */
export function filterOf({ age, ...filter }: v.InferOutput<typeof input.queueMatch>, now: number): QueueFilter {
  return { ...filter, receivedBefore: age === undefined ? undefined : now - age };
}

/** What came of an action, as the address of the page says it that is shown next. */
function outcomeOf(action: string, results: readonly OwnerResult[]): string {
  const done = results.filter(({ changed }) => changed > 0).length;
  const held = results.filter((result) => (result.held ?? 0) > 0).length;
  const isRefused = done === 0 && results.some(({ refused }) => refused !== undefined);
  const turns = results.filter(({ turn }) => turn !== undefined).length;
  const isOne = results.length <= 1;
  const undone = isRefused ? "refused" : turns > 0 ? "turn" : "none";
  const acted = done === 0 ? undone : isOne && held > 0 ? `${action}-held` : action;
  const counts = isOne ? {} : Object.fromEntries(
    Object.entries({ held, turns }).filter(([, count]) => count > 0).map(([name, count]) => [name, String(count)]),
  );
  return new URLSearchParams({ acted, ...(isOne ? {} : { messages: String(done) }), ...counts }).toString();
}
