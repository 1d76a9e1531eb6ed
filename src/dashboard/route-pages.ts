/** Pages of routes: their order, and the way that a message would take. */
import { Hono } from "hono";
import type * as v from "valibot";
import { explainRoute } from "../relay/route.ts";
import { texts } from "../../web/texts.ts";
import type { RouteAnswer, RouteQuestion } from "../../web/entry-models.ts";
import { type RouteForm, routesPage } from "../../web/views/routes.ts";
import { parseSize } from "../settings/units.ts";
import { allow } from "./access.ts";
import { actorOf, createEntryPages, doneOf, refusalOf } from "./entry-pages.ts";
import { DashboardError } from "./errors.ts";
import type { DashboardEnv } from "./identity.ts";
import * as input from "./input.ts";
import { frameOf } from "./pages.ts";
import type { DashboardPorts } from "./ports.ts";
import { readRoutes } from "./reads-entries.ts";

const FIELDS = ["sender", "recipient", "account", "device", "size"] as const;
/** Longest text that is shown again. */
const MAX_SHOWN = 320;

/** Makes them. */
export function createRoutePages(ports: DashboardPorts): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  const words = texts.routes;

  app.get("/routes", allow("owner", "viewer"), async (c) => {
    const directory = ports.directory();
    const form = Object.fromEntries(
      FIELDS.map((name) => [name, (c.req.query(name) ?? "").trim().slice(0, MAX_SHOWN)]),
    ) as RouteForm;
    const isAsked = FIELDS.some((name) => form[name] !== "");
    const size = form.size === "" ? 0 : parseSize(form.size);
    const question = size === undefined ? null : { ...form, size };
    return c.html(routesPage(frameOf(ports, c.get("identity"), c.req.path), {
      routes: await readRoutes(ports),
      done: doneOf(c),
      form,
      problem: size === undefined ? words.ask.badSize(form.size) : null,
      asked: isAsked && question ? { question, answer: answerTo(ports, question) } : null,
      accounts: directory.accounts.map(({ login }) => login),
      devices: directory.devices.map(({ name }) => name),
    }));
  });

  app.post("/routes/:name/move", allow("owner"), async (c) => {
    const { direction } = input.read(input.moveBody, await c.req.parseBody());
    await move(ports, c.req.param("name"), direction, actorOf(c));
    return c.redirect("/routes?done=moved", 303);
  });

  app.route(
    "/",
    createEntryPages(ports, {
      ...{ kind: "route", path: "/routes", words },
      titleOf: () => words.title,
      gone: () => words.gone,
    }),
  );
  return app;
}

/** Moves a route. @throws DashboardError 404 when there is none of that name in the database */
export async function move(
  { entries }: Pick<DashboardPorts, "entries">,
  name: string,
  direction: v.InferOutput<typeof input.moveBody>["direction"],
  actor: string,
): Promise<void> {
  try {
    await entries.moveRoute(name, direction, actor);
  } catch (error) {
    refusalOf(error);
    throw new DashboardError(404, "NOT_FOUND", texts.routes.gone, { cause: error });
  }
}

/** The way that a message would take: the relay's own decision. */
export function answerTo({ directory }: Pick<DashboardPorts, "directory">, question: RouteQuestion): RouteAnswer {
  const { sender, recipient, account, device, size } = question;
  const { by, route, upstreams } = explainRoute(directory(), {
    ...{ sender, recipient, size, clientAddress: "" },
    account: account === "" ? null : account,
    device: device === "" ? null : device,
  });
  // An owner's choice belongs to a message of the queue: none is asked about here.
  return { by: by === "owner" ? "none" : by, route: route === null ? null : route + 1, upstreams };
}
