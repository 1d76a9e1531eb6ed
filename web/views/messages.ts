import { html } from "hono/html";
import { formatId } from "../../src/store/ids.ts";
import { authorOf, flag, octets, senderOf, subjectOf, time, type View } from "../format.ts";
import type { ListedMail, MailList } from "../mail-list-models.ts";
import type { CachedModel, MessageModel, RecipientModel } from "../models.ts";
import { texts } from "../texts.ts";
import { type Frame, icon, layout } from "./layout.ts";
import { stateOf } from "./queue.ts";

/** What is looked for, as the form shows it: empty texts for what is not asked. */
export type ShownSearch = Readonly<
  Record<"q" | "from" | "to" | "subject" | "state" | "direction" | "since" | "until", string>
>;

const FILTERS = ["from", "to", "subject", "state", "direction", "since", "until"] as const;

/** Messages of both kinds, the newest first; the page from `from` on, or the first. */
export function messagesPage(frame: Frame, found: MailList, shown: ShownSearch, from: number | null): View {
  const words = texts.messageList;
  const isAsked = Object.values(shown).some((text) => text !== "");
  const content = html`
    <h1>${words.title}</h1>
    ${searchForm(shown)}
    ${found.notIndexed > 0 ? html`<p class="hint" role="status">${words.notIndexed(found.notIndexed)}</p>` : ""}
    ${!found.isIndexed && isAsked ? html`<p class="hint">${words.unindexed}</p>` : ""}
    <div id="messages">${found.messages.length === 0
      ? html`<p class="empty">${isAsked || from !== null ? words.nothing : words.none}</p>`
      : messageTable(found.messages)}</div>
    <p class="pager">${from === null
      ? ""
      : html`<a href="${pathOf(shown, null)}">${words.newest}</a>`}${found.before === null
      ? ""
      : html`<a href="${pathOf(shown, found.before)}">${words.older}</a>`}</p>
  `;
  return layout(frame, {
    title: words.title,
    content,
    live: isAsked || from !== null ? undefined : { path: "/messages", ids: ["messages"] },
  });
}

function pathOf(shown: ShownSearch, before: number | null): string {
  const given = Object.entries(shown).filter(([, value]) => value !== "");
  const query = new URLSearchParams([...given, ...before === null ? [] : [["before", formatId(before)]]]).toString();
  return query === "" ? "/messages" : `/messages?${query}`;
}

function searchForm(shown: ShownSearch): View {
  const words = texts.messageList;
  const isFiltered = FILTERS.some((name) => shown[name] !== "");
  const text = (name: "from" | "to" | "subject") =>
    html`<label>${words[name]} <input name="${name}" value="${
      shown[name]
    }" maxlength="320" autocomplete="off"></label>`;
  const day = (name: "since" | "until") =>
    html`<label>${words[name]} <input name="${name}" type="date" value="${shown[name]}"></label>`;
  return html`
    <form class="find" method="get" action="/messages" role="search" aria-label="${words.title}">
      <p class="find-words"><label class="unseen" for="find-words">${words.find}</label>
        <input id="find-words" name="q" type="search" value="${shown.q}" placeholder="${words.findHint}" maxlength="998"
          autocomplete="off" spellcheck="false">
        <button class="main-button">${icon("search")}${words.show}</button></p>
      <details id="find-filters"${flag("open", isFiltered)}>
        <summary>${words.more}</summary>
        <div class="find-fields">
          ${text("from")} ${text("to")} ${text("subject")}
          ${choice("state", shown.state, words.states)} ${choice("direction", shown.direction, words.directions)}
          ${day("since")} ${day("until")}
        </div>
        <p><a href="/messages">${words.all}</a></p>
      </details>
      ${help()}
    </form>
  `;
}

function choice(name: "state" | "direction", chosen: string, options: Readonly<Record<string, string>>): View {
  return html`<label>${
    texts.messageList[name]
  } <select name="${name}"><option value="">${texts.messageList.any}</option>${
    Object.entries(options).map(([value, label]) =>
      html`
        <option value="${value}" ${flag("selected", value === chosen)}>${label}</option>
      `
    )
  }</select></label>`;
}

function help(): View {
  const words = texts.messageList;
  return html`
    <details class="find-help" id="find-help">
      <summary>${words.how}</summary>
      <dl>${words.help.map(([example, meaning]) =>
        html`
          <div>
            <dt><code>${example}</code></dt>
            <dd>${meaning}</dd>
          </div>
        `
      )}</dl>
    </details>
  `;
}

function messageTable(messages: readonly ListedMail[]): View {
  const { columns } = texts.messageList;
  return html`
    <table class="list mail">
      <caption class="unseen">${texts.messageList.title}</caption>
      <thead>
        <tr>
          <th scope="col">${columns.message}</th>
          <th scope="col">${columns.whom}</th>
          <th scope="col">${columns.state}</th>
          <th scope="col" class="number">${columns.when}</th>
        </tr>
      </thead>
      <tbody>${messages.map((mail) => mail.kind === "message" ? relayedRow(mail) : cachedRow(mail))}</tbody>
    </table>
  `;
}

function row(way: "way-out" | "way-in", mail: ListedMail, whom: View, state: View, at: number): View {
  return html`
    <tr class="${way}">
      <td class="what"><a href="/messages/${formatId(mail.id)}">${subjectOf(mail.subject)}</a></td>
      <td class="whom">${whom}</td>
      <td class="state">${state}</td>
      <td class="number when">${time(at)} <span class="quiet">${octets(mail.size)}</span></td>
    </tr>
  `;
}

function relayedRow(mail: { readonly kind: "message" } & MessageModel): View {
  const [first, ...others] = mail.recipients;
  const whom = html`${senderOf(mail.sender)} <span class="quiet">→</span> ${first?.address ?? ""}${
    others.length > 0
      ? html`
        <span class="quiet">${texts.messageList.others(others.length)}</span>
      `
      : ""
  }`;
  return row("way-out", mail, whom, stateOfAll(mail.recipients), mail.receivedAt);
}

const GRAVEST: readonly RecipientModel["state"][] = ["waiting", "held", "bounced", "removed", "delivered"];

/** How a message fares: the state that asks most for a look, and how many recipients have it where not all do. */
function stateOfAll(recipients: readonly RecipientModel[]): View {
  const state = GRAVEST.find((one) => recipients.some((recipient) => recipient.state === one));
  const those = recipients.filter((recipient) => recipient.state === state);
  const first = those[0];
  if (!first) return html``;
  return html`${stateOf(first)}${
    those.length < recipients.length
      ? html`
        <span class="quiet">${those.length}/${recipients.length}</span>
      `
      : ""
  }`;
}

function cachedRow(mail: { readonly kind: "mailbox-message" } & CachedModel): View {
  const words = texts.messageList;
  const whom = html`${authorOf(mail.sender)} <span class="quiet">→ ${words.mailbox(mail.account)}</span>`;
  return row("way-in", mail, whom, cachedState(mail), mail.fetchedAt);
}

function cachedState({ deletedAt, deletedBy, isRead, noticeOctets }: CachedModel): View {
  const { states } = texts.mailboxes;
  if (deletedAt !== null) {
    return html`<span class="mark plain">${icon("removed")}${states[deletedBy ?? "client"]}</span>`;
  }
  if (noticeOctets !== null) return html`<span class="mark plain">${icon("left")}${texts.messageList.notice}</span>`;
  return isRead
    ? html`<span class="mark good">${icon("ok")}${states.read}</span>`
    : html`<span class="mark plain">${icon("left")}${states.unread}</span>`;
}
