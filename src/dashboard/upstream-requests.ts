/** Upstreams: what they do, and how owners add, change, test and remove them. */
import { type Context, Hono } from "hono";
import * as v from "valibot";
import { parseAddress } from "../wire/address.ts";
import { providersPage } from "../../web/views/server-form.ts";
import { type UpstreamDone, upstreamsPage } from "../../web/views/servers.ts";
import { allow } from "./access.ts";
import { api } from "./api-route.ts";
import type { Desk } from "./desk.ts";
import type { Draft } from "./drafts.ts";
import { browserOf, type DashboardEnv } from "./identity.ts";
import * as input from "./input.ts";
import { done } from "./output.ts";
import * as output from "./output-servers.ts";
import { frameOf } from "./pages.ts";
import {
  addUpstream,
  changeUpstream,
  ofKeys,
  orBadInput,
  removeUpstream,
  requireUpstream,
  storedUpstream,
  upstreamOf,
} from "./server-edits.ts";
import { hasDraft, NEW, showForm, takeForm, withoutSecret } from "./server-drafts.ts";
import { firstValue, providerModels } from "./server-models.ts";
import { serverBody, testBody } from "./server-schemas.ts";
import { beginTrial } from "./trial-requests.ts";
import { readUnusedUpstreams, readUpstreamCards } from "./upstream-cards.ts";

const DONE: readonly UpstreamDone[] = ["added", "untested", "changed", "removed"];
const BEGUN = { ...NEW, kind: "upstream", account: null } as const;

/** The API's part. */
export function createUpstreamApi(desk: Desk): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  const { ports } = desk;
  const owner = { who: ["owner"], scope: "settings" } as const;
  const body = serverBody("upstream");

  api(app, "get", "/upstreams", {
    summary: "Upstreams, their pace, what waits for them and their newest session",
    who: ["owner", "viewer"],
    scope: "read",
    returns: output.upstreams,
  }, async () => ({ upstreams: await readUpstreamCards(desk) }));

  api(
    app,
    "post",
    "/upstreams",
    { ...owner, summary: "Adds an upstream", body, returns: output.named, errors: [409] },
    async (
      { body: value, identity },
    ) => ({ name: await orBadInput(() => addUpstream(ports, value, identity.name)) }),
  );

  api(app, "post", "/upstreams/test", {
    ...owner,
    summary: "Connects to an upstream and logs in: one that there is, or one as it would be",
    body: testBody("upstream"),
    returns: output.upstreamTrial,
    errors: [404, 429],
  }, async ({ body: { name, entry }, identity }) => {
    const upstream = entry === undefined
      ? requireUpstream(ports, name ?? "")
      : await orBadInput(() => upstreamOf(entry));
    return output.upstreamTrialOf(await desk.trials.upstream(identity.name, upstream));
  });

  addChanges(app, desk);
  return app;
}

function addChanges(app: Hono<DashboardEnv>, { ports }: Desk): void {
  const owner = { who: ["owner"], scope: "settings" } as const;
  const params = input.nameParam;

  api(app, "post", "/upstreams/:name", {
    ...owner,
    summary: "Changes keys of an upstream; null takes one away",
    params,
    body: input.entryChangeBody,
    returns: done("changed"),
    errors: [404, 409],
  }, async ({ params: { name }, body: { value, seenAt }, identity }) => {
    await orBadInput(() => changeUpstream(ports, name, ofKeys(value), identity.name, seenAt));
    return { changed: true };
  });

  api(app, "delete", "/upstreams/:name", {
    ...owner,
    summary: "Removes an upstream",
    params,
    returns: done("removed"),
    errors: [404, 409],
  }, async (
    { params: { name }, identity },
  ) => {
    await removeUpstream(ports, name, identity.name);
    return { removed: true };
  });
}

/** The pages' part. */
export function createUpstreamPages(desk: Desk): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  const { ports } = desk;
  const frame = (c: Context<DashboardEnv>) => frameOf(ports, c.get("identity"), c.req.path);

  app.get("/upstreams", allow("owner", "viewer"), async (c) => {
    const done = DONE.find((name) => name === c.req.query("done")) ?? null;
    const [upstreams, unused] = await Promise.all([readUpstreamCards(desk), readUnusedUpstreams(desk)]);
    return c.html(upstreamsPage(frame(c), { upstreams, unused, done }));
  });

  app.get("/upstreams/new", allow("owner"), (c) => {
    const provider = c.req.query("provider");
    if (provider === undefined && !hasDraft(c, desk)) {
      return c.html(
        providersPage(frame(c), { kind: "upstream", account: null, providers: providerModels("upstream") }),
      );
    }
    const value = firstValue("upstream", provider, ports.directory().upstreams.map(({ name }) => name));
    return showForm(c, desk, { ...BEGUN, value });
  });

  app.post("/upstreams/new", allow("owner"), async (c) => await takeForm(c, desk, BEGUN));

  app.get("/upstreams/:name/edit", allow("owner"), async (c) => {
    const { name: of, value } = await storedUpstream(ports, c.req.param("name"));
    return await showForm(c, desk, { ...BEGUN, of, value });
  });

  app.post("/upstreams/:name/edit", allow("owner"), async (c) => {
    const { name, changedAt } = await storedUpstream(ports, c.req.param("name"));
    return await takeForm(c, desk, { ...BEGUN, of: name, seenAt: changedAt });
  });

  addTrials(app, desk);

  app.post("/upstreams/:name/remove", allow("owner"), async (c) => {
    await removeUpstream(ports, c.req.param("name"), c.get("identity").name);
    return c.redirect("/upstreams?done=removed", 303);
  });

  return app;
}

/** What is asked of an upstream that there is. */
function addTrials(app: Hono<DashboardEnv>, desk: Desk): void {
  const { ports } = desk;

  app.post("/upstreams/:name/test", allow("owner"), async (c) => {
    return await beginTrial(c, desk, await storedDraft(ports, c.req.param("name")));
  });

  app.post("/upstreams/:name/send", allow("owner"), async (c) => {
    const { from, to } = input.read(envelopeForm, await c.req.parseBody());
    const draft = await storedDraft(ports, c.req.param("name"));
    const upstream = requireUpstream(ports, draft.of);
    const upstreamTrial = await desk.trials.send(c.get("identity").name, upstream, { from, to });
    return c.redirect(`/trials/${desk.drafts.put(browserOf(c, ports), { ...draft, upstreamTrial })}`, 303);
  });
}

/** An upstream as it is, to be tested. @throws DashboardError 404 */
async function storedDraft(ports: Desk["ports"], name: string): Promise<Draft & { readonly of: string }> {
  const { name: of, origin } = requireUpstream(ports, name);
  const stored = origin === "file" ? undefined : await storedUpstream(ports, of);
  return { ...BEGUN, of, isStored: true, seenAt: stored?.changedAt, value: withoutSecret(stored?.value ?? {}) };
}

const mailAddress = v.pipe(
  v.string(),
  v.maxLength(320),
  v.check((text) => parseAddress(text).ok, "expected a mail address such as alice@example.net"),
);
const envelopeForm = v.object({ from: mailAddress, to: mailAddress });
