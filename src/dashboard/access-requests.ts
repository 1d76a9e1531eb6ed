/* Users and tokens, for owners; one's own password and browsers, for everybody. By page and by API. */
import { isSameAccount } from "../identity/same-account.ts";
import { type Context, Hono } from "hono";
import { addToken, listTokens, removeToken, TokenError } from "../identity/tokens.ts";
import {
  addUser,
  changeRole,
  PASSWORD_MIN_LENGTH,
  removeUser,
  resetPassword,
  setPassword,
  signOutEverywhere,
  UserError,
} from "../identity/users.ts";
import { formatId } from "../store/ids.ts";
import { texts } from "../../web/texts.ts";
import { type AccessNews, accessPage } from "../../web/views/access.ts";
import { type ProfileNews, profilePage } from "../../web/views/profile.ts";
import { allow } from "./access.ts";
import * as input from "./access-input.ts";
import type { Desk } from "./desk.ts";
import { DashboardError } from "./errors.ts";
import { addressOf, type DashboardEnv, type Identity, sessionHash } from "./identity.ts";
import { read } from "./input.ts";
import { frameOf } from "./pages.ts";
import type { DashboardPorts } from "./ports.ts";
import { readBrowsers, readUsers } from "./reads-access.ts";

/** What the functions of users and tokens need, for somebody who asks. */
export function accessPorts({ store, clock, randomBytes, nextId, describe }: DashboardPorts, { name }: Identity) {
  const accountOf = (login: string) =>
    describe().accounts.find((account) => isSameAccount(account.login, login))?.login ?? null;
  return { store, clock, randomBytes, nextId, accountOf, actor: name };
}

/** Does something to users or tokens; what cannot be done is said in the words of the catalogue. @throws DashboardError */
export async function attempt<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof UserError) && !(error instanceof TokenError)) throw error;
    const status = error.problem === "no-user" || error.problem === "no-token"
      ? 404
      : error.problem === "name-taken" || error.problem === "last-owner"
      ? 409
      : 400;
    const code = status === 404 ? "NOT_FOUND" : status === 409 ? "CONFLICT" : "BAD_INPUT";
    throw new DashboardError(status, code, texts.access.problems[error.problem](PASSWORD_MIN_LENGTH), { cause: error });
  }
}

/** The page of users and tokens, for owners, and everybody's own. */
export function createAccessPages(desk: Desk): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  app.get("/access", allow("owner"), (c) => showAccess(c, desk, newsOf(c)));
  addUsers(app, desk);
  addTokens(app, desk);
  addProfile(app, desk);
  return app;
}

async function showAccess(c: Context<DashboardEnv>, { ports }: Desk, news: AccessNews | null): Promise<Response> {
  const [users, tokens] = await Promise.all([readUsers(ports), listTokens(ports)]);
  const accounts = ports.describe().accounts.map(({ login }) => login);
  const identity = c.get("identity");
  return c.html(accessPage(frameOf(ports, identity, "/access"), { users, tokens, accounts, news }));
}

/** What was done, as the address of the page after it says. */
function newsOf(c: Context): AccessNews | null {
  const { done, name = "" } = c.req.query();
  const known = Object.keys(texts.access.done) as (keyof typeof texts.access.done)[];
  const kind = known.find((one) => one === done);
  return kind === undefined ? null : { kind, name: name.slice(0, 64) };
}

function done(c: Context, kind: keyof typeof texts.access.done, name: string): Response {
  return c.redirect(`/access?${new URLSearchParams({ done: kind, name })}`, 303);
}

function addUsers(app: Hono<DashboardEnv>, desk: Desk): void {
  const { ports } = desk;
  const portsOf = (c: Context<DashboardEnv>) => accessPorts(ports, c.get("identity"));

  app.post("/access/users", allow("owner"), async (c) => {
    const wanted = read(input.userBody, await c.req.parseBody());
    const code = await attempt(() => addUser(portsOf(c), wanted));
    // The code is shown once: it is in no address, and in no other page.
    return code === null
      ? done(c, "added", wanted.name)
      : await showAccess(c, desk, { kind: "code", name: wanted.name.trim(), secret: code });
  });

  app.post("/access/users/role", allow("owner"), async (c) => {
    const wanted = read(input.userBody, await c.req.parseBody());
    await attempt(() => changeRole(portsOf(c), wanted));
    return done(c, "changed", wanted.name);
  });

  app.post("/access/users/remove", allow("owner"), async (c) => {
    const { name } = read(input.nameBody, await c.req.parseBody());
    await attempt(() => removeUser(portsOf(c), name));
    return name === c.get("identity").name ? c.redirect("/sign-in", 303) : done(c, "removed", name);
  });

  app.post("/access/users/reset", allow("owner"), async (c) => {
    const { name } = read(input.nameBody, await c.req.parseBody());
    requireOther(c.get("identity"), name);
    const code = await attempt(() => resetPassword(portsOf(c), name));
    return await showAccess(c, desk, { kind: "code", name, secret: code });
  });

  app.post("/access/users/sign-out", allow("owner"), async (c) => {
    const { name } = read(input.nameBody, await c.req.parseBody());
    await signOutEverywhere(portsOf(c), name);
    return name === c.get("identity").name ? c.redirect("/sign-in", 303) : done(c, "signedOut", name);
  });
}

/** Who resets the own password would be out, and the code with the page. @throws DashboardError 400 */
export function requireOther(identity: Identity, name: string): void {
  if (identity.name === name) throw new DashboardError(400, "BAD_INPUT", texts.access.ownReset);
}

function addTokens(app: Hono<DashboardEnv>, desk: Desk): void {
  const { ports } = desk;

  app.post("/access/tokens", allow("owner"), async (c) => {
    const form = await c.req.parseBody({ all: true });
    const wanted = read(input.tokenBody, { ...form, scopes: [form["scopes"] ?? []].flat() });
    const identity = c.get("identity");
    const token = await attempt(() => addToken(accessPorts(ports, identity), { ...wanted, createdBy: identity.name }));
    return await showAccess(c, desk, { kind: "token", name: wanted.name.trim(), secret: token });
  });

  app.post("/access/tokens/remove", allow("owner"), async (c) => {
    const { id } = read(input.tokenParam, await c.req.parseBody());
    await attempt(() => removeToken(accessPorts(ports, c.get("identity")), id));
    return done(c, "revoked", formatId(id));
  });
}

function addProfile(app: Hono<DashboardEnv>, { ports, passwords, throttle }: Desk): void {
  const show = async (c: Context<DashboardEnv>, news: ProfileNews | null, status: 200 | 400 | 401 | 429 = 200) => {
    const identity = c.get("identity");
    const user = (await readUsers(ports)).find(({ name }) => name === identity.name) ?? null;
    const browsers = await readBrowsers(ports, identity.name, sessionHash(c, ports));
    const page = { user, browsers, news, minLength: PASSWORD_MIN_LENGTH };
    return c.html(profilePage(frameOf(ports, identity, "/profile"), page), status);
  };

  app.get("/profile", allow("owner", "viewer", "person"), (c) => {
    const word = c.req.query("done");
    const kind = word === "password" || word === "ended" || word === "none" ? word : null;
    return show(c, kind && { kind });
  });

  app.post("/profile/password", allow("owner", "viewer", "person"), async (c) => {
    const form = read(input.passwordForm, await c.req.parseBody());
    const { name } = c.get("identity");
    const problem = (words: string, status: 400 | 401 | 429) => show(c, { kind: "problem", words }, status);
    if (form.password !== form.again) return await problem(texts.setUp.differ, 400);
    if (form.password.length < PASSWORD_MIN_LENGTH) {
      return await problem(texts.setUp.short(PASSWORD_MIN_LENGTH), 400);
    }
    // A browser that was left open must not lend itself to guessing.
    const guess = { address: addressOf(c), login: name };
    const waitMs = throttle.delayMs(guess, ports.clock.now());
    if (waitMs > 0) return await problem(texts.signIn.wait(Math.ceil(waitMs / 1000)), 429);
    const user = (await ports.store.read("users", null)).find((row) => row.name === name);
    const isRight = await passwords.check(form.current, user?.passwordHash || undefined);
    const lateMs = throttle.delayMs(guess, ports.clock.now());
    if (!isRight) throttle.failed(guess, ports.clock.now());
    if (lateMs > 0) return await problem(texts.signIn.wait(Math.ceil(lateMs / 1000)), 429);
    if (!isRight) return await problem(texts.profile.wrong, 401);
    throttle.succeeded(guess, ports.clock.now());
    const portsOf = accessPorts(ports, c.get("identity"));
    await attempt(() => setPassword(portsOf, name, form.password, sessionHash(c, ports)));
    return c.redirect("/profile?done=password", 303);
  });

  app.post("/profile/browsers/end", allow("owner", "viewer", "person"), async (c) => {
    const { key } = read(input.browserBody, await c.req.parseBody());
    const userName = c.get("identity").name;
    const ended = await ports.store.write("endBrowsers", { userName, hashBegin: key ?? null });
    return c.redirect(key === undefined ? "/sign-in" : `/profile?done=${ended > 0 ? "ended" : "none"}`, 303);
  });
}
