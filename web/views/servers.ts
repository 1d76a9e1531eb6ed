import { html } from "hono/html";
import { formatId } from "../../src/store/ids.ts";
import { duration, time, type View } from "../format.ts";
import type { EntryModel } from "../entry-models.ts";
import type { SourceModel, UpstreamCardModel } from "../server-models.ts";
import { texts } from "../texts.ts";
import { fieldAround } from "./form.ts";
import { type Frame, icon, layout } from "./layout.ts";
import { placeOf } from "./entries.ts";
import { asking, crumb, facts, notice, outcomeOf } from "./parts.ts";
import { serverPath } from "./server-form.ts";
import { explanation, paceOf, stateOf } from "./upstreams.ts";

/** What was done, as the address of the page after it says. */
export type UpstreamDone = keyof typeof texts.servers.upstreams.done;
/** The same for sources. */
export type SourceDone = keyof typeof texts.servers.sources.done;

/** The upstreams, what each is doing, and what owners do with them. */
export function upstreamsPage(
  frame: Frame,
  { upstreams, unused, done }: {
    readonly upstreams: readonly UpstreamCardModel[];
    /** Those of the database that are not in use. */
    readonly unused: readonly EntryModel[];
    readonly done: UpstreamDone | null;
  },
): View {
  const words = texts.servers.upstreams;
  const content = html`<div class="section-head"><h1>${words.title}</h1>${
    frame.mayAct ? html`<a class="button main-button" href="/upstreams/new">${words.add}</a>` : ""
  }</div>
${done === null ? "" : notice(done === "untested" ? "warn" : "good", words.done[done])}
<p class="lead">${words.lead}</p>
<div id="upstreams" class="boxes-grid servers">${
    upstreams.length === 0 ? html`<p class="empty">${words.none}</p>` : upstreams.map((one) => upstreamCard(frame, one))
  }${unused.map((one) => unusedCard(frame, one))}</div>`;
  return layout(frame, { title: words.title, content, live: { path: "/upstreams", ids: ["upstreams"] } });
}

function upstreamCard(frame: Frame, upstream: UpstreamCardModel): View {
  const words = texts.servers.upstreams;
  const { name, host, port, username, senders, waitingFor, lastSession } = upstream;
  return html`<article class="card server way-out" id="upstream-${encodeURIComponent(name)}">
<header><div><h2>${name}</h2>${
    upstream.origin === "database" ? "" : html`<p>${placeOf(entryOf(upstream))}</p>`
  }</div></header>
<p class="state">${stateOf(upstream)}</p>
${
    facts([
      [words.server, html`<span class="id">${host}:${port}</span>`],
      [words.login, username ?? words.noLogin],
      [words.pace, paceOf(upstream)],
      [words.work, texts.upstreams.work(upstream.running, upstream.waiting)],
      senders.length === 1 && senders[0] === "*" ? null : [words.senders, senders.join(", ")],
      waitingFor === null ? null : [
        waitingFor.lastReplyBy === "waypost" || upstream.down ? words.waitingFor : words.lastReply,
        html`${words.waits(waitingFor.messages)}${
          waitingFor.lastReply === null || upstream.down ? "" : html`<br>${
            waitingFor.lastReplyBy === "waypost"
              ? html`
                <b>${texts.notSent(name, waitingFor.lastReply)}</b>
              `
              : ""
          }<span class="reply">${waitingFor.lastReply}</span>${explanation(waitingFor.explained)}`
        }`,
      ],
      [
        words.lastSession,
        lastSession === null
          ? words.never
          : html`<a href="/sessions/${formatId(lastSession.id)}">${time(lastSession.startedAt)}</a> · ${
            outcomeOf(lastSession)
          }`,
      ],
    ])
  }
${frame.mayAct ? upstreamActions(upstream) : ""}</article>`;
}

function entryOf({ name, origin, file, line }: UpstreamCardModel): EntryModel {
  return { name, origin, file, line, state: "used", changedAt: null, value: {} };
}

function unusedCard(frame: Frame, entry: EntryModel): View {
  const name = entry.name ?? "";
  return html`<article class="card server"><header><div><h2>${name}</h2><p>${placeOf(entry)}</p></div></header>
${
    frame.mayAct
      ? html`<div class="actions">${upstreamRemoval(`/upstreams/${encodeURIComponent(name)}`, name)}</div>`
      : ""
  }</article>`;
}

function removal(path: string, name: string, content: View): View {
  const id = `remove-${encodeURIComponent(name)}`;
  return asking({ id, title: texts.forms.removeTitle, action: `${path}/remove` }, content);
}

function upstreamRemoval(path: string, name: string): View {
  const { removeAsk, removeSure } = texts.servers.upstreams;
  return removal(path, name, html`<p>${removeAsk}</p><button class="danger">${removeSure}</button>`);
}

function upstreamActions({ name, origin }: UpstreamCardModel): View {
  const words = texts.servers.upstreams;
  const path = `/upstreams/${encodeURIComponent(name)}`;
  return html`<div class="actions">
<form method="post" action="${path}/test"><button aria-label="${words.testOf(name)}">${words.test}</button></form>
${
    origin === "file" ? "" : html`
      <a class="button" href="${path}/edit" aria-label="${words.editOf(name)}">${words.edit}</a>
      ${upstreamRemoval(path, name)}
    `
  }
${
    asking(
      { id: `send-${encodeURIComponent(name)}`, title: words.send, action: `${path}/send`, isPlain: true },
      html`<p>${words.sendHint}</p>${addressField("from", words.from, name)}${addressField("to", words.to, name)}
<button>${icon("right")}${words.sendGo}</button>`,
    )
  }</div>`;
}

function addressField(key: "from" | "to", label: string, upstream: string): View {
  return fieldAround(
    { key: `${key}-${encodeURIComponent(upstream)}`, label },
    (marks) =>
      html`<input name="${key}" type="text" ${marks} inputmode="email" required maxlength="320" autocomplete="off">`,
  );
}

/** The sources of an account. */
export function sourcesPage(
  frame: Frame,
  { account, entry, isEditable, sources, done }: {
    readonly account: string;
    /** The account as it stands. */
    readonly entry: EntryModel | null;
    /** The account stands in the database. */
    readonly isEditable: boolean;
    readonly sources: readonly SourceModel[];
    readonly done: SourceDone | null;
  },
): View {
  const words = texts.servers.sources;
  const path = serverPath("source", account);
  const content = html`${crumb(`/accounts/${encodeURIComponent(account)}`, account)}
<div class="section-head"><h1>${words.title(account)}</h1>${
    frame.mayAct && isEditable ? html`<a class="button main-button" href="${path}/new">${words.add}</a>` : ""
  }</div>
${done === null ? "" : notice("good", words.done[done])}
<p class="lead">${words.lead}${
    isEditable ? "" : html`
      ${words.fileOnly} ${entry === null ? "" : placeOf(entry)}
    `
  }</p>
<div id="sources" class="boxes-grid servers">${
    sources.length === 0
      ? html`<p class="empty">${words.none}</p>`
      : sources.map((source) => sourceCard(frame, source, path, isEditable))
  }</div>`;
  return layout(frame, { title: words.title(account), content, live: { path: frame.path, ids: ["sources"] } });
}

function sourceCard(frame: Frame, source: SourceModel, path: string, isEditable: boolean): View {
  const words = texts.servers.sources;
  const { upstreams } = texts.servers;
  const { name, host, port, username, mode, deleteAfterMs, intervalMs, mailbox } = source;
  const kept = mode === "keep"
    ? words.keep
    : deleteAfterMs === 0
    ? words.deleteAtOnce
    : words.delete(duration(deleteAfterMs));
  const own = `${path}/${encodeURIComponent(name)}`;
  return html`<article class="card server way-in"><header><h2>${name}</h2></header>
<p class="mode">${kept} ${words.every(duration(intervalMs))}</p>
${
    facts([
      [upstreams.server, html`<span class="id">${host}:${port}</span>`],
      [upstreams.login, username],
      mailbox === null ? null : [
        words.mailbox,
        html`<a href="/mailboxes/${formatId(mailbox.id)}">${texts.messages(mailbox.messages)}</a>${
          mailbox.failures === 0
            ? ""
            : html` · <span class="mark bad">${icon("trouble")}${texts.mailboxes.failed(mailbox.failures)}</span>
<span class="reply">${mailbox.lastOutcome}</span>${explanation(mailbox.explained)}`
        }`,
      ],
    ])
  }
${
    !frame.mayAct ? "" : html`<div class="actions">
<form method="post" action="${own}/test"><button aria-label="${
      upstreams.testOf(name)
    }">${upstreams.test}</button></form>
${
      !isEditable ? "" : html`
        <a class="button" href="${own}/edit" aria-label="${upstreams.editOf(name)}">${upstreams.edit}</a>
        ${removal(
          own,
          name,
          html`<p>${words.removeAsk}</p>
<button name="mail" value="keep">${words.removeKeep}</button><p class="hint">${words.keepHint}</p>
<button class="danger" name="mail" value="delete">${words.removeWithMail}</button><p class="hint">${words.withMailHint}</p>`,
        )}
      `
    }</div>`
  }</article>`;
}
