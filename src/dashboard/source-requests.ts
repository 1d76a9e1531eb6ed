/** Sources of an account: what is fetched, and how owners add, change, test and remove them. */
import { type Context, Hono } from "hono";
import * as v from "valibot";
import type { SourceModel } from "../../web/server-models.ts";
import { providersPage } from "../../web/views/server-form.ts";
import { type SourceDone, sourcesPage } from "../../web/views/servers.ts";
import { allow } from "./access.ts";
import { api } from "./api-route.ts";
import type { Desk } from "./desk.ts";
import type { DashboardEnv } from "./identity.ts";
import * as input from "./input.ts";
import { done } from "./output.ts";
import * as output from "./output-servers.ts";
import { frameOf } from "./pages.ts";
import type { DashboardPorts } from "./ports.ts";
import { readOne } from "./reads-entries.ts";
import {
  addSource,
  changeSource,
  ofKeys,
  orBadInput,
  removeSource,
  requireAccount,
  requireSource,
  sourceOf,
  storedSource,
} from "./server-edits.ts";
import { hasDraft, NEW, showForm, takeForm, withoutSecret } from "./server-drafts.ts";
import { firstValue, providerModels } from "./server-models.ts";
import { serverBody, testBody } from "./server-schemas.ts";
import { beginTrial } from "./trial-requests.ts";
import { explainFetch } from "./upstreams.ts";

const DONE: readonly SourceDone[] = ["added", "changed", "removed", "removed-mail"];

/** The sources of an account with their mailboxes. @throws DashboardError 404 */
export async function readSources(ports: DashboardPorts, login: string): Promise<SourceModel[]> {
  const { login: account, sources } = requireAccount(ports, login);
  const boxes = (await ports.store.read("mailboxTotals", null)).filter(({ mailbox }) => mailbox.account === account);
  return sources.map((source): SourceModel => {
    const { name, host, port, tls, username, mode, deleteAfterMs, intervalMs } = source;
    const box = boxes.find(({ mailbox }) => mailbox.source === name);
    return {
      name,
      host,
      port,
      tls,
      username,
      mode,
      deleteAfterMs,
      intervalMs,
      mailbox: box
        ? {
          id: box.mailbox.id,
          messages: box.messages,
          failures: box.mailbox.failures,
          lastOutcome: box.mailbox.lastOutcome,
          explained: explainFetch(source, box.mailbox.failures, box.mailbox.lastOutcome),
        }
        : null,
    };
  });
}

/** The API's part. */
export function createSourceApi(desk: Desk): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  const { ports } = desk;
  const owner = { who: ["owner"], scope: "settings" } as const;
  const ofAccount = v.object({ login: v.string() });
  const body = serverBody("source");
  const path = "/accounts/:login/sources";

  api(app, "get", path, {
    summary: "Sources of an account",
    who: ["owner", "viewer"],
    scope: "read",
    params: ofAccount,
    returns: output.sources,
    errors: [404],
  }, async ({ params: { login } }) => ({ sources: await readSources(ports, login) }));

  api(
    app,
    "post",
    path,
    { ...owner, summary: "Adds a source", params: ofAccount, body, returns: output.named, errors: [404, 409] },
    async (
      { params: { login }, body: value, identity },
    ) => ({ name: await orBadInput(() => addSource(ports, login, value, identity.name)) }),
  );

  api(app, "post", `${path}/test`, {
    ...owner,
    summary: "Logs in to a source and counts its mail: one that there is, or one as it would be",
    params: ofAccount,
    body: testBody("source"),
    returns: output.sourceTrial,
    errors: [404, 429],
  }, async ({ params: { login }, body: { name, entry }, identity }) => {
    const source = entry === undefined
      ? requireSource(ports, { account: login, name: name ?? "" })
      : await orBadInput(() => sourceOf(entry));
    return output.sourceTrialOf(await desk.trials.source(identity.name, source));
  });

  addChanges(app, desk);
  return app;
}

function addChanges(app: Hono<DashboardEnv>, { ports }: Desk): void {
  const owner = { who: ["owner"], scope: "settings" } as const;
  const params = v.object({ login: v.string(), name: v.string() });
  const path = "/accounts/:login/sources/:name";

  api(app, "post", path, {
    ...owner,
    summary: "Changes keys of a source; null takes one away",
    params,
    body: input.entryChangeBody,
    returns: done("changed"),
    errors: [404, 409],
  }, async ({ params: { login, name }, body: { value, seenAt }, identity }) => {
    await orBadInput(() => changeSource(ports, { account: login, name }, ofKeys(value), identity.name, seenAt));
    return { changed: true };
  });

  api(app, "delete", path, {
    ...owner,
    summary: "Removes a source; its mail here stays unless mail is delete",
    params,
    query: mailChoice,
    returns: done("removed"),
    errors: [404, 409],
  }, async ({ params: { login, name }, query: { mail }, identity }) => {
    await removeSource(ports, { account: login, name }, mail === "delete", identity.name);
    return { removed: true };
  });
}

const mailChoice = v.object({ mail: v.optional(v.picklist(["keep", "delete"], "expected keep or delete"), "keep") });

/** The pages' part. */
export function createSourcePages(desk: Desk): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  const { ports } = desk;
  const frame = (c: Context<DashboardEnv>) => frameOf(ports, c.get("identity"), c.req.path);
  const begun = (c: Context<DashboardEnv>) => begunOf(c, ports);
  const path = "/accounts/:login/sources";

  app.get(path, allow("owner", "viewer"), async (c) => {
    const { login, origin } = requireAccount(ports, c.req.param("login"));
    const done = DONE.find((name) => name === c.req.query("done")) ?? null;
    const sources = await readSources(ports, login);
    const entry = await readOne(ports, "account", login);
    const isEditable = origin === "database";
    return c.html(sourcesPage(frame(c), { account: login, entry, isEditable, sources, done }));
  });

  app.get(`${path}/new`, allow("owner"), (c) => {
    const { account } = begun(c);
    const provider = c.req.query("provider");
    if (provider === undefined && !hasDraft(c, desk)) {
      return c.html(providersPage(frame(c), { kind: "source", account, providers: providerModels("source") }));
    }
    return showForm(c, desk, { ...begun(c), value: firstValue("source", provider, []) });
  });

  app.post(`${path}/new`, allow("owner"), async (c) => await takeForm(c, desk, begun(c)));

  app.get(`${path}/:name/edit`, allow("owner"), async (c) => {
    const stored = await storedSource(ports, { account: c.req.param("login"), name: c.req.param("name") });
    return await showForm(c, desk, { ...begun(c), of: stored.name, value: stored.value });
  });

  app.post(`${path}/:name/edit`, allow("owner"), async (c) => {
    const { name, changedAt } = await storedSource(ports, { account: c.req.param("login"), name: c.req.param("name") });
    return await takeForm(c, desk, { ...begun(c), of: name, seenAt: changedAt });
  });

  addActions(app, desk);
  return app;
}

function begunOf(c: Context<DashboardEnv>, ports: DashboardPorts) {
  return { ...NEW, kind: "source", account: requireAccount(ports, c.req.param("login") ?? "").login } as const;
}

/** What is done to a source that there is. */
function addActions(app: Hono<DashboardEnv>, desk: Desk): void {
  const { ports } = desk;
  const path = "/accounts/:login/sources";

  app.post(`${path}/:name/test`, allow("owner"), async (c) => {
    const which = { account: c.req.param("login"), name: c.req.param("name") };
    const { name } = requireSource(ports, which);
    const { origin } = requireAccount(ports, which.account);
    const stored = origin === "file" ? undefined : await storedSource(ports, which);
    const value = withoutSecret(stored?.value ?? {});
    return await beginTrial(c, desk, {
      ...begunOf(c, ports),
      of: name,
      isStored: true,
      seenAt: stored?.changedAt,
      value,
    });
  });

  app.post(`${path}/:name/remove`, allow("owner"), async (c) => {
    const { mail } = input.read(mailChoice, await c.req.parseBody());
    const which = { account: begunOf(c, ports).account, name: c.req.param("name") };
    await removeSource(ports, which, mail === "delete", c.get("identity").name);
    const done = mail === "delete" ? "removed-mail" : "removed";
    return c.redirect(`/accounts/${encodeURIComponent(which.account)}/sources?done=${done}`, 303);
  });
}
