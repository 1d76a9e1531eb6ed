import { html } from "hono/html";
import { formatId } from "../../src/store/ids.ts";
import { authorOf, duration, octets, subjectOf, time, type View } from "../format.ts";
import type { CachedModel, LedgerFigures, MailboxDetail, MailboxModel } from "../models.ts";
import { texts } from "../texts.ts";
import { type Frame, icon, layout } from "./layout.ts";
import { asking, crumb, notice } from "./parts.ts";
import { explanation } from "./upstreams.ts";
import { isOrphan, modeOf, moreFacts } from "./mailbox-facts.ts";
import { restorableSection } from "./restorable.ts";

/** The mailboxes and the sources that fill them. */
export function mailboxesPage(
  frame: Frame,
  mailboxes: readonly MailboxModel[],
  now: number,
  fetching: number | null,
): View {
  const words = texts.mailboxes;
  const content = html`<div class="section-head"><h1>${words.title}</h1>${
    frame.mayFetch && mailboxes.length > 0 ? fetchForm(null) : ""
  }</div>
${fetching === null ? "" : notice("good", words.fetching(fetching))}
<div id="mailboxes">${
    mailboxes.length === 0
      ? html`<p class="empty">${words.none} <a href="/accounts">${words.noneHint}</a></p>`
      : html`<div class="boxes-grid">${mailboxes.map((box) => mailboxCard(frame, box, now))}</div>`
  }</div>`;
  return layout(frame, { title: words.title, content, live: { path: "/mailboxes", ids: ["mailboxes"] } });
}

/** To how many messages something was done; null: it was not asked for. */
export interface MailboxDone {
  readonly restored: number | null;
  readonly removed: number | null;
}

/** One mailbox with its newest messages. */
export function mailboxPage(frame: Frame, box: MailboxDetail, now: number, { restored, removed }: MailboxDone): View {
  const words = texts.mailboxes;
  const content = html`${crumb("/mailboxes", words.title)}
<h1 class="unseen">${box.account}, ${box.source}</h1>
${restored === null ? "" : notice(restored > 0 ? "good" : "warn", words.restored(restored))}
${removed === null ? "" : notice(removed > 0 ? "good" : "warn", words.emptied(removed))}
<div id="mailbox" class="beside mailbox-page">${mailboxCard(frame, box, now)}
<section aria-labelledby="newest-title"><h2 id="newest-title">${words.newest}</h2>
${box.newest.length === 0 ? html`<p class="empty">${words.empty}</p>` : messageTable(box.newest)}
${
    box.removedThere.length === 0 ? "" : html`<h2>${words.removedTitle}</h2>
<p class="hint">${words.removedHint}</p>
${messageTable(box.removedThere, "removed")}`
  }
${restorableSection(frame, box)}</section></div>`;
  return layout(frame, { title: box.account, content, live: { path: frame.path, ids: ["mailbox"] } });
}

/** Messages, each with an id of its own on the page, which begins with `prefix`. */
function messageTable(messages: readonly CachedModel[], prefix = "cached"): View {
  const { columns } = texts.mailboxes;
  return html`
    <div class="scroll">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">${columns.message}</th>
            <th scope="col">${columns.from}</th>
            <th scope="col" class="number">${columns.size}</th>
            <th scope="col">${columns.fetched}</th>
            <th scope="col">${columns.state}</th>
          </tr>
        </thead>
        <tbody>${messages.map((message) => messageRow(message, prefix))}</tbody>
      </table>
    </div>
  `;
}

function messageRow(message: CachedModel, prefix: string): View {
  const { states } = texts.mailboxes;
  const state = message.deletedBy !== null
    ? html`<span class="mark plain">${icon("removed")}${states[message.deletedBy]}</span>`
    : message.noticeOctets !== null
    ? html`<span class="mark warn">${icon("held")}${states.notice(octets(message.noticeOctets))}</span>`
    : message.isRead
    ? html`<span class="mark good">${icon("ok")}${states.read}</span>`
    : html`<span class="quiet">${states.unread}</span>`;
  const id = formatId(message.id);
  return html`
    <tr>
      <td><a id="${prefix}-${id}" href="/messages/${id}">${subjectOf(message.subject)}</a></td>
      <td>${authorOf(message.sender)}</td>
      <td class="number">${octets(message.size)}</td>
      <td>${time(message.fetchedAt)}</td>
      <td>${state}</td>
    </tr>
  `;
}

/** The button that lets a source go on that was paused to ask the owner. */
function resumeForm({ account, source }: MailboxModel): View {
  return html`<form method="post" action="/mailboxes/fetch"><input type="hidden" name="account" value="${account}">
<input type="hidden" name="source" value="${source}"><input type="hidden" name="resume" value="true">
<button class="main-button">${icon("fetch")}${texts.mailboxes.fetchAgain}</button></form>`;
}

/** The button that asks the server what the next poll would do. */
function planForm({ account, source }: MailboxModel): View {
  return html`<form method="post" action="/mailboxes/plan"><input type="hidden" name="account" value="${account}">
<input type="hidden" name="source" value="${source}"><button>${texts.plan.ask}</button></form>`;
}

/** The form that deletes what a mailbox holds that no source fills any more. */
function emptyForm({ id }: MailboxModel): View {
  const words = texts.mailboxes;
  const shown = formatId(id!);
  return asking(
    { id: `empty-${shown}`, title: words.emptyAsk, action: `/mailboxes/${shown}/empty` },
    html`<p>${words.emptyHint}</p><button class="danger">${words.emptySure}</button>`,
  );
}

function fetchForm(account: string | null): View {
  const words = texts.mailboxes;
  return html`<form method="post" action="/mailboxes/fetch">${
    account === null ? "" : html`<input type="hidden" name="account" value="${account}">`
  }<button${
    account === null
      ? html`
        class="main-button"
      `
      : ""
  }>${icon("fetch")}${account === null ? words.fetchAll : words.fetchNow}</button></form>`;
}

function mailboxCard(frame: Frame, box: MailboxModel, now: number): View {
  const words = texts.mailboxes;
  return html`<article class="card mailbox way-in">
<header><div><h2>${
    box.id === null ? box.account : html`<a href="/mailboxes/${formatId(box.id)}">${box.account}</a>`
  }</h2><p class="quiet">${box.source}${
    isOrphan(box)
      ? html`
        · <b>${words.noSource}</b>
      `
      : ""
  }${
    box.host === null || box.host === box.source ? "" : html`
      · <span class="id">${box.host}</span>
    `
  }</p></div>${
    frame.mayFetch && box.mode !== null ? box.pausedBecause === null ? fetchForm(box.account) : resumeForm(box) : ""
  }</header>
<p class="mode ${box.mode ?? "none"}">${modeOf(box)}</p>
<p class="big">${texts.numbers(box.messages)}<span> ${texts.messagesWord(box.messages)} ${words.messagesHere} · ${
    octets(box.octets)
  } · ${words.unread(box.unread)}</span></p>
${trouble(box)}
<dl class="facts">
${fetchFacts(box, now)}
${moreFacts(box)}
</dl>
${frame.mayFetch && box.mode !== null ? planForm(box) : ""}
${frame.mayAct && isOrphan(box) && box.messages > 0 ? emptyForm(box) : ""}
${box.mode === null && box.ledger.length === 0 ? "" : html`<h3>${words.ledger}</h3>`}
${box.pausedBecause === null || box.ledger.length === 0 ? "" : html`<p class="quiet">${words.ledgerPaused}</p>`}
${ledgerOf(box)}
</article>`;
}

/** When it was fetched and will be; of a mailbox that no source of its own fills any more, when it was. */
function fetchFacts(box: MailboxModel, now: number): View {
  const words = texts.mailboxes;
  if (box.mode === null) {
    return box.lastFetchAt === null ? html`` : html`
      <div>
        <dt>${words.lastFetch}</dt>
        <dd>${time(box.lastFetchAt)}</dd>
      </div>
    `;
  }
  return html`
    <div>
      <dt>${words.lastFetch}</dt>
      <dd>${box.lastFetchAt === null ? words.never : html`${time(box.lastFetchAt)} · ${lastFetch(box)}`}</dd>
    </div>
    <div>
      <dt>${words.nextFetch}</dt>
      <dd>${nextFetch(box, now)}</dd>
    </div>
  `;
}

function ledgerOf({ mode, ledger }: MailboxModel): View {
  if (ledger.length > 0) return ledgerBar(ledger);
  return mode === null ? html`` : html`<p class="quiet">${texts.mailboxes.ledgerNone}</p>`;
}

function lastFetch(box: MailboxModel): View {
  const words = texts.mailboxes;
  if (box.pausedBecause !== null) return html`<span class="mark bad">${icon("held")}${words.pausedLast}</span>`;
  return box.failures > 0
    ? html`<span class="mark bad">${icon("trouble")}${words.failed(box.failures)}</span>`
    : html`<span class="mark good">${icon("ok")}${words.ok}</span>`;
}

function trouble(box: MailboxModel): View {
  const words = texts.mailboxes;
  if (box.pausedBecause !== null) {
    return html`<p class="note bad">${
      icon("held")
    }<span><b>${words.paused}</b> ${box.pausedBecause}. ${words.pausedAsk}</span></p>`;
  }
  if (box.failures > 0) {
    return html`<p class="note warn">${icon("trouble")}<span>${box.lastOutcome}</span></p>${
      explanation(box.explained)
    }`;
  }
  return html``;
}

function nextFetch(box: MailboxModel, now: number): View {
  const words = texts.mailboxes;
  if (box.pausedBecause !== null) return html`${words.pausedNext}`;
  const interval = box.intervalMs === null ? "" : ` · ${words.every(duration(box.intervalMs))}`;
  if (box.nextFetchAt === null) return html`${words.never}${interval}`;
  return html`${box.nextFetchAt <= now ? texts.queue.now : time(box.nextFetchAt)}${interval}`;
}

const LEDGER_ORDER = ["announced", "stored", "evicted", "delete-sent", "delete-confirmed", "gone"] as const;

function ledgerBar(ledger: readonly LedgerFigures[]): View {
  const total = ledger.reduce((sum, row) => sum + row.messages, 0) || 1;
  const rows = LEDGER_ORDER.flatMap((state) => ledger.find((row) => row.state === state) ?? []);
  let x = 0;
  const bars = rows.map((row) => {
    const width = 100 * row.messages / total;
    const bar = html`
      <rect class="ledger-${row.state}" x="${x.toFixed(2)}%" width="${width.toFixed(2)}%" height="8" />
    `;
    x += width;
    return bar;
  });
  return html`<svg class="ledger-bar" height="8" aria-hidden="true">${bars}</svg>
<ul class="ledger">${
    rows.map((row) =>
      html`<li><svg class="swatch" viewBox="0 0 10 10" aria-hidden="true"><rect class="ledger-${row.state}" width="10" height="10"/></svg>${
        texts.numbers(row.messages)
      } ${texts.ledgerStates[row.state]} <span class="quiet">${octets(row.octets)}</span></li>`
    )
  }</ul>`;
}
