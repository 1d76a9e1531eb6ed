/** The form of an upstream or a source: shown, read, and what becomes of it: a test, the next step, the entry itself. */
import type { Context } from "hono";
import { EntryError, type EntryValue } from "../identity/entries.ts";
import { MAIL_KEYS, serverFormPage } from "../../web/views/server-form.ts";
import type { Desk } from "./desk.ts";
import type { Draft } from "./drafts.ts";
import { browserOf, type DashboardEnv } from "./identity.ts";
import { frameOf } from "./pages.ts";
import { sourceOf, upstreamOf } from "./server-edits.ts";
import { entryOfFields } from "./server-fields.ts";
import { formModel, serverOf, wholeValue } from "./server-models.ts";
import { beginTrial, saveDraft, skipTrial } from "./trial-requests.ts";

/** What a draft begins with. */
export const NEW = { of: null, isStored: false, seenAt: undefined, upstreamTrial: null, sourceTrial: null } as const;

/** The draft that the address names, or else what is to be written from the start. */
export function showForm(c: Context<DashboardEnv>, desk: Desk, begun: Draft): Response | Promise<Response> {
  const id = c.req.query("draft");
  const kept = id === undefined ? null : desk.drafts.get(browserOf(c, desk.ports), id);
  return formPage(c, desk, kept ?? begun, kept && id!);
}

/** Whether the address names a draft that is kept. */
export function hasDraft(c: Context<DashboardEnv>, { drafts, ports }: Desk): boolean {
  const id = c.req.query("draft");
  return id !== undefined && drafts.get(browserOf(c, ports), id) !== null;
}

/** Reads a form, and tests what it says or saves it; a new source goes on to what happens to its mail. */
export async function takeForm(c: Context<DashboardEnv>, desk: Desk, begun: Omit<Draft, "value">): Promise<Response> {
  const { ports, drafts } = desk;
  const { kind, of } = begun;
  const fields = await c.req.parseBody() as Record<string, unknown>;
  const kept = typeof fields["draft"] === "string" ? drafts.get(browserOf(c, ports), fields["draft"]) : null;
  const draft: Draft = {
    ...begun,
    value: withKeptPassword({ ...mailOf(kept), ...entryOfFields(kind, fields) }, kept),
  };
  const isLast = kind === "upstream" || of !== null;
  try {
    if (fields["do"] === "save" && isLast) {
      return c.redirect(await saveDraft(ports, draft, c.get("identity").name), 303);
    }
    if (serverOf(ports, draft) === null) (kind === "upstream" ? upstreamOf : sourceOf)(wholeValue(ports, draft));
    return fields["do"] === "save" ? skipTrial(c, desk, draft) : await beginTrial(c, desk, draft);
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    return await formPage(c, desk, draft, drafts.put(browserOf(c, ports), draft), error);
  }
}

/** An entry without its sealed password: what is in use is known elsewhere. */
export function withoutSecret({ password: _, ...value }: EntryValue): EntryValue {
  return value;
}

function formPage(
  c: Context<DashboardEnv>,
  { ports }: Desk,
  draft: Draft,
  id: string | null,
  error?: EntryError,
): Response | Promise<Response> {
  const frame = frameOf(ports, c.get("identity"), c.req.path);
  return c.html(serverFormPage(frame, formModel(ports, draft, id, error?.errors)), error === undefined ? 200 : 400);
}

/** The password of a draft, where the form leaves its field empty: no page holds it. */
function withKeptPassword(value: EntryValue, kept: Draft | null): EntryValue {
  if (value["password"] !== undefined || kept?.value["password"] === undefined) return value;
  return value["username"] === undefined ? value : { ...value, password: kept.value["password"] };
}

/** What a draft says of the mail: of a new source the form of the server does not show it. */
function mailOf(kept: Draft | null): EntryValue {
  if (kept === null || kept.kind !== "source" || kept.of !== null) return {};
  return Object.fromEntries(Object.entries(kept.value).filter(([key]) => MAIL_KEYS.includes(key)));
}
