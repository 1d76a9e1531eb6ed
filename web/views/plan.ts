import { html } from "hono/html";
import { formatId } from "../../src/store/ids.ts";
import { authorOf, octets, subjectOf, type View } from "../format.ts";
import type { PlanModel, PlannedModel } from "../models.ts";
import { texts } from "../texts.ts";
import { type Frame, layout } from "./layout.ts";
import { crumb } from "./parts.ts";

/** What the next poll of sources would do. */
export function planPage(frame: Frame, plans: readonly PlanModel[]): View {
  const words = texts.plan;
  const content = html`${crumb("/mailboxes", texts.mailboxes.title)}
<h1>${words.title}</h1>
<p class="lead">${words.lead}</p>
${plans.map((plan) => planSection(plan))}`;
  return layout(frame, { title: words.title, content });
}

function planSection(plan: PlanModel): View {
  const words = texts.plan;
  if (plan.problem !== null) {
    return html`
      <section>
        <h2>${plan.account}, ${plan.source}</h2>
        <p class="note warn">${plan.problem}</p>
      </section>
    `;
  }
  const parts = [
    [words.fetch, plan.fetch],
    [words.announce, plan.announce],
    [words.remove, plan.remove],
  ] as const;
  const lists = parts.filter(([, list]) => list.count > 0);
  return html`<section><h2>${plan.account}, ${plan.source}</h2>
${lists.length === 0 ? html`<p class="empty">${words.nothing}</p>` : lists.map(([title, list]) => listOf(title, list))}
${plan.postponed === 0 ? "" : html`<p class="hint">${words.postponed(plan.postponed)}</p>`}</section>`;
}

function listOf(title: string, { count, octets: size, first }: PlanModel["fetch"]): View {
  const words = texts.plan;
  return html`
    <h3>${title}: ${texts.messages(count)}, ${octets(size)}</h3>
    <div class="scroll">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">${words.columns.uidl}</th>
            <th scope="col">${words.columns.message}</th>
            <th scope="col">${words.columns.from}</th>
            <th scope="col" class="number">${words.columns.size}</th>
          </tr>
        </thead>
        <tbody>${first.map(planRow)}</tbody>
      </table>
    </div>
    ${count > first.length ? html`<p class="hint">${words.more(count - first.length)}</p>` : ""}
  `;
}

function planRow({ uidl, octets: size, id, sender, subject }: PlannedModel): View {
  return html`
    <tr>
      <td><span class="id">${uidl}</span></td>
      <td>${id === null
        ? html`<span class="quiet">${texts.plan.unknown}</span>`
        : html`<a href="/messages/${formatId(id)}">${subjectOf(subject ?? "")}</a>`}</td>
      <td>${sender === null ? "" : authorOf(sender)}</td>
      <td class="number">${size === null ? "" : octets(size)}</td>
    </tr>
  `;
}
