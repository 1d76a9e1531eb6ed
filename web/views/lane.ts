/** A phase as one lane of the traffic: its figures, how its durations are spread, and its course over the same time. */
import { html, raw } from "hono/html";
import { DURATION_BUCKETS_MS, type Phase } from "../../src/dialogue/phases.ts";
import { duration, octets, time, type View } from "../format.ts";
import type { PhaseTraffic, Traffic } from "../models.ts";
import { texts } from "../texts.ts";
import { failuresPath } from "./failures-path.ts";
import { icon } from "./layout.ts";
import { histogramBars } from "./phases.ts";

const MINUTE_MS = 60_000;
/** The course's units: its width is stretched to the page's. */
const WIDTH = 600;
/** Where durations stand, and below them, after a gap, sessions. */
const DURATIONS = 66;
const SESSIONS = 30;
const HEIGHT = DURATIONS + 8 + SESSIONS;
/** The distribution's units. */
const BAR_STEP = 14;
const BAR_HEIGHT = 92;
/** The buckets whose bounds are written below the distribution. */
const MARKED = [0, 6, 11] as const;

/** Where sessions are listed that ended without completing: in a phase or in any, in all the time or in one bucket. */
export function endedPath(traffic: Traffic, phase: Phase | null, bucket?: number): string {
  const { hop, peer, fromAt, toAt, bucketMs } = traffic;
  const from = bucket === undefined ? fromAt : fromAt + bucket * bucketMs;
  return failuresPath({ hop, phase, peer, fromAt: from, toAt: bucket === undefined ? toAt : from + bucketMs });
}

/** The duration at the top of the courses of all phases, so that they compare: a bound of the histogram. */
export function courseTop(phases: readonly PhaseTraffic[]): number {
  const most = Math.max(10, ...phases.flatMap(({ course }) => course.p95Ms.map((p95) => p95 ?? 0)));
  return DURATION_BUCKETS_MS.find((bound) => bound >= most) ?? DURATION_BUCKETS_MS.at(-1)!;
}

/** The lane of a phase. */
export function lane(traffic: Traffic, phase: PhaseTraffic, index: number, top: number): View {
  return html`<section class="lane" aria-labelledby="lane-${phase.phase}">
${figures(traffic, phase, index)}
<figure class="spread"><figcaption>${texts.traffic.distribution}</figcaption>${distribution(phase)}</figure>
<figure class="course"><figcaption>${texts.traffic.course}${index === 0 ? legend(top) : ""}</figcaption>${
    course(traffic, phase, top)
  }</figure>
</section>`;
}

function figures(traffic: Traffic, phase: PhaseTraffic, index: number): View {
  const words = texts.traffic;
  const rows: (readonly [string, View | string])[] = [
    [words.figures.sessions, texts.numbers(phase.sessions)],
    [words.figures.octets, `${octets(phase.octetsIn)} / ${octets(phase.octetsOut)}`],
    [
      words.figures.commands,
      `${texts.numbers(phase.commands)}${
        phase.refusals === 0 ? "" : `, ${texts.numbers(phase.refusals)} ${words.figures.refused}`
      }`,
    ],
    [words.figures.failures, failures(traffic, phase)],
  ];
  return html`
    <div class="lane-figures">
      <h2
        id="lane-${phase.phase}"><svg class="swatch" viewBox="0 0 10 10" aria-hidden="true"><rect class="phase-${index +
          1}" width="10" height="10"/></svg>${texts.phases[phase.phase]}</h2>
      <p class="share">${phase.share === null ? words.noTime : words.share(phase.share)}</p>
      <p class="took">${took(phase)}</p>
      <dl>${rows.map(([name, value]) =>
        html`
          <div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>
        `
      )}</dl>
    </div>
  `;
}

function took({ medianMs, p95Ms }: PhaseTraffic): View {
  const words = texts.traffic;
  if (medianMs === null || p95Ms === null) return html`<span class="quiet">–</span>`;
  return html`<span><b>${duration(medianMs)}</b> ${words.median}</span> <span>${words.p95} ${duration(p95Ms)}</span>`;
}

function failures(traffic: Traffic, { phase, failures: count }: PhaseTraffic): View {
  if (count === 0) return html`<span class="quiet">0</span>`;
  return html`
    <a class="mark bad" id="ended-${phase}" href="${endedPath(traffic, phase)}" aria-label="${texts.traffic
      .showFailed(phase, count)}">${icon("trouble")}${texts.numbers(count)}</a>
  `;
}

function distribution(phase: PhaseTraffic): View {
  const last = phase.histogram.length - 1;
  const label = (bucket: number, text: string, anchor: string) =>
    html`<text x="${bucket * BAR_STEP + BAR_STEP / 2 - 1}" y="${
      BAR_HEIGHT + 15
    }" text-anchor="${anchor}">${text}</text>`;
  return html`
    <svg class="distribution" viewBox="0 0 ${(last + 1) * BAR_STEP} ${BAR_HEIGHT + 20}" role="img"
      aria-label="${texts.traffic.distributionIn(phase.phase)}">${histogramBars(
        phase.histogram,
        BAR_STEP,
        BAR_HEIGHT,
      )}${MARKED.map((bucket) =>
        label(bucket, `≤ ${duration(DURATION_BUCKETS_MS[bucket]!)}`, bucket === 0 ? "start" : "middle")
      )}${label(last, `> ${duration(DURATION_BUCKETS_MS.at(-1)!)}`, "end")}</svg>
  `;
}

function legend(top: number): View {
  const words = texts.traffic;
  return html`
    <span
      class="legend"><span class="key-line"></span>${words.keyMedian}<span class="key-bar"></span>${words
        .keySpread}, ${words.upTo(duration(top))}<span class="key-bar plain"></span>${words
        .keySessions}<span class="key-bar bad"></span>${words.keyFailures}</span>
  `;
}

/** Above the median and what lies between it and the 95th, on a logarithmic scale; below sessions, and those that ended. */
function course(traffic: Traffic, phase: PhaseTraffic, top: number): View {
  const { sessions, failures, medianMs, p95Ms } = phase.course;
  const step = WIDTH / sessions.length;
  const yOf = (ms: number) => 3 + (DURATIONS - 3) * (1 - Math.min(1, Math.log(1 + ms) / Math.log(1 + top)));
  const most = Math.max(1, ...sessions);
  const tall = (count: number) => count === 0 ? 0 : Math.max(2, SESSIONS * count / most);
  const line = medianMs.map((ms, bucket) =>
    ms === null ? "" : `M${(bucket * step).toFixed(1)} ${yOf(ms).toFixed(1)}h${step.toFixed(1)}`
  ).join("");
  const columns = sessions.map((count, bucket) => {
    if (count === 0) return "";
    const x = bucket * step;
    const median = medianMs[bucket] ?? 0;
    const p95 = p95Ms[bucket] ?? 0;
    const failed = failures[bucket] ?? 0;
    const bars = bar("soft", x, step, yOf(p95), Math.max(1, yOf(median) - yOf(p95))) +
      bar("volume", x, step, HEIGHT - tall(count), tall(count)) +
      bar("ended", x, step, HEIGHT - tall(failed), tall(failed));
    const at = traffic.fromAt + bucket * traffic.bucketMs;
    const title = html`<title data-at="${at}">${
      texts.traffic.bucketTells(
        `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`,
        count,
        failed,
        duration(median),
        duration(p95),
      )
    }</title>`;
    const hit = html`<rect class="hit" x="${x.toFixed(1)}" width="${
      step.toFixed(1)
    }" height="${HEIGHT}">${title}</rect>`;
    return html`${raw(bars)}${
      failed === 0 ? hit : html`<a href="${endedPath(traffic, phase.phase, bucket)}" tabindex="-1">${hit}</a>`
    }`;
  });
  return html`<svg class="course-picture" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
<path class="ground" d="M0 ${DURATIONS}H${WIDTH}"/>${columns}<path class="line" d="${line}"/></svg>
<p class="axis"><span>${axisTime(traffic, traffic.fromAt)}</span><span>${texts.traffic.atMost(most)}</span><span>${
    axisTime(traffic, traffic.minutes.at(-1)! * MINUTE_MS)
  }</span></p>`;
}

function bar(name: string, x: number, step: number, y: number, height: number): string {
  if (height === 0) return "";
  const gap = Math.min(1, step / 5);
  const [left, width] = [(x + gap).toFixed(1), (step - 2 * gap).toFixed(1)];
  return `<rect class="${name}" x="${left}" y="${y.toFixed(1)}" width="${width}" height="${height.toFixed(1)}"/>`;
}

/** A time of a bucket: with its date where a range is longer than a day. */
export function axisTime({ range }: Pick<Traffic, "range">, at: number): View {
  return time(at, range === "hour" || range === "day" ? "short" : "full");
}
