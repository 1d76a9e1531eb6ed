/** What a test came to, and the steps from there: test again, with other settings, with a pinned key; save. */
import { type Context, Hono } from "hono";
import { getLogger } from "@logtape/logtape";
import { EntryError, type EntryValue } from "../identity/entries.ts";
import { texts } from "../../web/texts.ts";
import { MAIL_KEYS, serverPath } from "../../web/views/server-form.ts";
import { trialPage } from "../../web/views/trial.ts";
import { allow } from "./access.ts";
import type { Desk } from "./desk.ts";
import type { Draft } from "./drafts.ts";
import { DashboardError } from "./errors.ts";
import { browserOf, type DashboardEnv } from "./identity.ts";
import { frameOf } from "./pages.ts";
import { addSource, addUpstream, asWritten, changeSource, changeUpstream } from "./server-edits.ts";
import { entryOfFields } from "./server-fields.ts";
import { serverOf, trialModel } from "./server-models.ts";

/** The pages. */
export function createTrialPages(desk: Desk): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  const { ports } = desk;

  app.get("/trials/:id", allow("owner"), (c) => c.html(showTrial(c, desk, draftOf(c, desk))));

  app.post("/trials/:id/again", allow("owner"), (c) => tryAgain(c, desk, draftOf(c, desk)));

  app.post("/trials/:id/remedy", allow("owner"), (c) => {
    const draft = draftOf(c, desk);
    const remedy = (draft.upstreamTrial ?? draft.sourceTrial)?.diagnosis?.remedy ?? {};
    return tryAgain(c, desk, changed(draft, { ...remedy }));
  });

  app.post("/trials/:id/pin", allow("owner"), (c) => {
    const draft = draftOf(c, desk);
    const certificate = (draft.upstreamTrial ?? draft.sourceTrial)?.certificate;
    return tryAgain(c, desk, changed(draft, certificate ? { fingerprint: certificate.fingerprint } : {}));
  });

  app.post("/trials/:id/plan", allow("owner"), async (c) => {
    const draft = withMail(draftOf(c, desk), await c.req.parseBody());
    desk.drafts.replace(browserOf(c, ports), idOf(c), draft);
    if (serverOf(ports, draft) === null) return await save(c, desk, draft);
    return c.redirect(`/trials/${idOf(c)}#first-fetch`, 303);
  });

  app.post("/trials/:id/save", allow("owner"), async (c) => {
    const draft = draftOf(c, desk);
    const isMailStep = draft.kind === "source" && draft.of === null;
    return await save(c, desk, isMailStep ? withMail(draft, await c.req.parseBody()) : draft);
  });

  return app;
}

/** Keeps a draft, tests it, and leads to what came of it. */
export async function beginTrial(c: Context<DashboardEnv>, desk: Desk, draft: Draft): Promise<Response> {
  const id = desk.drafts.put(browserOf(c, desk.ports), draft);
  return await runTrial(c, desk, id, draft);
}

/** Keeps a draft without a test, and leads to the next step. */
export function skipTrial(c: Context<DashboardEnv>, { drafts, ports }: Desk, draft: Draft): Response {
  return c.redirect(`/trials/${drafts.put(browserOf(c, ports), draft)}`, 303);
}

async function runTrial(c: Context<DashboardEnv>, desk: Desk, id: string, draft: Draft): Promise<Response> {
  const server = serverOf(desk.ports, draft);
  if (server === null) return c.html(showTrial(c, desk, draft), 400);
  const user = c.get("identity").name;
  const trial = "mode" in server
    ? { upstreamTrial: null, sourceTrial: await desk.trials.source(user, server) }
    : { upstreamTrial: await desk.trials.upstream(user, server), sourceTrial: null };
  desk.drafts.replace(browserOf(c, desk.ports), id, { ...draft, ...trial });
  return c.redirect(`/trials/${id}`, 303);
}

function tryAgain(c: Context<DashboardEnv>, desk: Desk, draft: Draft): Promise<Response> {
  return runTrial(c, desk, idOf(c), draft);
}

function showTrial(c: Context<DashboardEnv>, { ports }: Desk, draft: Draft, error?: EntryError) {
  const frame = frameOf(ports, c.get("identity"), draft.kind === "upstream" ? "/upstreams" : "/accounts");
  return trialPage(frame, trialModel(ports, idOf(c), draft, error?.errors));
}

async function save(c: Context<DashboardEnv>, desk: Desk, draft: Draft): Promise<Response> {
  const { ports, drafts } = desk;
  try {
    const path = await saveDraft(ports, draft, c.get("identity").name);
    drafts.drop(browserOf(c, ports), idOf(c));
    return c.redirect(path, 303);
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    return c.html(showTrial(c, desk, draft, error), 400);
  }
}

/**
 * Writes what a draft says. @returns the page that shows it
 * @throws EntryError, DashboardError
 */
export async function saveDraft(ports: Desk["ports"], draft: Draft, actor: string): Promise<string> {
  const { kind, account, of, value, seenAt } = draft;
  const path = serverPath(kind, account);
  if (kind === "upstream") {
    if (of === null) await addUpstream(ports, value, actor);
    else await changeUpstream(ports, of, asWritten(value), actor, seenAt);
    return `${path}?done=${of === null ? draft.upstreamTrial?.ok ? "added" : "untested" : "changed"}`;
  }
  if (of !== null) {
    await changeSource(ports, { account: account!, name: of }, asWritten(value), actor, seenAt);
    return `${path}?done=changed`;
  }
  const source = await addSource(ports, account!, value, actor);
  // A first fetch may take long: the mailbox shows it as it goes.
  ports.fetchNow({ account: account!, source }, false).catch((error: unknown) => {
    getLogger(["waypost", "dashboard"]).error("fetching failed: {error}", { error });
  });
  return `${path}?done=added`;
}

/** A draft with other values; what was only to be tested becomes a change. */
function changed(draft: Draft, values: EntryValue): Draft {
  if (Object.keys(values).length === 0) return draft;
  return { ...draft, isStored: false, value: { ...draft.value, ...values } };
}

/** A draft of a source with what is to happen to its mail. */
function withMail(draft: Draft, fields: Record<string, unknown>): Draft {
  const { value } = draft;
  const own = Object.fromEntries(Object.entries(value).filter(([key]) => !MAIL_KEYS.includes(key)));
  return { ...draft, value: { ...own, ...entryOfFields("source", { ...fields, provider: value["provider"] }) } };
}

function idOf(c: Context): string {
  return c.req.param("id") ?? "";
}

/** @throws DashboardError 404 */
function draftOf(c: Context<DashboardEnv>, { drafts, ports }: Desk): Draft {
  const draft = drafts.get(browserOf(c, ports), idOf(c));
  if (!draft) throw new DashboardError(404, "NOT_FOUND", texts.servers.draftGone);
  return draft;
}
