import { html } from "hono/html";
import type { Hop } from "../../src/dialogue/phases.ts";
import { type View } from "../format.ts";
import type { Chart, RangeName } from "../models.ts";
import { texts } from "../texts.ts";
import { axisTime } from "./lane.ts";
import { rangeLinks } from "./ranges.ts";

const MINUTE_MS = 60_000;
/** The picture's units: its width is stretched to the page's. */
const WIDTH = 600;
const HEIGHT = 120;
/** Buckets of one row of the table. */
const ROW_BUCKETS: Readonly<Record<RangeName, number>> = { hour: 5, day: 4, week: 12, month: 4 };

/** The two ways of mail: the first hop brings it into the house, the second takes it out. */
const WAYS: readonly {
  readonly id: string;
  readonly title: string;
  readonly way: string;
  readonly hops: [Hop, Hop];
}[] = [
  { id: "chart-out", title: texts.overview.chartOut, way: "way-out", hops: ["smtp-server", "smtp-client"] },
  { id: "chart-in", title: texts.overview.chartIn, way: "way-in", hops: ["pop3-client", "pop3-server"] },
];

/** The last hour, day, week or month: pictures that read without scripts, which chart.js replaces, and the numbers. */
export function chartSection(chart: Chart): View {
  const words = texts.overview;
  return html`
    <section aria-labelledby="chart-title">
      <div class="section-head">
        <h2 id="chart-title">${texts.traffic.last(chart.range)}</h2>
        <p class="hint">${texts.traffic.perBucket(chart.range)}</p>
        ${rangeLinks(chart.range, (range) => `${range === "hour" ? "/" : `/?chart=${range}`}#chart-title`)}
      </div>
      <div class="charts">${WAYS.map(({ id, title, way, hops }) =>
        html`
          <figure class="chart ${way}">
            <figcaption>${title}
          <span class="legend"><output class="hover-time"></output>
          <span class="key-bar"></span>${texts.hops[hops[0]].name} <output></output>
          <span class="key-line"></span>${texts.hops[hops[1]].name} <output></output></span></figcaption>
            <div class="plot" id="${id}" data-hops="${hops.join(" ")}">${picture(chart, hops, title)}</div>
          </figure>
        `
      )}</div>
      <details class="numbers"><summary>${words.asNumbers}</summary>${numbers(chart)}</details>
    </section>
  `;
}

/** The chart's numbers for chart.js; live events bring them up to date. */
export function chartData(chart: Chart): View {
  return html`<div hidden id="chart-data" data-chart="${JSON.stringify(chart)}"></div>`;
}

function picture(chart: Chart, hops: readonly [Hop, Hop], title: string): View {
  const bars = chart.messages[hops[0]];
  const line = chart.messages[hops[1]];
  const most = Math.max(4, ...bars, ...line);
  const step = WIDTH / chart.minutes.length;
  const y = (value: number) => (HEIGHT - value / most * (HEIGHT - 6)).toFixed(1);
  const path = line.map((value, index) =>
    `${index === 0 ? "M" : "L"}${(index * step).toFixed(1)} ${y(value)}H${((index + 1) * step).toFixed(1)}`
  ).join("");
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}">
${
    bars.map((value, index) =>
      value === 0 ? "" : html`
        <rect class="bar" x="${(index * step + 1).toFixed(1)}" y="${y(value)}" width="${(step - 2).toFixed(
          1,
        )}" height="${(HEIGHT - Number(y(value))).toFixed(1)}" />
      `
    )
  }<path class="line" d="${path}"/></svg>
<p class="axis"><span>${axisTime(chart, chart.minutes[0]! * MINUTE_MS)}</span><span>${
    texts.overview.atTheTop(most)
  }</span><span>${axisTime(chart, chart.minutes.at(-1)! * MINUTE_MS)}</span></p>`;
}

function numbers(chart: Chart): View {
  const hops = WAYS.flatMap((way) => way.hops);
  const rows = [];
  const step = ROW_BUCKETS[chart.range];
  for (let from = chart.minutes.length - step; from >= 0; from -= step) {
    const sums = hops.map((hop) => chart.messages[hop].slice(from, from + step).reduce((sum, value) => sum + value, 0));
    rows.push(
      html`<tr><th scope="row">${axisTime(chart, chart.minutes[from]! * MINUTE_MS)}</th>${
        sums.map((sum) => html`<td class="number">${texts.numbers(sum)}</td>`)
      }</tr>`,
    );
  }
  return html`
    <div class="scroll" id="chart-numbers" tabindex="0" role="region" aria-label="${texts.overview.asNumbers}">
      <table class="list plain">
        <thead>
          <tr><th scope="col">${texts.traffic.rowFrom(chart.range)}</th>${hops.map((hop) =>
            html`<th scope="col" class="number">${texts.hops[hop].name}</th>`
          )}</tr>
        </thead>
        <tbody>${rows}</tbody>
      </table>
    </div>
  `;
}
