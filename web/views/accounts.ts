import { html } from "hono/html";
import { formatId } from "../../src/store/ids.ts";
import type { AccountModel } from "../entry-models.ts";
import type { View } from "../format.ts";
import type { MailboxModel } from "../models.ts";
import { texts } from "../texts.ts";
import { type Done, doneNote, entryPath, placeOf } from "./entries.ts";
import { fieldAround } from "./form.ts";
import { type Frame, icon, layout } from "./layout.ts";
import { listTable } from "./parts.ts";

/** The accounts. */
export function accountsPage(frame: Frame, accounts: readonly AccountModel[], done: Done): View {
  const words = texts.accounts;
  const content = html`<div class="section-head"><h1>${words.title}</h1>${
    frame.mayAct ? html`<a class="button main-button" href="/accounts/-/add">${words.add}</a>` : ""
  }</div>
${doneNote(done)}
<p class="lead">${words.lead}</p>
${accounts.length === 0 ? html`<p class="empty">${words.none}</p>` : accountTable(accounts)}`;
  return layout(frame, { title: words.title, content });
}

function accountTable(accounts: readonly AccountModel[]): View {
  const { columns, title } = texts.accounts;
  return listTable({
    kinds: "queue setup-list",
    caption: title,
    columns: [columns.login, columns.sends, columns.by, columns.fetches, columns.origin],
  }, accounts.map(accountRow));
}

function accountRow(account: AccountModel): View {
  const words = texts.accounts;
  const { login, addresses, upstream, sources, canLogIn, hasScram, isAdopted, state } = account;
  return html`
    <tr>
      <td class="what"><a href="${entryPath("/accounts", login)}">${login}</a>${canLogIn || state === "broken"
        ? ""
        : html`<span class="mark warn plain">${icon("lock")}${words.noLogin}</span>`}${canLogIn && !hasScram
        ? html`<span class="quiet">${words.noScram}</span>`
        : ""}${isAdopted ? html`<span class="quiet">${words.adopted}</span>` : ""}</td>
      <td class="when wraps" data-label="${words.columns.sends}">${addresses.join(", ") ||
        html`<span class="quiet">${words.nobody}</span>`}</td>
      <td class="when" data-label="${words.columns.by}">${upstream ??
        html`<span class="quiet">${words.byRoutes}</span>`}</td>
      <td class="when wraps" data-label="${words.columns.fetches}">${sources.length === 0
        ? html`<span class="quiet">${words.noSources}</span>`
        : sources.map(({ name }) => name).join(", ")}</td>
      <td class="when" data-label="${words.columns.origin}">${placeOf(account)}</td>
    </tr>
  `;
}

/** What stands beside an account's form: its sources, its mailboxes, its password. */
export function besideAccount(
  frame: Frame,
  account: AccountModel,
  mailboxes: readonly MailboxModel[],
  password: PasswordForm,
): View {
  const words = texts.accounts;
  return html`<div class="setup-beside">
<section class="card" aria-labelledby="sources-title"><h2 id="sources-title">${words.sourcesTitle}</h2>
<p class="hint">${words.sourcesHint}</p>
<ul class="plain-list">${account.sources.map(({ name }) => html`<li>${name}</li>`)}</ul>
<p><a href="${entryPath("/accounts", account.login)}/sources">${words.sources}</a></p></section>
<section class="card" aria-labelledby="boxes-title"><h2 id="boxes-title">${words.mailboxes}</h2>
${mailboxes.length === 0 ? html`<p class="quiet">${words.noMailboxes}</p>` : ""}
<ul class="plain-list">${
    mailboxes.map(({ id, source, messages }) =>
      html`<li>${id === null ? source : html`<a href="/mailboxes/${formatId(id)}">${source}</a>`} <span class="quiet">${
        texts.messages(messages)
      }</span></li>`
    )
  }</ul></section>
${frame.mayAct && account.origin === "database" ? passwordForm(account.login, password) : ""}</div>`;
}

/** The form of a new password. */
export interface PasswordForm {
  /** One made by chance. */
  readonly offered: string;
  readonly error: string | null;
}

function passwordForm(login: string, { offered, error }: PasswordForm): View {
  const words = texts.accounts;
  const action = `${entryPath("/accounts", login)}/password`;
  return html`
    <section class="card" aria-labelledby="password-title">
      <h2 id="password-title">${words.passwordTitle}</h2>
      <p class="hint">${words.passwordNote}</p>
      <form class="form" method="post" action="${action}">${fieldAround(
        { key: "offered", label: words.passwordOffered },
        (marks) =>
          html`
            <div
              class="row"><input class="id offered" name="password" ${marks} value="${offered}" readonly><button>${words
                .passwordUse}</button></div>
          `,
      )}</form>
      <form class="form" method="post" action="${action}">${fieldAround(
        { key: "own", label: words.passwordOwn, error },
        (marks) =>
          html`
            <div
              class="row"><input type="password" name="password" ${marks} autocomplete="new-password" maxlength="4096" required><button>${words
                .passwordSave}</button></div>
          `,
      )}</form>
    </section>
  `;
}
