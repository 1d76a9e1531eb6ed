import { html } from "hono/html";
import type { View } from "../format.ts";
import type { UpstreamModel } from "../models.ts";
import { texts } from "../texts.ts";

/** The filter of the queue as its form shows it: empty texts for what is not asked. */
export type ShownFilter = Readonly<Record<string, string>>;

/** The form that marks messages belong to: inputs elsewhere name it by `form`. */
export const MARKS = "marked";

const FIELDS = ["sender", "recipient", "upstream", "state", "age"] as const;

/** Whether anything is asked. */
export function isFiltered(filter: ShownFilter): boolean {
  return FIELDS.some((name) => (filter[name] ?? "") !== "");
}

/** The form that shows only some of the queue. */
export function filterForm(filter: ShownFilter, upstreams: readonly UpstreamModel[]): View {
  const words = texts.queue.filter;
  const text = (name: "sender" | "recipient" | "age", hint: string) =>
    html`<label>${words[name]} <input name="${name}" value="${filter[name] ?? ""}" placeholder="${hint}"></label>`;
  return html`
    <details class="filter" id="queue-filter" ${isFiltered(filter)
      ? html`
        open
      `
      : ""}>
      <summary>${words.title}</summary>
      <form method="get" action="/queue" class="fields">${text("sender", "*@example.net")}${text(
        "recipient",
        "*@example.org",
      )}
    <label>${words.upstream} ${upstreamChoice("upstream", filter["upstream"] ?? "", upstreams)}</label>
    <label>${words.state} <select name="state"><option value="">${words.any}</option>
    ${(["waiting", "held"] as const).map((state) =>
      option(state, texts.states[state], filter["state"] === state)
    )}</select></label>
    ${text("age", "4h")}
    <button>${words.show}</button> <a href="/queue">${words.all}</a></form>
    </details>
  `;
}

/** What is done to the marked messages, or to all that match the filter. */
export function bulkForm(filter: ShownFilter, upstreams: readonly UpstreamModel[]): View {
  const words = texts.queue;
  const button = (action: "retry" | "hold" | "release") =>
    html`<button name="action" value="${action}">${words.actions[action]}</button>`;
  return html`
    <form class="bulk" id="${MARKS}" method="post" action="/queue/actions" aria-label="${words.bulk.title}">
      ${FIELDS.map((name) => html`<input type="hidden" name="${name}" value="${filter[name] ?? ""}">`)}
      <fieldset><legend>${words.bulk.title}</legend>
        <label><input type="checkbox" name="all"> ${isFiltered(filter)
          ? words.bulk.allMatching
          : words.bulk.all}</label>
        <p class="row">${button("retry")} ${button("hold")} ${button("release")}</p>
        <p class="row"><label>${words.bulk.by} ${upstreamChoice("by", "", upstreams)}</label>
        <button name="action" value="send-by">${words.actions.sendBy}</button></p>
        <details id="bulk-more"><summary>${words.bulk.more}</summary><div class="chores">
        <p class="row"><label>${words.bulk.from} <input name="from" type="text" inputmode="email"></label>
        <label>${words.bulk.to} <input name="to" type="text" inputmode="email"></label>
        <button name="action" value="readdress">${words.actions.readdress}</button></p>
        <p>${words.bounceAsk}</p><p class="row"><button class="danger" name="action" value="bounce">${words.actions
          .bounce}</button></p>
        <p>${words.removeAsk}</p><p class="row"><button class="danger" name="action" value="remove">${words
          .removeSure}</button></p></div></details>
      </fieldset>
    </form>
  `;
}

/** The upstreams to choose from. */
export function upstreamChoice(name: string, chosen: string, upstreams: readonly UpstreamModel[]): View {
  return html`<select name="${name}"><option value="">${texts.queue.filter.any}</option>${
    upstreams.map((upstream) => option(upstream.name, upstream.name, upstream.name === chosen))
  }</select>`;
}

function option(value: string, label: string, isChosen: boolean): View {
  return isChosen
    ? html`<option value="${value}" selected>${label}</option>`
    : html`<option value="${value}">${label}</option>`;
}
