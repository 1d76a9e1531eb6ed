/** The API of everything that is set up: the settings, accounts, devices, routes, and the log of changes. */
import { Hono } from "hono";
import { EntryConflict } from "../identity/entry-changes.ts";
import type { EntryError, EntryValue } from "../identity/entries.ts";
import { texts } from "../../web/texts.ts";
import { api } from "./api-route.ts";
import { isPassword, setPassword } from "./account-pages.ts";
import { dismiss } from "./device-pages.ts";
import type { FormKind } from "./entry-form.ts";
import { refusalOf } from "./entry-pages.ts";
import { DashboardError } from "./errors.ts";
import type { DashboardEnv } from "./identity.ts";
import * as input from "./input.ts";
import * as output from "./output-setup.ts";
import { done } from "./output.ts";
import type { DashboardPorts } from "./ports.ts";
import { readAccounts, readDevices, readKind, readOne, readRoutes } from "./reads-entries.ts";
import { readChanges, readSettings } from "./reads-settings.ts";
import { answerTo, move } from "./route-pages.ts";

/** Makes it. */
export function createSetupApi(ports: DashboardPorts): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  addSettings(app, ports);
  addAccounts(app, ports);
  addDevices(app, ports);
  addRoutes(app, ports);
  for (const [kind, path] of [["account", "/accounts"], ["device", "/devices"], ["route", "/routes"]] as const) {
    addEntries(app, ports, kind, path);
  }
  return app;
}

function addSettings(app: Hono<DashboardEnv>, ports: DashboardPorts): void {
  api(app, "get", "/settings", {
    summary: "Every setting with the value in force and where it comes from",
    who: ["owner", "viewer"],
    scope: "read",
    returns: output.settings,
  }, () => readSettings(ports));

  api(app, "post", "/settings/reload", {
    summary: "Reads the settings file anew; what is wrong with it, where it is not used",
    who: ["owner"],
    scope: "settings",
    returns: output.reloaded,
  }, async ({ identity }) => {
    const problems = await ports.settings.reload(identity.name);
    return { reloaded: problems.length === 0, problems };
  });

  api(app, "get", "/changes", {
    summary: "Who changed what, the newest first",
    who: ["owner", "viewer"],
    scope: "read",
    query: input.changesQuery,
    returns: output.changes,
  }, async ({ query }) => {
    const { changes, next } = await readChanges(ports, query);
    return { changes, before: next };
  });
}

function addAccounts(app: Hono<DashboardEnv>, ports: DashboardPorts): void {
  api(app, "get", "/accounts", {
    summary: "Accounts, without their secrets",
    who: ["owner", "viewer"],
    scope: "read",
    returns: output.accounts,
  }, async () => ({ accounts: await readAccounts(ports) }));

  api(app, "post", "/accounts/:name/password", {
    summary: "Gives an account another password",
    who: ["owner"],
    scope: "settings",
    params: input.nameParam,
    body: input.passwordBody,
    returns: done("changed"),
    errors: [404, 409],
  }, async ({ params: { name }, body: { password }, identity }) => {
    if (!isPassword(password)) throw badInput(texts.accounts.passwordBad);
    await refusing(() => setPassword(ports, name, password, identity.name));
    return { changed: true };
  });
}

function addDevices(app: Hono<DashboardEnv>, ports: DashboardPorts): void {
  api(app, "get", "/devices", {
    summary: "Devices, and clients that were refused and wait to be allowed",
    who: ["owner", "viewer"],
    scope: "read",
    returns: output.devices,
  }, () => readDevices(ports));

  api(app, "post", "/devices/-/dismiss", {
    summary: "Dismisses a client that waits, or shows it again",
    who: ["owner"],
    scope: "settings",
    body: input.dismissBody,
    returns: output.changed,
  }, async ({ body: { address, dismissed }, identity }) => ({
    changed: await dismiss(ports, address, dismissed, identity.name),
  }));
}

function addRoutes(app: Hono<DashboardEnv>, ports: DashboardPorts): void {
  api(app, "get", "/routes", {
    summary: "Routes in the order in which they are tried",
    who: ["owner", "viewer"],
    scope: "read",
    returns: output.routes,
  }, async () => ({ routes: await readRoutes(ports) }));

  api(app, "get", "/routes/-/way", {
    summary: "The way that a message would take, and why",
    who: ["owner", "viewer"],
    scope: "read",
    query: input.routeQuery,
    returns: output.way,
  }, ({ query }) => answerTo(ports, query));

  api(app, "post", "/routes/:name/move", {
    summary: "Moves a route up or down",
    who: ["owner"],
    scope: "settings",
    params: input.nameParam,
    body: input.moveBody,
    returns: done("moved"),
    errors: [404],
  }, async ({ params: { name }, body: { direction }, identity }) => {
    await move(ports, name, direction, identity.name);
    return { moved: true };
  });
}

/** One entry of a kind: read, added, changed, removed. */
function addEntries(app: Hono<DashboardEnv>, ports: DashboardPorts, kind: FormKind, path: string): void {
  api(app, "post", path, {
    summary: `Adds ${kind === "account" ? "an" : "a"} ${kind}, with the keys that the settings file would have`,
    who: ["owner"],
    scope: "settings",
    body: input.entryBody,
    returns: output.added,
    errors: [409],
  }, async ({ body, identity }) => {
    const name = kind === "route" ? {} : { name: String(body[kind === "account" ? "login" : "name"] ?? "") };
    return { name: await refusing(() => ports.entries.add({ kind, value: body, ...name }, identity.name)) };
  });

  api(app, "get", `${path}/:name`, {
    summary: `${kind === "account" ? "An account" : `A ${kind}`} without its secrets`,
    who: ["owner", "viewer"],
    scope: "read",
    params: input.nameParam,
    returns: output.entry,
    errors: [404],
  }, async ({ params: { name } }) => {
    const found = await readOne(ports, kind, name);
    if (!found) throw new DashboardError(404, "NOT_FOUND", texts.forms.conflicts.missing);
    return found;
  });

  api(app, "post", `${path}/:name`, {
    summary: `Changes keys of ${kind === "account" ? "an" : "a"} ${kind}; null takes one away`,
    who: ["owner"],
    scope: "settings",
    params: input.nameParam,
    body: input.entryChangeBody,
    returns: done("changed"),
    errors: [404, 409],
  }, async ({ params: { name }, body: { value, seenAt }, identity }) => {
    const own = kind === "account" ? "login" : "name";
    const rewrite = (before: EntryValue) => ({
      ...before,
      ...value,
      ...kind === "route" ? {} : { [own]: before[own] },
    });
    await refusing(() => ports.entries.change({ kind, name, seenAt, rewrite }, identity.name));
    return { changed: true };
  });

  api(app, "delete", `${path}/:name`, {
    summary: `Removes ${kind === "account" ? "an" : "a"} ${kind}`,
    who: ["owner"],
    scope: "settings",
    params: input.nameParam,
    returns: done("removed"),
    errors: [404, 409],
  }, async ({ params: { name }, identity }) => {
    const [found] = (await readKind(ports, kind)).filter((row) => row.name?.toLowerCase() === name.toLowerCase());
    await refusing(() => ports.entries.remove({ kind, name: found?.name ?? name }, identity.name));
    return { removed: true };
  });
}

/** Does it; what keeps it from being done is said with the status that fits. */
async function refusing<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const refusal: EntryError | EntryConflict = refusalOf(error);
    if (!(refusal instanceof EntryConflict)) throw badInput(refusal.message, error);
    const status = refusal.reason === "missing" ? 404 : 409;
    const code = status === 404 ? "NOT_FOUND" : "CONFLICT";
    throw new DashboardError(status, code, texts.forms.conflicts[refusal.reason], { cause: error });
  }
}

function badInput(problem: string, cause?: unknown): DashboardError {
  return new DashboardError(400, "BAD_INPUT", texts.errors.badInput(problem), { cause });
}
