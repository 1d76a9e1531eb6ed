import { html } from "hono/html";
import { AUDIT_KINDS } from "../../src/identity/audit.ts";
import { formatId, parseId } from "../../src/store/ids.ts";
import type { ChangeModel } from "../entry-models.ts";
import { duration, flag, time, type View } from "../format.ts";
import { texts } from "../texts.ts";
import { type Frame, layout } from "./layout.ts";
import { listTable } from "./parts.ts";

/** What the log shows of itself. */
export interface ChangesPage {
  readonly changes: readonly ChangeModel[];
  readonly kind: string | undefined;
  /** From where on older ones stand; null: these are the newest. */
  readonly before: number | null;
  /** Where the next ones begin; null: there are no more. */
  readonly next: number | null;
  /** How long changes are kept. */
  readonly keptMs: number;
}

/** Who changed what, and when. */
export function changesPage(frame: Frame, { changes, kind, before, next, keptMs }: ChangesPage): View {
  const words = texts.changes;
  const of = kind === undefined ? "" : `kind=${encodeURIComponent(kind)}`;
  const content = html`<h1>${words.title}</h1>
<p class="lead">${words.lead(duration(keptMs))}</p>
<form class="filters" method="get" action="/changes" data-submit-on-change>
<label>${words.kind} <select name="kind"><option value="">${words.any}</option>${
    AUDIT_KINDS.map((one) =>
      html`
        <option value="${one}" ${flag("selected", one === kind)}>${words.kinds[one] ?? one}</option>
      `
    )
  }</select></label><button>${words.filter}</button></form>
${changes.length === 0 ? html`<p class="empty">${words.none}</p>` : changeTable(changes)}
<p class="pager">${before === null ? html`<span></span>` : html`<a href="/changes?${of}">${words.newest}</a>`}${
    next === null
      ? ""
      : html`<a href="/changes?${of === "" ? "" : `${of}&`}before=${formatId(next)}">${words.older}</a>`
  }</p>`;
  return layout(frame, { title: words.title, content });
}

function changeTable(changes: readonly ChangeModel[]): View {
  const { columns, title } = texts.changes;
  return listTable({
    kinds: "queue setup-list changes",
    caption: title,
    columns: [columns.at, columns.actor, columns.what, columns.changes],
  }, changes.map(changeRow));
}

function changeRow({ at, actor, kind, name, action, changes, note }: ChangeModel): View {
  const words = texts.changes;
  return html`
    <tr>
      <td class="when" data-label="${words.columns.at}">${time(at, "full")}</td>
      <td class="when wraps" data-label="${words.columns.actor}">${words.actors[actor] ?? actor}</td>
      <td class="what">${words.kinds[kind] ?? kind} ${name === "" ? "" : nameOf(kind, name)} ${words.actions[action] ??
        action}</td>
      <td class="said">${note === null ? "" : html`<p>${note}</p>`}${changes.length === 0
        ? ""
        : html`<ul class="differences">${
          changes.map((change) => html`<li><span class="id">${change.key}</span> ${differenceOf(change)}</li>`)
        }</ul>`}</td>
    </tr>
  `;
}

/** A message of the queue leads to its page. */
function nameOf(kind: string, name: string): View {
  return kind === "queue" && parseId(name) !== null
    ? html`<a class="id" href="/messages/${name}">${name}</a>`
    : html`<b>${name}</b>`;
}

function differenceOf({ from, to, secret }: ChangeModel["changes"][number]): View {
  const words = texts.changes;
  if (secret) return html`${words.secret}`;
  if (from === undefined || from === null) return html`<b>${valueOf(to)}</b>`;
  return html`${valueOf(from)} ${words.to} <b>${valueOf(to)}</b>`;
}

function valueOf(value: unknown): string {
  if (value === undefined || value === null) return texts.changes.nothing;
  return Array.isArray(value) ? value.map(String).join(", ") || texts.changes.nothing : String(value);
}
