import { html } from "hono/html";
import { formatId } from "../../src/store/ids.ts";
import { octets, senderOf, subjectOf, time, type View } from "../format.ts";
import type { CachedModel, MessageModel, SearchResult } from "../models.ts";
import { texts } from "../texts.ts";
import { type Frame, layout } from "./layout.ts";
import { stateOf } from "./queue.ts";

/** What a search found: the page from `from` on, or the first. */
export function searchPage(frame: Frame, found: SearchResult, from: number | null): View {
  const words = texts.search;
  const total = found.messages.length + found.cached.length;
  const content = html`<h1>${
    found.query === "" ? words.label : total === 0 ? words.nothing(found.query) : words.found(
      from === null && found.before === null ? texts.messages(total) : words.part,
      found.query,
    )
  }</h1>
<p class="hint">${words.hint}</p>
${
    found.messages.length === 0 ? "" : html`
      <section aria-labelledby="relayed">
        <h2 id="relayed">${words.queued}</h2>
        <ul class="hits">${found.messages.map(messageHit)}</ul>
      </section>
    `
  }
${
    found.cached.length === 0 ? "" : html`
      <section aria-labelledby="cached">
        <h2 id="cached">${words.cached}</h2>
        <ul class="hits">${found.cached.map(cachedHit)}</ul>
      </section>
    `
  }
<p class="pager">${from === null ? "" : html`<a href="${pathOf(found.query, null)}">${words.newest}</a>`}${
    found.before === null ? "" : html`<a href="${pathOf(found.query, found.before)}">${words.more}</a>`
  }</p>`;
  return layout(frame, { title: words.title, content });
}

function pathOf(query: string, before: number | null): string {
  return `/search?${new URLSearchParams({ q: query, ...(before === null ? {} : { before: formatId(before) }) })}`;
}

function messageHit(message: MessageModel): View {
  const [first, ...others] = message.recipients;
  return html`<li class="way-out"><a href="/messages/${formatId(message.id)}">${subjectOf(message.subject)}</a>
<span>${senderOf(message.sender)} → ${first?.address ?? ""}${
    others.length > 0 ? ` ${texts.queue.more(others.length)}` : ""
  }</span> ${first ? stateOf(first) : ""}<span class="quiet">${time(message.receivedAt)} · ${
    octets(message.size)
  }</span></li>`;
}

function cachedHit(message: CachedModel): View {
  return html`<li class="way-in"><a href="/messages/${formatId(message.id)}">${subjectOf(message.subject)}</a>
<span>${senderOf(message.sender)} → ${message.account}</span><span class="quiet">${time(message.fetchedAt)} · ${
    octets(message.size)
  }</span></li>`;
}
