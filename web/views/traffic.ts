import { html, raw } from "hono/html";
import { type Hop, HOPS } from "../../src/dialogue/phases.ts";
import { flag, type View } from "../format.ts";
import type { RangeName, Traffic } from "../models.ts";
import { texts } from "../texts.ts";
import { type Frame, icon, layout } from "./layout.ts";
import { courseTop, endedPath, lane } from "./lane.ts";
import { wayOf } from "./parts.ts";
import { shareBar } from "./phases.ts";
import { rangeLinks } from "./ranges.ts";
import { trafficNumbers } from "./traffic-numbers.ts";

const LIVE_ID = "traffic-figures";

/** The traffic of one hop phase by phase: its figures, how long it took, and its course. */
export function trafficPage(frame: Frame, traffic: Traffic): View {
  const { hop, range, peer } = traffic;
  const words = texts.traffic;
  const path = pathOf(hop, range, peer);
  const content = html`<h1>${words.title}</h1>
${hopLinks(traffic)}
<div class="traffic-choice">${rangeLinks(range, (other) => pathOf(hop, other, peer))}${peerForm(traffic)}</div>
<div id="${LIVE_ID}" class="${wayOf(hop)}">${summary(traffic)}
${traffic.sessions === 0 ? html`<p class="empty">${words.none}</p>` : lanes(traffic)}
<p class="hint below">${peer === null ? words.counted : words.kept(traffic.limitedTo)}</p></div>`;
  return layout(frame, {
    title: `${words.title}, ${texts.hops[hop].name}`,
    content,
    // Longer ranges change slowly, and one peer takes counting.
    ...(range === "hour" && peer === null ? { live: { path, ids: [LIVE_ID] } } : {}),
  });
}

function pathOf(hop: Hop, range: RangeName, peer: string | null): string {
  return `/traffic?${new URLSearchParams({ hop, range, ...(peer === null ? {} : { peer }) })}`;
}

function hopLinks(traffic: Traffic): View {
  return html`
    <nav class="hop-tabs" aria-label="${texts.traffic.hops}">
      <ul>${HOPS.map((hop) =>
        html`<li><a class="${wayOf(hop)}" href="${pathOf(hop, traffic.range, null)}"${
          hop === traffic.hop ? raw(' aria-current="true"') : ""
        }><b>${texts.hops[hop].name}</b> <span>${texts.hops[hop].does}</span></a></li>`
      )}</ul>
    </nav>
  `;
}

function peerForm({ hop, range, peer, peers }: Traffic): View {
  const words = texts.traffic;
  const isListed = peer === null || peers.some(({ name }) => name === peer);
  return html`
    <form class="peer-choice" action="/traffic" data-submit-on-change>
      <input type="hidden" name="hop" value="${hop}"><input type="hidden" name="range" value="${range}">
      <label><span>${words.peers[hop]}</span> <select name="peer"><option value="">${words.allPeers}</option>${isListed
        ? ""
        : html`
          <option value="${peer}" selected>${peer}</option>
        `}${peers.map(({ name, sessions }) =>
          html`
            <option value="${name}" ${flag("selected", name === peer)}>${words.peerOption(name, sessions)}</option>
          `
        )}</select></label>
      <button>${words.show}</button>
    </form>
  `;
}

function summary(traffic: Traffic): View {
  const words = texts.traffic;
  const unfinished = traffic.sessions - traffic.completed;
  const ended = unfinished === 0
    ? (traffic.sessions === 0 ? "" : words.allCompleted)
    : html`<a class="mark bad" href="${endedPath(traffic, null)}">${icon("trouble")}${
      words.unfinished(unfinished)
    }</a>`;
  const parts = [ended, texts.messages(traffic.messages), words.open(traffic.open)].filter((part) => part !== "");
  return html`<p class="traffic-total"><span><b>${words.sessions(traffic.sessions, traffic.limitedTo)}</b> ${
    words.inTheLast(traffic.range)
  }</span>${parts.map((part) => html`<span>${part}</span>`)}</p>`;
}

function lanes(traffic: Traffic): View {
  const top = courseTop(traffic.phases);
  return html`${shareBar(traffic.phases)}
<div class="lanes">${traffic.phases.map((phase, index) => lane(traffic, phase, index, top))}</div>
${trafficNumbers(traffic)}`;
}
