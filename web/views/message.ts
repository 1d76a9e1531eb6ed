import { html } from "hono/html";
import { formatId } from "../../src/store/ids.ts";
import { duration, octets, senderOf, sessionLink, time, unturned, type View } from "../format.ts";
import type { LetterView } from "../letter-models.ts";
import type { CachedDetail, JourneyEvent, JourneyKind, MessageDetail, UpstreamModel } from "../models.ts";
import { texts } from "../texts.ts";
import { type Frame, icon, layout } from "./layout.ts";
import { cachedActions } from "./mailbox-facts.ts";
import { type LetterForm, letterSection } from "./letter.ts";
import { crumb, facts, wayOf } from "./parts.ts";
import { explanation } from "./upstreams.ts";
import { type Acted, actedNote, queueActions, stateOf } from "./queue.ts";

/** What the page of a message shows. */
export interface MessageView {
  readonly message: MessageDetail | CachedDetail;
  /** What is in it; null: as it was shown before. */
  readonly letter: LetterView | null;
  readonly form: LetterForm;
  readonly upstreams: readonly UpstreamModel[];
  readonly now: number;
  readonly acted: Acted;
}

/** A message with its whole journey, and what is in it. */
export function messagePage(frame: Frame, { message, letter, form, upstreams, now, acted }: MessageView): View {
  const words = texts.message;
  const title = words.title(unturned(message.subject));
  const isQueued = message.kind === "message";
  const content = html`
    ${isQueued ? crumb("/messages", texts.nav.messages) : crumb("/mailboxes", texts.mailboxes.title)}
    <h1 class="subject">${title}</h1>
    ${actedNote(acted)}
    <div id="message" class="beside even">
      <div>${messageFacts(message)}
    ${isQueued && frame.mayAct ? queueActions(message, "message", upstreams) : ""}
    ${!isQueued && frame.mayFetch ? cachedActions(message) : ""}
    ${isQueued ? recipientTable(message) : ""}</div>
      <section aria-labelledby="journey-title">
        <h2 id="journey-title">${words.journey}</h2>
        <ol class="journey">${message.journey.map((event) => journeyItem(event, now))}</ol>
      </section>
    </div>
    ${letter === null ? "" : letterSection(message.id, message.size, letter, form)}
  `;
  return layout(frame, { title, content, live: { path: frame.path, ids: ["message"] } });
}

function messageFacts(message: MessageDetail | CachedDetail): View {
  const words = texts.message.facts;
  const isQueued = message.kind === "message";
  return facts([
    [words.from, senderOf(message.sender)],
    isQueued ? null : [words.mailbox, `${message.account} · ${message.source}`],
    isQueued && message.account !== null ? [words.account, message.account] : null,
    isQueued && message.device !== null ? [words.device, message.device] : null,
    isQueued && message.clientAddress !== ""
      ? [words.client, html`<span class="id">${message.clientAddress}</span>`]
      : null,
    [isQueued ? words.received : words.fetched, time(isQueued ? message.receivedAt : message.fetchedAt)],
    [words.size, octets(message.size)],
    [
      words.messageId,
      message.messageIdField === "" ? texts.message.none : html`<span class="id">${message.messageIdField}</span>`,
    ],
    [words.id, html`<span class="id">${formatId(message.id)}</span>`],
  ]);
}

function recipientTable(message: MessageDetail): View {
  const words = texts.message;
  return html`
    <section aria-labelledby="recipients-title">
      <h2 id="recipients-title">${words.recipients}</h2>
      <table class="list recipients">
        <thead>
          <tr>
            <th scope="col">${words.columns.address}</th>
            <th scope="col">${words.columns.state}</th>
            <th scope="col" class="number">${words.columns.attempts}</th>
          </tr>
        </thead>
        <tbody>${message.recipients.map((row) =>
          html`
            <tr>
              <td>${row.address}</td>
              <td>${stateOf(row)}</td>
              <td class="number">${row.attempts}</td>
            </tr>
          `
        )}</tbody>
      </table>
    </section>
  `;
}

const SIGN_OF_KIND: Readonly<Record<JourneyKind, readonly [icon: string, tone: string]>> = {
  received: ["right", "plain"],
  made: ["right", "plain"],
  delivered: ["ok", "good"],
  failed: ["trouble", "bad"],
  waits: ["waiting", "warn"],
  held: ["held", "plain"],
  removed: ["removed", "plain"],
  done: ["ok", "good"],
  read: ["left", "plain"],
};

function journeyItem(event: JourneyEvent, now: number): View {
  const [sign, tone] = SIGN_OF_KIND[event.kind];
  const way = event.hop === null ? "" : wayOf(event.hop);
  return html`<li class="${event.at > now ? "ahead" : ""} ${way}"><span class="stop mark ${tone}">${icon(sign)}</span>
<p class="event">${event.title}</p>
<p class="quiet">${time(event.at, "second")}${
    event.durationMs === null ? "" : ` · ${texts.message.took(duration(event.durationMs))}`
  }${
    event.sessionId === null ? "" : html`
      · ${sessionLink(event.sessionId, texts.message.session(formatId(event.sessionId)))}
    `
  }${
    (event.messageId ?? null) === null ? "" : html`
      · <a href="/messages/${formatId(event.messageId!)}">${texts.message.message(formatId(event.messageId!))}</a>
    `
  }</p>
${event.words.filter((words) => words !== "").map((words) => html`<p class="reply">${words}</p>`)}${
    explanation(event.explained)
  }</li>`;
}
