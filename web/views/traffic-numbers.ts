import { html } from "hono/html";
import { DURATION_BUCKETS_MS } from "../../src/dialogue/phases.ts";
import { duration, type View } from "../format.ts";
import type { PhaseTraffic, Traffic } from "../models.ts";
import { texts } from "../texts.ts";
import { axisTime, endedPath } from "./lane.ts";

/** The pictures of the traffic as tables: each bucket of time, the newest first, and each bucket of durations. */
export function trafficNumbers(traffic: Traffic): View {
  return html`
    <details class="numbers" id="traffic-numbers">
      <summary>${texts.traffic.numbers}</summary>
      <div class="tables">${courseTable(traffic)}${distributionTable(traffic.phases)}</div>
    </details>
  `;
}

function courseTable(traffic: Traffic): View {
  const words = texts.traffic;
  const { phases, fromAt, bucketMs } = traffic;
  const buckets = traffic.minutes.map((_, bucket) => bucket).reverse()
    .filter((bucket) => phases.some(({ course }) => course.sessions[bucket]! > 0));
  const rows = buckets.map((bucket) =>
    html`<tr><th scope="row">${axisTime(traffic, fromAt + bucket * bucketMs)}</th>${
      phases.map((phase) => bucketCells(traffic, phase, bucket))
    }</tr>`
  );
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="${words.course}">
      <table class="list plain">
        <caption>${words.course}</caption>
        <thead>
          <tr>
            <th rowspan="2" scope="col">${words.bucketFrom}</th>
            ${phases.map(({ phase }) => html`<th colspan="3" scope="colgroup">${texts.phases[phase]}</th>`)}
          </tr>
          <tr>${phases.map(() =>
            html`
              <th scope="col" class="number">${words.figures.sessions}</th>
              <th scope="col" class="number">${words.medianP95}</th>
              <th scope="col" class="number">${words.figures.failures}</th>
            `
          )}</tr>
        </thead>
        <tbody>${rows}</tbody>
      </table>
    </div>
  `;
}

function bucketCells(traffic: Traffic, { phase, course }: PhaseTraffic, bucket: number): View {
  const [median, p95] = [course.medianMs[bucket] ?? null, course.p95Ms[bucket] ?? null];
  const failures = course.failures[bucket]!;
  const took = median === null || p95 === null ? "–" : `${duration(median)} / ${duration(p95)}`;
  return html`
    <td class="number">${texts.numbers(course.sessions[bucket]!)}</td>
    <td class="number">${took}</td>
    <td class="number">${failures === 0
      ? html`<span class="quiet">0</span>`
      : html`<a href="${endedPath(traffic, phase, bucket)}" aria-label="${texts.traffic.showFailed(phase, failures)}">${
        texts.numbers(failures)
      }</a>`}</td>
  `;
}

function distributionTable(phases: readonly PhaseTraffic[]): View {
  const rows = phases[0]!.histogram.map((_, bucket) => {
    const bound = DURATION_BUCKETS_MS[bucket];
    const name = bound === undefined ? `> ${duration(DURATION_BUCKETS_MS.at(-1)!)}` : `≤ ${duration(bound)}`;
    return html`<tr><th scope="row">${name}</th>${
      phases.map(({ histogram }) => html`<td class="number">${texts.numbers(histogram[bucket]!)}</td>`)
    }</tr>`;
  });
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="${texts.traffic.distribution}">
      <table class="list plain">
        <caption>${texts.traffic.distribution}</caption>
        <thead>
          <tr>
            <th scope="col">${texts.traffic.duration}</th>
            ${phases.map(({ phase }) => html`<th scope="col" class="number">${texts.phases[phase]}</th>`)}
          </tr>
        </thead>
        <tbody>${rows}</tbody>
      </table>
    </div>
  `;
}
