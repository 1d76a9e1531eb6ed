/** The pages of the settings and of the log of changes. */
import { Hono } from "hono";
import { changesPage } from "../../web/views/changes.ts";
import { settingsPage } from "../../web/views/settings.ts";
import { allow } from "./access.ts";
import { createAccountPages } from "./account-pages.ts";
import { createDevicePages } from "./device-pages.ts";
import { actorOf, doneOf } from "./entry-pages.ts";
import type { DashboardEnv } from "./identity.ts";
import * as input from "./input.ts";
import { frameOf } from "./pages.ts";
import type { DashboardPorts } from "./ports.ts";
import { readChanges, readSettings } from "./reads-settings.ts";
import { createRoutePages } from "./route-pages.ts";

/** Rows of the log on a page. */
const ROWS = 50;

/** Everything that is set up, without upstreams and sources. */
export function createSetupPages(ports: DashboardPorts): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();

  app.get("/settings", allow("owner", "viewer"), (c) => {
    return c.html(settingsPage(frameOf(ports, c.get("identity"), c.req.path), readSettings(ports), doneOf(c)));
  });

  app.post("/settings/reload", allow("owner"), async (c) => {
    const problems = await ports.settings.reload(actorOf(c));
    return c.redirect(problems.length === 0 ? "/settings?done=reloaded" : "/settings", 303);
  });

  app.get("/changes", allow("owner", "viewer"), async (c) => {
    const { kind, before } = input.read(input.changesQuery, c.req.query());
    const { changes, next } = await readChanges(ports, { kind, before, limit: ROWS });
    const frame = frameOf(ports, c.get("identity"), c.req.path);
    const { keepChangesMs: keptMs } = ports.settings.current().settings.telemetry;
    return c.html(changesPage(frame, { changes, kind, before: before ?? null, next, keptMs }));
  });

  app.route("/", createAccountPages(ports));
  app.route("/", createDevicePages(ports));
  app.route("/", createRoutePages(ports));
  return app;
}
