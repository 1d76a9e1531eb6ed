import { html } from "hono/html";
import { DURATION_BUCKETS_MS, type Hop } from "../../src/dialogue/phases.ts";
import { duration, octets, type View } from "../format.ts";
import type { HopFigures, Overview, PhaseFigures } from "../models.ts";
import { texts } from "../texts.ts";
import { failuresPath } from "./failures-path.ts";
import { icon } from "./layout.ts";
import { wayOf } from "./parts.ts";

const MINUTE_MS = 60_000;

/** The three phases of each hop side by side. */
export function phasesSection({ hops, computedAt, windowMs }: Overview): View {
  // The figures are of whole minutes, the last of which is under way.
  const fromAt = Math.floor(computedAt / MINUTE_MS + 1) * MINUTE_MS - windowMs;
  const words = texts.overview;
  return html`
    <section aria-labelledby="phases-title">
      <div class="section-head">
        <h2 id="phases-title">${words.phasesTitle}</h2>
        <p class="hint">${words.phasesNote}</p>
      </div>
      <div class="hop-grid" id="phase-figures">${hops.map((figures) => hopCard(figures, fromAt))}</div>
    </section>
  `;
}

function hopCard(figures: HopFigures, fromAt: number): View {
  const { hop, phases } = figures;
  const rows = texts.overview.rows;
  const cells = (cell: (phase: PhaseFigures) => View | string) => phases.map((phase) => html`<td>${cell(phase)}</td>`);
  return html`<article class="hop-card ${wayOf(hop)}" aria-labelledby="card-${hop}">
<header><h3 id="card-${hop}"><a href="/traffic?hop=${hop}">${texts.hops[hop].name}</a></h3><p>${
    texts.hops[hop].does
  }</p></header>
${
    figures.sessions === 0 ? html`<p class="quiet none">${texts.overview.noneOfHop}</p>` : html`
      ${shareBar(phases)}
      <table class="phase-table">
        <thead>
          <tr><td></td>${phases.map((phase, index) =>
            html`
              <th
                scope="col"><svg class="swatch" viewBox="0 0 10 10" aria-hidden="true"><rect class="phase-${index +
                  1}" width="10" height="10"/></svg>${texts.phasesBreakable[phase.phase]}</th>
            `
          )}</tr>
        </thead>
        <tbody>
          <tr class="strong"><th scope="row">${rows.duration}</th>${cells(durations)}</tr>
          <tr class="shape" aria-hidden="true"><td></td>${cells((phase) => histogram(phase.histogram))}</tr>
          <tr><th scope="row">${rows.sessions}</th>${cells((phase) => number(phase.sessions))}</tr>
          <tr><th scope="row">${rows.octets}</th>${cells((phase) =>
            phase.sessions === 0 ? "–" : html`${octets(phase.octetsIn)} / ${octets(phase.octetsOut)}`
          )}</tr>
          <tr><th scope="row">${rows.commands}</th>${cells((phase) => number(phase.commands))}</tr>
          <tr><th scope="row">${rows.refusals}</th>${cells((phase) => number(phase.refusals))}</tr>
          <tr><th scope="row" title="${texts.overview.endedHere}">${rows.failures}</th>${cells((phase) =>
            failures(hop, phase, fromAt)
          )}</tr>
        </tbody>
      </table>
    `
  }</article>`;
}

function number(value: number): View {
  return value === 0 ? html`<span class="quiet">0</span>` : html`${texts.numbers(value)}`;
}

function durations(phase: PhaseFigures): View {
  if (phase.medianMs === null || phase.p95Ms === null) return html`<span class="quiet">–</span>`;
  return html`<b>${duration(phase.medianMs)}</b> <span class="p95">/ ${duration(phase.p95Ms)}</span>`;
}

function failures(hop: Hop, { phase, failures: count }: PhaseFigures, fromAt: number): View {
  if (count === 0) return html`<span class="quiet">0</span>`;
  return html`
    <a class="mark bad" id="ended-${hop}-${phase}"
      href="${failuresPath({ hop, phase, fromAt })}">${icon("trouble")}${texts.numbers(
        count,
      )}</a>
  `;
}

/** Each phase's share of the time of all sessions. */
export function shareBar(phases: readonly PhaseFigures[]): View {
  const total = phases.reduce((sum, phase) => sum + phase.durationMs, 0);
  let x = 0;
  const bars = total === 0 ? [] : phases.map((phase, index) => {
    const width = 100 * phase.durationMs / total;
    const bar = html`
      <rect class="phase-${index + 1}" x="${x.toFixed(2)}%" width="${width.toFixed(2)}%" height="6" />
    `;
    x += width;
    return bar;
  });
  return html`<svg class="share-bar" height="6" aria-hidden="true"><rect class="rail" width="100%" height="6"/>${bars}</svg>`;
}

const BAR_STEP = 6;
const BAR_HEIGHT = 22;

/** How the durations are spread over the buckets, small. */
function histogram(counts: readonly number[]): View {
  const isEmpty = counts.every((count) => count === 0);
  return html`<svg class="histogram" viewBox="0 0 ${
    counts.length * BAR_STEP
  } ${BAR_HEIGHT}" preserveAspectRatio="xMinYMax">${isEmpty ? "" : histogramBars(counts, BAR_STEP, BAR_HEIGHT)}</svg>`;
}

/** The bars of a histogram, each bucket `step` wide; by the square root, so that the few slow ones are seen. */
export function histogramBars(counts: readonly number[], step: number, room: number): View[] {
  const most = Math.max(1, ...counts);
  return counts.map((count, bucket) => {
    const height = count === 0 ? 1 : 2 + (room - 2) * Math.sqrt(count / most);
    const bound = DURATION_BUCKETS_MS[bucket];
    const title = bound === undefined ? `> ${duration(DURATION_BUCKETS_MS.at(-1)!)}` : `≤ ${duration(bound)}`;
    return html`
      <rect class="${count === 0 ? "rail" : "bar"}" x="${bucket * step}" y="${(room - height).toFixed(
        1,
      )}" width="${step -
        1}" height="${height.toFixed(1)}">
        <title>${title}: ${texts.numbers(count)}</title>
      </rect>
    `;
  });
}
