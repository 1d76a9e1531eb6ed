import { html } from "hono/html";
import { formatSettingError, type SettingsSection, type ShownSetting } from "../../src/settings.ts";
import type { SettingsModel } from "../entry-models.ts";
import type { View } from "../format.ts";
import { texts } from "../texts.ts";
import { type Done, doneNote } from "./entries.ts";
import { type Frame, icon, layout } from "./layout.ts";
import { listTable } from "./parts.ts";

/** Where the entries of a list of tables are shown. */
const ELSEWHERE: Readonly<Record<string, { readonly path: string; readonly name: keyof typeof texts.nav }>> = {
  "[[account]]": { path: "/accounts", name: "accounts" },
  "[[device]]": { path: "/devices", name: "devices" },
  "[[route]]": { path: "/routes", name: "routes" },
  "[[upstream]]": { path: "/upstreams", name: "upstreams" },
};

/** Every setting with the value in force and where it comes from. */
export function settingsPage(frame: Frame, model: SettingsModel, done: Done): View {
  const words = texts.settings;
  const { file, sections, problems, isChanged, awaitsStart } = model;
  const content = html`
        <div class="section-head"><h1>${words.title}</h1>${frame.mayAct && file !== null
          ? html`<form method="post" action="/settings/reload"><button class="main-button">${words.reload}</button></form>`
          : ""}</div>
        ${doneNote(done)}
        <p class="lead">${words.lead} ${file === null ? words.noFile : words.file(file)} ${words.secret}</p>
        ${problems.length === 0
          ? ""
          : html`<div class="note bad" role="alert">${icon("trouble")}<div><b>${words.problemsTitle}</b>
<ul class="plain-list">${problems.map((problem) => html`<li>${formatSettingError(problem)}</li>`)}</ul></div></div>`}
        ${isChanged ? html`<p class="note warn">${icon("held")}<span>${words.changed}</span></p>` : ""}
        ${awaitsStart.length === 0
          ? ""
          : html`<p class="note warn">${icon("waiting")}<span>${words.awaitsStart(awaitsStart.join(", "))}</span></p>`}
    ${file === null ? "" : html`<p class="hint">${words.reloadHint}</p>`}
        <nav class="jump" aria-label="${words.jump}">
      <ul>${sections.map((section) => html`<li><a href="#${anchorOf(section)}">${nameOf(section)}</a></li>`)}</ul>
    </nav>
        ${sections.map((section) => settingsSection(section))}
  `;
  return layout(frame, { title: words.title, content });
}

function nameOf({ header }: SettingsSection): string {
  return header === "" ? texts.settings.general : header;
}

function anchorOf({ header }: SettingsSection): string {
  return header === "" ? "general" : header.replaceAll(/[[\]]/g, "").replaceAll(/[^a-z]/g, "-");
}

function settingsSection(section: SettingsSection): View {
  const words = texts.settings;
  const { header, doc, line, count, tables } = section;
  const elsewhere = ELSEWHERE[header];
  const id = anchorOf(section);
  return html`<section class="settings-part" aria-labelledby="${id}"><h2 id="${id}">${nameOf(section)}${
    line === null ? "" : html`
      <span class="quiet place">${words.line(line)}</span>
    `
  }</h2>
${header === "" ? "" : html`<p class="hint">${plain(doc)}</p>`}
${
    elsewhere
      ? html`<p>${words.elsewhere(count ?? 0)} <a href="${elsewhere.path}">${texts.nav[elsewhere.name]}</a></p>`
      : tables.length === 0
      ? html`<p class="quiet">${words.none}</p>`
      : tables.map((table, index) => settingsTable(table, `${nameOf(section)} ${index + 1}`))
  }</section>`;
}

function settingsTable(rows: readonly ShownSetting[], caption: string): View {
  if (rows.length === 0) return html``;
  const { columns } = texts.settings;
  return listTable({
    kinds: "settings-list",
    caption,
    columns: [columns.key, columns.value, columns.from, columns.doc],
  }, rows.map(settingRow));
}

function settingRow(row: ShownSetting): View {
  const words = texts.settings;
  const { key, value, from, line, doc, range, preset } = row;
  return html`
    <tr>
      <th scope="row" class="id">${key}</th>
      <td class="value">${value === ""
        ? html`<span class="quiet">${words.unset}</span>`
        : html`<span class="id">${value}</span>`}</td>
      <td class="from">${from === "file"
        ? html`<b class="place">${line === null ? words.from.file : words.line(line)}</b>`
        : html`<span class="quiet">${words.from[from]}</span>`}</td>
      <td class="doc">${plain(doc)}${range === "" && (from !== "file" || preset === "") ? "" : html`
        <span class="quiet">${range === "" ? "" : words.range(range)} ${from === "file" && preset !== ""
          ? words.preset(plain(preset))
          : ""}</span>
      `}</td>
    </tr>
  `;
}

function plain(doc: string): string {
  return doc.replaceAll("`", "").replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1");
}
