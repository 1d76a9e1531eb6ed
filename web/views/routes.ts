import { html } from "hono/html";
import type { RouteAnswer, RouteModel, RouteQuestion } from "../entry-models.ts";
import type { View } from "../format.ts";
import { texts } from "../texts.ts";
import { type Done, doneNote, entryPath, placeOf } from "./entries.ts";
import { type Frame, icon, layout } from "./layout.ts";
import { listTable, notice } from "./parts.ts";

/** What is asked about a message, as its form shows it. */
export type RouteForm = Readonly<Record<"sender" | "recipient" | "account" | "device" | "size", string>>;

/** What the page of the routes shows. */
export interface RoutesPage {
  readonly routes: readonly RouteModel[];
  readonly done: Done;
  readonly form: RouteForm;
  readonly problem: string | null;
  readonly asked: { readonly question: RouteQuestion; readonly answer: RouteAnswer } | null;
  readonly accounts: readonly string[];
  readonly devices: readonly string[];
}

/** The routes in their order, and the way that a message would take. */
export function routesPage(frame: Frame, page: RoutesPage): View {
  const words = texts.routes;
  const { routes } = page;
  const hasBoth = new Set(routes.map(({ origin }) => origin)).size > 1;
  const content = html`<div class="section-head"><h1>${words.title}</h1>${
    frame.mayAct ? html`<a class="button main-button" href="/routes/-/add">${words.add}</a>` : ""
  }</div>
${doneNote(page.done)}
<p class="lead">${words.lead}</p>
${routes.length === 0 ? html`<p class="empty">${words.none}</p>` : routeTable(frame, routes)}
${hasBoth ? html`<p class="hint below">${words.fileFirst}</p>` : ""}
${questionPart(page)}`;
  return layout(frame, { title: words.title, content });
}

function routeTable(frame: Frame, routes: readonly RouteModel[]): View {
  const { columns, title } = texts.routes;
  return listTable({
    kinds: "queue setup-list",
    caption: title,
    columns: [columns.number, columns.fits, columns.via, columns.origin, ...frame.mayAct ? [columns.order] : []],
  }, routes.map((route) => routeRow(frame, route)));
}

function routeRow(frame: Frame, route: RouteModel): View {
  const words = texts.routes;
  const { number, name, value, via } = route;
  const fits = conditionsOf(value).join(", ") || words.all;
  return html`<tr><td class="when" data-label="${words.columns.number}">${number}</td>
<td class="what">${name === null ? fits : html`<a href="${entryPath("/routes", name)}">${fits}</a>`}</td>
<td class="when wraps" data-label="${words.columns.via}">${via.join(", ")}</td>
<td class="when" data-label="${words.columns.origin}">${placeOf(route)}</td>
${frame.mayAct ? html`<td class="acts">${name === null ? "" : moveForm(route, name)}</td>` : ""}</tr>`;
}

function moveForm({ number, canMove }: RouteModel, name: string): View {
  const words = texts.routes;
  return html`<form class="actions" method="post" action="${entryPath("/routes", name)}/move">${
    canMove.up ? html`<button name="direction" value="up" aria-label="${words.upOf(number)}">${words.up}</button>` : ""
  }${
    canMove.down
      ? html`<button name="direction" value="down" aria-label="${words.downOf(number)}">${words.down}</button>`
      : ""
  }</form>`;
}

/** Whose mail a route is for, in words. */
function conditionsOf(value: Readonly<Record<string, unknown>>): string[] {
  const words = texts.routes;
  const conditions = [
    ["sender", words.from],
    ["recipient", words.to],
    ["account", words.account],
    ["device", words.device],
    ["min_size", words.atLeast],
    ["max_size", words.atMost],
  ] as const;
  return conditions.flatMap(([key, say]) => typeof value[key] === "string" ? [say(value[key])] : []);
}

function questionPart({ form, problem, asked, accounts, devices }: RoutesPage): View {
  const words = texts.routes.ask;
  const text = (name: "sender" | "recipient" | "size", hint: string) =>
    html`<label>${words[name]} <input name="${name}" value="${
      form[name]
    }" placeholder="${hint}" autocomplete="off" spellcheck="false"></label>`;
  const choice = (name: "account" | "device", all: readonly string[]) =>
    html`<label>${words[name]} <select name="${name}"><option value="">${words.nobody}</option>${
      all.map((one) =>
        one === form[name]
          ? html`<option value="${one}" selected>${one}</option>`
          : html`<option value="${one}">${one}</option>`
      )
    }</select></label>`;
  return html`<section aria-labelledby="ask-title" class="ask-way"><h2 id="ask-title">${words.title}</h2>
<form class="filters" method="get" action="/routes">${text("sender", "alice@example.net")}${
    text("recipient", "bob@example.org")
  }${choice("account", accounts)}${choice("device", devices)}${
    text("size", words.sizeHint)
  }<button>${words.go}</button></form>
${problem === null ? "" : notice("bad", problem)}
${asked === null ? "" : answerPart(asked.answer, asked.question)}</section>`;
}

function answerPart({ by, route, upstreams }: RouteAnswer, { sender }: RouteQuestion): View {
  const words = texts.routes.ask;
  const used = upstreams.filter(({ use }) => use === "used");
  const left = upstreams.filter(({ use }) => use !== "used");
  return html`<div class="card way-answer" role="status"><p><b>${
    by === "route" ? words.by.route(route ?? 0) : words.by[by]
  }</b></p>
${
    used.length === 0
      ? by === "none" ? "" : html`<p class="mark bad plain">${icon("trouble")}${words.nothing}</p>`
      : html`
        <p>${words.tried}</p>
        <ol class="hops-tried">${used.map(({ name }) => html`<li>${name}</li>`)}</ol>
      `
  }
${
    left.map(({ name, use }) =>
      html`<p class="quiet">${use === "senders" ? words.senders(name, sender) : words.missing(name)}</p>`
    )
  }</div>`;
}
