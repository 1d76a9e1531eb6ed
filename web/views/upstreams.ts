import { html } from "hono/html";
import { time, type View } from "../format.ts";
import type { Explained, UpstreamModel } from "../models.ts";
import { texts } from "../texts.ts";
import { icon } from "./layout.ts";

/** The upstreams and what each is doing: whether it takes mail, at what pace, and if not why and what to do. */
export function upstreamsSection(upstreams: readonly UpstreamModel[]): View {
  const words = texts.upstreams;
  if (upstreams.length === 0) return html``;
  return html`
    <section aria-labelledby="upstreams-title">
      <h2 id="upstreams-title">${words.title}</h2>
      <table class="list queue upstreams">
        <thead>
          <tr>
            <th scope="col">${words.columns.name}</th>
            <th scope="col">${words.columns.state}</th>
            <th scope="col">${words.columns.pace}</th>
          </tr>
        </thead>
        <tbody>${upstreams.map(upstreamRow)}</tbody>
      </table>
    </section>
  `;
}

function upstreamRow(upstream: UpstreamModel): View {
  const { name, host, port, running, waiting } = upstream;
  return html`
    <tr>
      <td
        class="what"><a href="/upstreams#upstream-${encodeURIComponent(
          name,
        )}"><b>${name}</b></a><span class="quiet id">${host}:${port}</span></td>
      <td class="whom">${stateOf(upstream)}</td>
      <td class="when" data-label="${texts.upstreams.columns.pace}">${paceOf(upstream)}
    <span class="quiet">${texts.upstreams.work(running, waiting)}</span></td>
    </tr>
  `;
}

/** Whether an upstream takes mail, and if not why and what to do. */
export function stateOf({ down, slowedAt }: UpstreamModel): View {
  const words = texts.upstreams;
  if (down) {
    return html`<span class="mark bad">${icon("trouble")}${words.down}</span>
<span class="reply">${down.reply}</span>${explanation(down.explained)}
<span class="quiet">${down.isAsked ? words.nextTry : words.closedUntil} ${time(down.untilAt)}</span>`;
  }
  if (slowedAt !== null) {
    return html`<span class="mark warn">${icon("waiting")}${words.slowed}</span>
<span class="quiet">${words.slowedSince} ${time(slowedAt)}</span>`;
  }
  return html`<span class="mark good">${icon("ok")}${words.well}</span>`;
}

/** What an upstream takes at a time, a minute, a day. */
export function paceOf(upstream: UpstreamModel): View {
  const words = texts.upstreams;
  const { connections, maxConnections, perMinute, sentInDay, perDay, recipientsInDay, recipientsPerDay } = upstream;
  return html`<span>${words.connections(connections, maxConnections)}${
    perMinute === null ? "" : `, ${words.perMinute(perMinute)}`
  }${perDay === 0 ? "" : `, ${words.perDay(sentInDay, perDay)}`}${
    recipientsPerDay === 0 ? "" : `, ${words.recipientsPerDay(recipientsInDay, recipientsPerDay)}`
  }</span>`;
}

/** What a reply means, and what to do. */
export function explanation(explained: Explained | null | undefined): View {
  return explained
    ? html`<p class="meaning">${explained.meaning}. <b>${texts.upstreams.toDo}: ${explained.mending}.</b></p>`
    : html``;
}
