/* Users, tokens and browsers by the API. */
import { Hono } from "hono";
import { addToken, listTokens, removeToken } from "../identity/tokens.ts";
import { addUser, changeRole, removeUser, resetPassword, signOutEverywhere } from "../identity/users.ts";
import { texts } from "../../web/texts.ts";
import * as input from "./access-input.ts";
import * as output from "./access-output.ts";
import { accessPorts, attempt, requireOther } from "./access-requests.ts";
import { api } from "./api-route.ts";
import { DashboardError } from "./errors.ts";
import { type DashboardEnv, LOCAL, sessionHash } from "./identity.ts";
import type { DashboardPorts } from "./ports.ts";
import { readBrowsers, readUsers } from "./reads-access.ts";

/** Makes the routes. */
export function createAccessApi(ports: DashboardPorts): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  addUsers(app, ports);
  addUserActions(app, ports);
  addTokens(app, ports);
  addBrowsers(app, ports);
  return app;
}

function addUsers(app: Hono<DashboardEnv>, ports: DashboardPorts): void {
  api(app, "get", "/users", {
    summary: "Who may sign in to the dashboard",
    who: ["owner"],
    scope: "access",
    returns: output.users,
  }, async () => ({ users: await readUsers(ports) }));

  api(app, "post", "/users", {
    summary: "Makes a user; gives the one-time code by which a password is chosen",
    description: "`code` is null where a person signs in with the password of the account. It is shown this once.",
    who: ["owner"],
    scope: "access",
    body: input.userBody,
    returns: output.code,
    errors: [409],
  }, async ({ body, identity }) => ({ code: await attempt(() => addUser(accessPorts(ports, identity), body)) }));

  api(app, "patch", "/users/:name", {
    summary: "Gives a user another role; its browsers are signed out",
    who: ["owner"],
    scope: "access",
    params: input.nameBody,
    body: input.roleBody,
    returns: output.changed,
    errors: [404, 409],
  }, async ({ params: { name }, body, identity }) => {
    await attempt(() => changeRole(accessPorts(ports, identity), { name, ...body }));
    return { changed: true };
  });

  api(app, "delete", "/users/:name", {
    summary: "Removes a user, with its browsers and tokens; never the last owner",
    who: ["owner"],
    scope: "access",
    params: input.nameBody,
    returns: output.removed,
    errors: [404, 409],
  }, async ({ params: { name }, identity }) => {
    await attempt(() => removeUser(accessPorts(ports, identity), name));
    return { removed: true };
  });
}

function addUserActions(app: Hono<DashboardEnv>, ports: DashboardPorts): void {
  api(app, "post", "/users/:name/reset", {
    summary: "Takes a user's password away; gives the one-time code by which a new one is chosen",
    who: ["owner"],
    scope: "access",
    params: input.nameBody,
    returns: output.code,
    errors: [404],
  }, async ({ params: { name }, identity }) => {
    requireOther(identity, name);
    return { code: await attempt(() => resetPassword(accessPorts(ports, identity), name)) };
  });

  api(app, "post", "/users/:name/sign-out", {
    summary: "Signs a user out everywhere",
    who: ["owner"],
    scope: "access",
    params: input.nameBody,
    returns: output.ended,
  }, async ({ params: { name }, identity }) => ({
    ended: await signOutEverywhere(accessPorts(ports, identity), name),
  }));
}

function addTokens(app: Hono<DashboardEnv>, ports: DashboardPorts): void {
  api(app, "get", "/tokens", {
    summary: "Tokens of programs, without what opens anything",
    who: ["owner"],
    scope: "access",
    returns: output.tokens,
  }, async () => ({ tokens: await listTokens(ports) }));

  api(app, "post", "/tokens", {
    summary: "Makes a token; it is shown this once",
    description: "`works` says for how long, such as `90d`; without it, for ever.",
    who: ["owner"],
    scope: "access",
    body: input.tokenBody,
    returns: output.token,
    errors: [409],
  }, async ({ body, identity }) => {
    // What a token makes belongs to nobody who could be removed.
    const createdBy = identity.scopes === null && identity !== LOCAL ? identity.name : null;
    return { token: await attempt(() => addToken(accessPorts(ports, identity), { ...body, createdBy })) };
  });

  api(app, "delete", "/tokens/:id", {
    summary: "Revokes a token",
    who: ["owner"],
    scope: "access",
    params: input.tokenParam,
    returns: output.removed,
    errors: [404],
  }, async ({ params: { id }, identity }) => {
    await attempt(() => removeToken(accessPorts(ports, identity), id));
    return { removed: true };
  });
}

function addBrowsers(app: Hono<DashboardEnv>, ports: DashboardPorts): void {
  api(app, "get", "/browsers", {
    summary: "One's own browsers that are signed in",
    who: ["owner", "viewer", "person"],
    scope: "access",
    returns: output.browsers,
  }, async ({ c, identity }) => ({ browsers: await readBrowsers(ports, identity.name, sessionHash(c, ports)) }));

  api(app, "delete", "/browsers/:key", {
    summary: "Signs one of one's own browsers out",
    who: ["owner", "viewer", "person"],
    scope: "access",
    params: input.browserParam,
    returns: output.ended,
    errors: [404],
  }, async ({ params: { key }, identity }) => {
    const ended = await ports.store.write("endBrowsers", { userName: identity.name, hashBegin: key });
    if (ended === 0) throw new DashboardError(404, "NOT_FOUND", texts.profile.done.none);
    return { ended };
  });
}
