import { html } from "hono/html";
import { formatId } from "../../src/store/ids.ts";
import { octets, senderOf, subjectOf, time, type View } from "../format.ts";
import type { CachedModel, MessageModel, SearchResult } from "../models.ts";
import { texts } from "../texts.ts";
import { type Frame, layout } from "./layout.ts";
import { stateOf } from "./queue.ts";

/** What a search found. */
export function searchPage(frame: Frame, found: SearchResult): View {
  const words = texts.search;
  const total = found.messages.length + found.cached.length;
  const content = html`<h1>${
    found.query === "" ? words.label : total > 0 ? words.found(total, found.query) : words.nothing(found.query)
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
  }`;
  return layout(frame, { title: words.title, content });
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
