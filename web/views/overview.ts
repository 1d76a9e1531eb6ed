import { html } from "hono/html";
import { octets, sentence, type View } from "../format.ts";
import type { Health, HealthDetail, HopFigures, Overview } from "../models.ts";
import { texts } from "../texts.ts";
import { chartData, chartSection } from "./chart.ts";
import { type Frame, icon, layout } from "./layout.ts";
import { sessionTable, wayOf } from "./parts.ts";
import { phasesSection } from "./phases.ts";
import { stepsSection } from "./steps.ts";

/** The parts that live events bring up to date. */
const LIVE_IDS = [
  "health",
  "figures-smtp-server",
  "figures-smtp-client",
  "figures-pop3-client",
  "figures-pop3-server",
  "in-queue",
  "in-mailboxes",
  "phase-figures",
  "chart-data",
  "chart-numbers",
  "newest",
];

/** The first page: is my mail moving? */
export function overviewPage(frame: Frame, overview: Overview): View {
  const words = texts.overview;
  const content = html`<h1 class="unseen">${words.title}</h1>
${healthLine(overview.health, frame.mayAct)}
${frame.mayAct ? stepsSection(frame, overview) : ""}
${house(frame, overview)}
${phasesSection(overview)}
${chartSection(overview.chart)}
<section aria-labelledby="newest-title">
<div class="section-head"><h2 id="newest-title">${words.newestTitle}</h2><a href="/sessions">${words.allSessions}</a></div>
${
    overview.newest.length === 0
      ? html`<p class="empty" id="newest">${words.noSession}</p>`
      : sessionTable(overview.newest, "newest", words.newestTitle)
  }
${overview.dropped > 0 ? html`<p class="hint">${words.dropped(overview.dropped)}</p>` : ""}
</section>
${chartData(overview.chart)}`;
  return layout(frame, {
    title: words.title,
    content,
    live: { path: overview.chart.range === "hour" ? "/" : `/?chart=${overview.chart.range}`, ids: LIVE_IDS },
    scripts: ["uplot.js", "chart.js", "house.js"],
    styles: ["uplot.css"],
  });
}

/** The gravest details of the health line stand open, the others behind a click. */
const DETAILS_SHOWN = 5;

const ICON_OF_LEVEL: Readonly<Record<Health["level"], string>> = {
  ok: "ok",
  unset: "right",
  waiting: "waiting",
  trouble: "trouble",
};

function healthLine(health: Health, mayAct: boolean): View {
  const isLong = health.details.length > DETAILS_SHOWN + 1;
  const shown = isLong ? health.details.slice(0, DETAILS_SHOWN) : health.details;
  const more = health.details.slice(shown.length);
  const detail = (one: HealthDetail) => healthDetail(one, mayAct);
  return html`
    <section class="health-line" aria-label="${texts.health.label}" role="status" aria-live="polite">
      <div class="health ${health.level}" id="health">
        <span class="health-sign">${icon(ICON_OF_LEVEL[health.level])}<span class="unseen">${texts
          .levels[health.level]}.</span></span>
        <div>
          <p class="headline">${health.headline}</p>
          <p class="lead">${health.summary}</p>
          ${health.details.length === 0 ? "" : html`<ul>${shown.map(detail)}</ul>`}
          ${more.length === 0 ? "" : html`
            <details id="health-more">
              <summary>${texts.overview.moreDetails(more.length)}</summary>
              <ul>${more.map(detail)}</ul>
            </details>
          `}
        </div>
      </div>
    </section>
  `;
}

function healthDetail({ level, sentence: parts, mending }: HealthDetail, mayAct: boolean): View {
  return html`<li class="${level}">${icon(level === "ok" ? "open" : ICON_OF_LEVEL[level])}${sentence(parts)}${
    mayAct && mending
      ? html`
        <a href="${mending.path}">${mending.words}</a>
      `
      : ""
  }</li>`;
}

/** The house as mail passes it: out along the upper way, back along the lower one. */
function house(frame: Frame, overview: Overview): View {
  const words = texts.overview;
  const hop = (name: HopFigures["hop"]) => board(overview.hops.find((figures) => figures.hop === name)!);
  const sources = [...new Set(overview.mailboxes.filter(({ mode }) => mode !== null).map((box) => box.source))];
  return html`
    <section class="house" aria-labelledby="house-title">
      <h2 class="unseen" id="house-title">${words.house}</h2>
      <p class="gable" aria-hidden="true">${frame.hostname}</p>
      <ol class="way">
    <li class="end clients"><h3>${words.clients}</h3><p>${words.clientsNote}</p></li>
    ${hop("smtp-server")}
    ${queueStore(overview)}
    ${hop("smtp-client")}
    <li class="end upstreams"><h3>${words.upstreams}</h3>
    <p>${overview.upstreams.length > 0 ? html`${words.mailTo} ${namesOf(overview.upstreams)}` : words.noUpstream}</p>
    <p>${sources.length > 0 ? html`${words.mailFrom} ${namesOf(sources)}` : words.noSource}</p></li>
    ${hop("pop3-client")}
    ${mailboxStore(overview)}
    ${hop("pop3-server")}
      </ol>
    </section>
  `;
}

/** Names that the house has room for. */
const NAMES_SHOWN = 3;

/** Some names; each may be written in another direction than the page. */
function namesOf(names: readonly string[]): View {
  const shown = names.length > NAMES_SHOWN + 1 ? names.slice(0, NAMES_SHOWN) : names;
  const more = names.length - shown.length;
  return html`${shown.map((name, index) => html`${index > 0 ? ", " : ""}<bdi>${name}</bdi>`)}${
    more > 0 ? texts.overview.more(more) : ""
  }`;
}

function board(figures: HopFigures): View {
  const { hop } = figures;
  return html`<li class="board ${wayOf(hop)} ${hop}" data-hop="${hop}">
<a class="plank" href="/sessions?hop=${hop}">
<h3>${texts.hops[hop].name}</h3><p class="does">${texts.hops[hop].does}</p>
<div class="board-figures" id="figures-${hop}">
<p class="big">${texts.numbers(figures.messages)}<span> ${texts.messagesWord(figures.messages)}</span></p>
<p>${texts.inAndOut(octets(figures.octetsIn), octets(figures.octetsOut))}</p>
<p>${texts.count(figures.sessions, "session")} · ${texts.overview.openNow(figures.open)}</p>
</div></a></li>`;
}

function queueStore({ queue }: Overview): View {
  const words = texts.overview;
  return html`
    <li class="stock queue">
      <h3><a href="/queue">${words.queue}</a></h3>
      <div id="in-queue"><p class="stock-figure">${words.waiting(queue.waitingRecipients)}</p>
    ${queue.heldMessages > 0 ? html`<p>${words.heldMessages(queue.heldMessages)}</p>` : ""}</div>
    </li>
  `;
}

function mailboxStore({ mailboxes }: Overview): View {
  const words = texts.overview;
  const here = mailboxes.reduce((sum, box) => sum + box.messages, 0);
  const paused = mailboxes.filter((box) => box.pausedBecause !== null).length;
  const size = mailboxes.reduce((sum, box) => sum + box.octets, 0);
  const keeping = mailboxes.filter((box) => box.mode === "keep").length;
  const deleting = mailboxes.filter((box) => box.mode === "delete").length;
  return html`
    <li class="stock boxes">
      <h3><a href="/mailboxes">${words.mailboxes}</a></h3>
      <div id="in-mailboxes">
        <p class="stock-figure">${words.cached(here)}</p>
        <p>${octets(size)}</p>
        ${keeping > 0 ? html`<p>${words.keeping(keeping)}</p>` : ""}${deleting > 0
          ? html`<p>${words.deleting(deleting)}</p>`
          : ""}
        ${paused > 0 ? html`<p class="mark bad">${icon("held")}${words.paused(paused)}</p>` : ""}
      </div>
    </li>
  `;
}
