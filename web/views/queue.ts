import { html } from "hono/html";
import { formatId } from "../../src/store/ids.ts";
import { octets, senderOf, subjectOf, time, type View } from "../format.ts";
import type { MessageModel, QueueFigures, RecipientModel, UpstreamModel } from "../models.ts";
import { texts } from "../texts.ts";
import { type Frame, icon, layout } from "./layout.ts";
import { notice } from "./parts.ts";
import { bulkForm, filterForm, isFiltered, MARKS, type ShownFilter, upstreamChoice } from "./queue-tools.ts";
import { upstreamsSection } from "./upstreams.ts";

/** What an action came to. */
export type Acted = keyof typeof texts.queue.acted | null;

/** The queue. */
export interface QueueView {
  readonly figures: QueueFigures;
  readonly messages: readonly MessageModel[];
  readonly limit: number;
  readonly upstreams: readonly UpstreamModel[];
  readonly now: number;
  readonly acted: Acted;
  /** To how many messages it was done; null: one was meant. */
  readonly done: number | null;
  /** Of these, those that are held, and stay so. */
  readonly held: number;
  /** Messages that wait their turn, so that nothing was to be done. */
  readonly inTurn: number;
  readonly filter: ShownFilter;
}

/** Recipients of a message that its row shows. */
const RECIPIENTS_SHOWN = 3;

/** The messages of the queue, the soonest due first. */
export function queuePage(frame: Frame, page: QueueView): View {
  const words = texts.queue;
  const content = html`<h1>${words.title}</h1>
${actedNote(page.acted, page)}
${filterForm(page.filter, page.upstreams)}
<div id="queue-rows"><p class="lead">${words.summary(page.figures.waitingRecipients, page.figures.heldMessages)}</p>
${page.messages.length === 0 ? html`<p class="empty">${words.empty}</p>` : queueTable(frame, page)}
${page.messages.length >= page.limit ? html`<p class="hint">${words.limited(page.limit)}</p>` : ""}</div>
${frame.mayAct && page.messages.length > 0 ? bulkForm(page.filter, page.upstreams) : ""}
<div id="queue-upstreams">${upstreamsSection(page.upstreams)}</div>`;
  return layout(frame, {
    title: words.title,
    content,
    live: isFiltered(page.filter) ? undefined : { path: "/queue", ids: ["queue-rows", "queue-upstreams"] },
  });
}

/** Says what an action came to; no figures: one message was meant. */
export function actedNote(acted: Acted, figures?: Pick<QueueView, "done" | "held" | "inTurn">): View {
  const words = texts.queue;
  if (acted === null) return html``;
  if (acted === "none" || acted === "refused") return notice("warn", words.acted[acted]);
  const { done = null, held = 0, inTurn = 0 } = figures ?? {};
  if (done === null) return notice("good", words.acted[acted]);
  return notice(
    "good",
    [
      ...acted === "turn" ? [] : [words.done(done)],
      ...held > 0 ? [words.stillHeld(held)] : [],
      ...inTurn > 0 ? [words.inTurn(inTurn)] : [],
    ].join(" "),
  );
}

function queueTable(frame: Frame, { messages, now }: QueueView): View {
  const columns = texts.queue.columns;
  return html`
    <table class="list queue">
      <caption class="unseen">${texts.queue.title}</caption>
      <thead>
        <tr>${frame.mayAct
          ? html`<th scope="col"><span class="unseen">${texts.queue.bulk.title}</span></th>`
          : ""}<th scope="col">${columns.message}</th><th scope="col">${columns
          .recipients}</th><th scope="col">${columns
          .next}</th><th scope="col">${columns.reply}</th>${frame.mayAct
          ? html`<th scope="col">${columns.actions}</th>`
          : ""}</tr>
      </thead>
      <tbody>${messages.map((message) => queueRow(frame, message, now))}</tbody>
    </table>
  `;
}

function queueRow(frame: Frame, message: MessageModel, now: number): View {
  const open = message.recipients.filter((row) => row.state === "waiting" || row.state === "held");
  const shown = (open.length > 0 ? open : message.recipients).slice(0, RECIPIENTS_SHOWN);
  const more = message.recipients.length - shown.length;
  const attempts = Math.max(0, ...open.map((row) => row.attempts));
  const reply = open.find((row) => row.lastReply !== null);
  const mark = html`
    <td
      class="mark-cell"><input type="checkbox" form="${MARKS}" name="id" value="${formatId(
        message.id,
      )}" id="mark-${formatId(message.id)}" aria-label="${texts.queue.bulk.mark(
        message.subject || texts.queue.noSubject,
      )}"></td>
  `;
  return html`<tr>${frame.mayAct ? mark : ""}<td class="what"><a id="message-${formatId(message.id)}" href="/messages/${
    formatId(message.id)
  }">${subjectOf(message.subject)}</a><span class="quiet">${texts.queue.from} ${senderOf(message.sender)} · ${
    octets(message.size)
  } · ${time(message.receivedAt)}</span></td>
<td class="whom">${shown.map((row) => html`<span class="recipient">${row.address} ${stateOf(row)}</span>`)}${
    more > 0 ? html`<span class="quiet">${texts.queue.more(more)}</span>` : ""
  }</td>
<td class="when" data-label="${texts.queue.columns.next}">${nextAttempt(open, attempts, now)}</td>
<td class="said">${reply ? outcomeOf(reply) : html`<span class="quiet">–</span>`}</td>
${frame.mayAct ? html`<td class="acts">${queueActions(message, "queue")}</td>` : ""}</tr>`;
}

/** What came of the last attempt: what the server said, or what kept Waypost from asking it. */
function outcomeOf({ upstream, lastReply, lastReplyBy }: RecipientModel): View {
  const noted = lastReply ?? "";
  const who = lastReplyBy === "waypost" ? texts.notSent(upstream, noted) : upstream ?? "";
  return html`<b>${who}</b> <span class="reply">${noted}</span>`;
}

/** When the first of those who wait is tried: at a time, or as soon as its upstream answers; and how often they were. */
function nextAttempt(open: readonly RecipientModel[], attempts: number, now: number): View {
  const words = texts.queue;
  const timeOf = ({ awaits, nextAttemptAt }: RecipientModel) => awaits?.askedAt ?? nextAttemptAt ?? Infinity;
  const next = open.toSorted((one, other) => timeOf(one) - timeOf(other))[0];
  const at = next ? timeOf(next) : Infinity;
  const tried = words.attempts(attempts);
  if (next?.awaits) {
    const asked = at <= now ? words.askedNow : html`${words.askedAt} ${time(at)}`;
    return html`<span>${words.asSoonAs(next.awaits.upstream)}</span> <span class="quiet">${asked}, ${tried}</span>`;
  }
  const due = at === Infinity
    ? html`<span class="quiet">–</span>`
    : at <= now
    ? html`<span>${words.now}</span>`
    : time(at);
  return html`${due} <span class="quiet">${tried}</span>`;
}

const ICON_OF_STATE: Readonly<Record<RecipientModel["state"], string>> = {
  waiting: "waiting",
  held: "held",
  delivered: "ok",
  bounced: "trouble",
  removed: "removed",
};
const TONE_OF_STATE: Readonly<Record<RecipientModel["state"], string>> = {
  waiting: "warn",
  held: "plain",
  delivered: "good",
  bounced: "bad",
  removed: "plain",
};

/** The state of a recipient: a sign and a word. */
export function stateOf(row: RecipientModel): View {
  if (row.turn) return html`<span class="mark warn">${icon("waiting")}${texts.turn(row.turn.perMinute)}</span>`;
  const tone = row.trying ? "live" : TONE_OF_STATE[row.state];
  return html`<span class="mark ${tone}">${icon(row.trying ? "open" : ICON_OF_STATE[row.state])}${
    texts.states[row.trying ? "trying" : row.state]
  }</span>`;
}

/** What is seldom wanted of a message: another upstream, another recipient. */
function moreActions(message: MessageModel, upstreams: readonly UpstreamModel[]): View {
  const words = texts.queue;
  const id = formatId(message.id);
  const open = message.recipients.filter((row) => row.state === "waiting" || row.state === "held");
  return html`
    <details id="more-${id}">
      <summary>${words.bulk.more}</summary>
      <div class="chores">
        <p class="row"><label>${words.bulk.by} ${upstreamChoice("by", open[0]?.sendBy ?? "", upstreams)}</label>
    <button formaction="/queue/${id}/send-by">${words.actions.sendBy}</button></p>
        <p class="row"><label>${words.bulk.from} <select name="was">${open.map((row) =>
          html`<option value="${row.address}">${row.address}</option>`
        )}</select></label>
    <label>${words.bulk.to} <input name="to" type="text" inputmode="email"></label>
    <button formaction="/queue/${id}/readdress">${words.actions.readdress}</button></p>
      </div>
    </details>
  `;
}

/** The actions that a message allows; removing asks once more, also without scripts. */
export function queueActions(
  message: MessageModel,
  from: "queue" | "message",
  upstreams: readonly UpstreamModel[] = [],
): View {
  const words = texts.queue;
  const id = formatId(message.id);
  const has = (state: RecipientModel["state"]) => message.recipients.some((row) => row.state === state);
  const button = (action: "retry" | "hold" | "release") =>
    html`<button id="${action}-${id}" formaction="/queue/${id}/${action}">${words.actions[action]}</button>`;
  if (!has("waiting") && !has("held")) return html``;
  return html`
    <form class="actions" method="post"
      action="/queue/${id}/retry"><input type="hidden" name="from" value="${from}">
    ${has("waiting") ? html`${button("retry")}${button("hold")}` : ""}${has("held") ? button("release") : ""}
    <details id="remove-${id}"><summary>${words.actions.remove} …</summary><div class="confirm"><p>${words
      .removeAsk}</p>
    <button class="danger" formaction="/queue/${id}/remove">${words.removeSure}</button>
    <p>${words.bounceAsk}</p>
    <button class="danger" formaction="/queue/${id}/bounce">${words.actions
      .bounce}</button></div></details>${from === "message" ? moreActions(message, upstreams) : ""}</form>
  `;
}
