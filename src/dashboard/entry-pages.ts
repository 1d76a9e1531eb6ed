/** Pages of accounts, devices and routes: each is added, changed and removed the same way. */
import { type Context, Hono } from "hono";
import { EntryConflict } from "../identity/entry-changes.ts";
import { EntryError, type EntryValue } from "../identity/entries.ts";
import { referencesTo } from "../identity/entry-references.ts";
import { texts } from "../../web/texts.ts";
import type { EntryModel } from "../../web/entry-models.ts";
import { type Done, type EntryPage, entryPage, entryPath } from "../../web/views/entries.ts";
import { allow } from "./access.ts";
import { entryForm, type FormContent, type FormKind, readEntryForm } from "./entry-form.ts";
import { DashboardError } from "./errors.ts";
import type { DashboardEnv } from "./identity.ts";
import { frameOf } from "./pages.ts";
import type { DashboardPorts } from "./ports.ts";
import { readKind } from "./reads-entries.ts";

/** What is special about the pages of a kind. */
export interface EntryArea {
  readonly kind: FormKind;
  readonly path: string;
  readonly words: { readonly title: string; readonly add: string; readonly removeNote: string };
  /** The title of an entry's page. */
  readonly titleOf: (entry: EntryModel) => string;
  readonly gone: (name: string) => string;
  /** What a new one begins with, and what stands above its form. */
  readonly beginning?: (c: Context<DashboardEnv>) => Promise<Partial<EntryPage> & { readonly value: EntryValue }>;
  /** What stands beside the form of one that is there. */
  readonly beside?: (c: Context<DashboardEnv>, entry: EntryModel) => Promise<Partial<EntryPage>>;
}

/** What an action came to, as the address of the page after it says. */
export function doneOf(c: Context): Done {
  const done = c.req.query("done") ?? "";
  return Object.hasOwn(texts.forms.done, done) ? done as NonNullable<Done> : null;
}

/** An entry by the name in the path. @throws DashboardError 404 */
export async function requireEntry(ports: DashboardPorts, area: EntryArea, name: string): Promise<EntryModel> {
  const rows = await readKind(ports, area.kind);
  const found = rows.find((row) => row.name?.toLowerCase() === name.toLowerCase());
  if (!found) throw new DashboardError(404, "NOT_FOUND", area.gone(name.slice(0, 80)));
  return found;
}

/** What keeps an entry from being written; anything else is thrown on. */
export function refusalOf(error: unknown): EntryError | EntryConflict {
  if (error instanceof EntryError || error instanceof EntryConflict) return error;
  throw error;
}

/** When the entry was changed last, as a form has seen it. */
export function seenOf(form: Readonly<Record<string, unknown>>): number | undefined {
  return typeof form["seen"] === "string" && /^\d{1,15}$/.test(form["seen"]) ? Number(form["seen"]) : undefined;
}

/** The pages of a kind, without its list. */
export function createEntryPages(ports: DashboardPorts, area: EntryArea): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  const { kind, path } = area;

  app.get(`${path}/-/add`, allow("owner"), async (c) => {
    const begun = await area.beginning?.(c) ?? { value: {} };
    return await showNew(c, ports, area, begun, { value: begun.value });
  });

  app.post(`${path}/-/add`, allow("owner"), async (c) => {
    const form = await c.req.parseBody();
    const value = { ...readEntryForm(kind, form), ...passwordOf(kind, form) };
    const name = kind === "route" ? undefined : String(value[kind === "account" ? "login" : "name"] ?? "");
    try {
      const added = await ports.entries.add({ kind, value, ...name === undefined ? {} : { name } }, actorOf(c));
      return c.redirect(kind === "route" ? `${path}?done=added` : `${entryPath(path, added)}?done=added`, 303);
    } catch (error) {
      const begun = await area.beginning?.(c) ?? {};
      return await showNew(c, ports, area, begun, { value, error: refusalOf(error) });
    }
  });

  app.get(`${path}/:name`, allow("owner", "viewer"), async (c) => {
    const entry = await requireEntry(ports, area, c.req.param("name"));
    return await showEntry(c, ports, area, entry, { value: entry.value });
  });

  app.post(`${path}/:name`, allow("owner"), (c) => change(c, ports, area));

  app.post(`${path}/:name/remove`, allow("owner"), async (c) => {
    const entry = await requireEntry(ports, area, c.req.param("name"));
    const seenAt = seenOf(await c.req.parseBody());
    try {
      await ports.entries.remove({ kind, name: entry.name ?? "", seenAt }, actorOf(c));
      return c.redirect(`${path}?done=removed`, 303);
    } catch (error) {
      return await showEntry(c, ports, area, entry, { value: entry.value, error: refusalOf(error) });
    }
  });

  return app;
}

/** Changes an entry by its form; what is wrong, or was changed by somebody else meanwhile, gives the form again. */
async function change(c: Context<DashboardEnv>, ports: DashboardPorts, area: EntryArea): Promise<Response> {
  const { kind, path } = area;
  const entry = await requireEntry(ports, area, c.req.param("name") ?? "");
  const form = await c.req.parseBody();
  const value = readEntryForm(kind, form);
  const key = kind === "account" ? "login" : "name";
  const fixed = kind === "route" ? {} : { [key]: entry.value[key] };
  try {
    const rewrite = (before: EntryValue) => ({ ...before, ...value, ...fixed });
    await ports.entries.change({ kind, name: entry.name ?? "", seenAt: seenOf(form), rewrite }, actorOf(c));
    return c.redirect(
      kind === "route" ? `${path}?done=changed` : `${entryPath(path, entry.name ?? "")}?done=changed`,
      303,
    );
  } catch (error) {
    const refusal = refusalOf(error);
    const isChanged = refusal instanceof EntryConflict && refusal.reason === "changed";
    return await showEntry(c, ports, area, entry, {
      value: { ...value, ...fixed },
      error: refusal,
      now: isChanged ? entry.value : undefined,
    });
  }
}

/** Who acts, for the log of changes. */
export function actorOf(c: Context<DashboardEnv>): string {
  return c.get("identity").name;
}

/** The password of a new account. */
function passwordOf(kind: FormKind, { password }: Readonly<Record<string, unknown>>): EntryValue {
  return kind === "account" && typeof password === "string" && password !== "" ? { password } : {};
}

/** What a form is filled with; `isWrong`: something beside it was. */
type Filled = Pick<FormContent, "value" | "error" | "now"> & { readonly isWrong?: true };

function statusOf({ error, isWrong }: Filled): 200 | 400 | 409 {
  if (error instanceof EntryConflict) return 409;
  return error === undefined && isWrong !== true ? 200 : 400;
}

async function showNew(
  c: Context<DashboardEnv>,
  ports: DashboardPorts,
  area: EntryArea,
  begun: Partial<EntryPage>,
  filled: Filled,
): Promise<Response> {
  const form = entryForm({ kind: area.kind, directory: ports.directory(), seenAt: null, ...filled });
  const page = { ...pageOf(area), title: area.words.add, action: `${area.path}/-/add`, entry: null, ...begun, form };
  return await c.html(entryPage(frameOf(ports, c.get("identity"), c.req.path), page), statusOf(filled));
}

/** The page of an entry that is there, with what was entered and was wrong. */
export async function showEntry(
  c: Context<DashboardEnv>,
  ports: DashboardPorts,
  area: EntryArea,
  entry: EntryModel,
  filled: Filled,
  beside?: Partial<EntryPage>,
): Promise<Response> {
  const { kind, path } = area;
  const name = entry.name ?? "";
  const form = entryForm({ kind, directory: ports.directory(), seenAt: entry.changedAt ?? 0, ...filled });
  const references = kind === "route"
    ? []
    : referencesTo(ports.directory(), kind, name).map((one) => texts.setup.reference[one.kind](one.name));
  const page = {
    ...pageOf(area),
    title: area.titleOf(entry),
    action: entryPath(path, name),
    form,
    entry,
    done: doneOf(c),
    removal: { note: area.words.removeNote, references },
    ...beside ?? await area.beside?.(c, entry) ?? {},
  };
  return await c.html(entryPage(frameOf(ports, c.get("identity"), c.req.path), page), statusOf(filled));
}

function pageOf({ path, words }: EntryArea) {
  return { area: { path, title: words.title } };
}
