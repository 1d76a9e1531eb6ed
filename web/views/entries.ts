/** What the pages of accounts, devices and routes have in common: where an entry stands, its form, its removal. */
import { html } from "hono/html";
import type { View } from "../format.ts";
import type { EntryModel } from "../entry-models.ts";
import type { FormField, FormModel } from "../form-models.ts";
import { texts } from "../texts.ts";
import { formFields, formProblems } from "./form.ts";
import { type Frame, icon, layout } from "./layout.ts";
import { asking, crumb, facts, notice } from "./parts.ts";

/** What an action came to, as the address of the page after it says. */
export type Done = keyof typeof texts.forms.done | null;

/** A path below an area's for something with a name of its own; whatever the name holds. */
export function entryPath(area: string, name: string): string {
  return `${area}/${encodeURIComponent(name)}`;
}

/** What was done, in words. */
export function doneNote(done: Done): View {
  if (done === null) return html``;
  return notice(done === "none" ? "warn" : "good", texts.forms.done[done]);
}

/** Where an entry stands. */
export function placeOf({ origin, file, line, state }: EntryModel): View {
  if (state !== "used") {
    return html`<span class="mark warn plain">${icon("held")}${texts.accounts.origin[state]}</span>`;
  }
  if (origin === "database") return html`<span class="quiet">${texts.accounts.origin.database}</span>`;
  return html`<span class="quiet place">${texts.forms.place(file ?? texts.accounts.origin.file, line)}</span>`;
}

/** The page of one entry, or of a new one. */
export interface EntryPage {
  readonly title: string;
  /** The list that it belongs to. */
  readonly area: { readonly path: string; readonly title: string };
  /** Where the form is sent. */
  readonly action: string;
  readonly form: FormModel;
  /** null: it is a new one. */
  readonly entry: EntryModel | null;
  readonly done?: Done;
  /** What stands above the form. */
  readonly above?: View;
  /** What stands beside it. */
  readonly beside?: View;
  /** What the button says. */
  readonly button?: string;
  /** What becomes of the rest when it is removed, and what refers to it. */
  readonly removal?: { readonly note: string; readonly references: readonly string[] };
}

/** The page of an entry: its form for owners, where it is not of the file; else what it says. */
export function entryPage(frame: Frame, page: EntryPage): View {
  const { title, area, entry, form } = page;
  const mayChange = frame.mayAct && entry?.origin !== "file";
  const content = html`${crumb(area.path, area.title)}
<h1>${title}</h1>
${doneNote(page.done ?? null)}
${
    entry === null
      ? ""
      : html`<p class="lead">${placeOf(entry)}${entry.origin === "file" ? html`. ${texts.forms.readOnly}` : ""}</p>`
  }
${page.above ?? ""}
${formProblems(form)}
<div class="setup-page"><div>
${mayChange ? editForm(page) : shownFields(form.fields)}
${mayChange && entry !== null && page.removal ? removeForm(page, page.removal) : ""}
</div>${page.beside ?? ""}</div>`;
  return layout(frame, { title, content });
}

function editForm({ action, form, entry, area, button }: EntryPage): View {
  return html`<form class="card form" method="post" action="${action}" novalidate>
${formFields(form)}
<p class="form-end"><button class="main-button">${
    button ?? (entry === null ? texts.forms.add : texts.forms.save)
  }</button> <a href="${area.path}">${texts.forms.cancel}</a></p>
</form>`;
}

function shownFields(fields: readonly FormField[]): View {
  return html`<div class="card">${
    facts(fields.map(({ label, value, preset, control }) => [
      label,
      value === ""
        ? html`<span class="quiet">${preset || (control === "flag" ? texts.forms.no : texts.forms.none)}</span>`
        : html`<span class="each-line">${control === "flag" ? texts.forms.yes : value}</span>`,
    ]))
  }</div>`;
}

function removeForm({ action, form }: EntryPage, { note, references }: NonNullable<EntryPage["removal"]>): View {
  const words = texts.forms;
  const content = html`<input type="hidden" name="seen" value="${form.seenAt ?? ""}"><p>${note}</p>
${references.length === 0 ? "" : html`<p>${texts.setup.referred} ${references.join(", ")}.</p>`}
<button class="danger">${words.removeSure}</button>`;
  return html`<div class="removal">${
    asking({ id: "remove", title: words.removeTitle, action: `${action}/remove` }, content)
  }</div>`;
}
