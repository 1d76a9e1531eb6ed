/** Pieces that several pages show. */
import { html } from "hono/html";
import type { Hop } from "../../src/dialogue/phases.ts";
import { formatId } from "../../src/store/ids.ts";
import { duration, octets, sessionLink, time, type View } from "../format.ts";
import type { SessionSummary } from "../models.ts";
import { texts } from "../texts.ts";
import { icon } from "./layout.ts";

/** Mail out (SMTP) or in (POP3): gives the colour of a hop. */
export function wayOf(hop: Hop): "way-out" | "way-in" {
  return hop.startsWith("smtp") ? "way-out" : "way-in";
}

/** A hop as a small sign that points the way of the mail. */
export function hopSign(hop: Hop): View {
  return html`<span class="sign ${wayOf(hop)}">${texts.hops[hop].name}</span>`;
}

/** A hop's direction, seen from Waypost: server hops face the clients. */
export function peerOf(session: SessionSummary): View {
  const name = session.account ?? session.peerName;
  return html`${
    name === null ? "" : html`
      <b class="peer-name">${name}</b>
    `
  }<span class="id quiet">${session.peerAddress}</span>`;
}

const ICON_OF_OUTCOME: Readonly<Record<SessionSummary["outcome"], string>> = {
  open: "open",
  completed: "ok",
  dropped: "removed",
  timeout: "waiting",
  refused: "removed",
  failed: "trouble",
  shutdown: "held",
};

/** How a session ended: a sign, a word, and for one that did not complete the phase. */
export function outcomeOf(session: SessionSummary): View {
  const isBad = session.outcome !== "completed" && session.outcome !== "open";
  const tone = isBad ? "bad" : session.outcome === "open" ? "live" : "good";
  return html`<span class="mark ${tone}">${icon(ICON_OF_OUTCOME[session.outcome])}${
    texts.outcomes[session.outcome]
  }</span>${
    session.outcome === "completed" ? "" : html`
      <span class="quiet">${texts.inPhase(session.endedIn)}</span>
    `
  }`;
}

/** The width of the small picture of a session, in its own units. */
const BLAZE = 96;
/** A phase that took no time is still seen. */
const THIN = 3;

/** A session's phases as one small bar: their shares of its time, the one in which it failed with a notch. */
export function blaze(session: SessionSummary): View {
  const { phases } = session;
  if (phases.length === 0) return html`<span class="quiet">${texts.phases[session.endedIn]} …</span>`;
  const total = phases.reduce((sum, phase) => sum + phase.durationMs, 0) || 1;
  const room = BLAZE - THIN * phases.length - (phases.length - 1);
  let x = 0;
  const bars = phases.map((phase, index) => {
    const width = THIN + room * phase.durationMs / total;
    const bar = html`
      <rect class="phase-${index + 1}" x="${x.toFixed(1)}" y="0" width="${width.toFixed(1)}" height="10" />
    `;
    x += width + 1;
    return bar;
  });
  const notch = session.outcome === "completed" ? "" : html`
    <path class="notch" d="M${BLAZE} 0v10l-7-5z" />
  `;
  const label = phases.map((phase) => `${texts.phases[phase.phase]} ${duration(phase.durationMs)}`).join(", ");
  return html`
    <svg class="blaze ${wayOf(session.hop)}" viewBox="0 0 ${BLAZE} 10" role="img"
      aria-label="${label}"><title>${label}</title>${bars}${notch}</svg>
  `;
}

/** A table of sessions. `id` names its body, so that live events can bring it up to date. */
export function sessionTable(sessions: readonly SessionSummary[], id: string, caption: string): View {
  const columns = texts.sessions.columns;
  return html`
    <div class="scroll" id="${id}">
      <table class="list sessions">
        <caption class="unseen">${caption}</caption>
        <thead>
          <tr>
            <th scope="col">${columns.began}</th>
            <th scope="col">${columns.hop}</th>
            <th scope="col">${columns.peer}</th>
            <th scope="col">${columns.phases}</th>
            <th scope="col" class="number">${columns.duration}</th>
            <th scope="col" class="number">${columns.octets}</th>
            <th scope="col" class="number">${columns.messages}</th>
            <th scope="col">${columns.outcome}</th>
            <th scope="col">${columns.session}</th>
          </tr>
        </thead>
        <tbody>${sessions.map(sessionRow)}</tbody>
      </table>
    </div>
  `;
}

function sessionRow(session: SessionSummary): View {
  const isOpen = session.outcome === "open";
  return html`
    <tr${isOpen
      ? html`
        class="is-open"
      `
      : ""}>
      <td class="began">${time(session.startedAt, "second")}</td>
      <td class="hop">${hopSign(session.hop)}</td>
      <td class="peer">${peerOf(session)}</td>
      <td class="phases">${blaze(session)}</td>
      <td class="number took">${isOpen ? "" : duration(session.durationMs)}</td>
      <td class="number octets">${isOpen ? "" : html`${octets(session.octetsIn)} / ${octets(session.octetsOut)}`}</td>
      <td class="number messages">${session.messages === 0
        ? html`<span class="quiet">0</span>`
        : texts.numbers(session.messages)}</td>
      <td class="outcome">${outcomeOf(session)}</td>
      <td class="name" id="row-${formatId(session.id)}">${sessionLink(session.id)}</td>
      </tr>
  `;
}

/** A table of a list: its kinds of style, what it is about, its columns and its rows. */
export function listTable(
  { kinds, caption, columns }: {
    readonly kinds: string;
    readonly caption: string;
    readonly columns: readonly string[];
  },
  rows: readonly View[],
): View {
  return html`
    <table class="list ${kinds}">
      <caption class="unseen">${caption}</caption>
      <thead>
        <tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr>
      </thead>
      <tbody>${rows}</tbody>
    </table>
  `;
}

/** A list of facts: what, and its value. */
export function facts(rows: readonly (readonly [string, View | string] | null)[]): View {
  return html`<dl class="facts">${
    rows.map((row) =>
      row
        ? html`
          <div>
            <dt>${row[0]}</dt>
            <dd>${row[1]}</dd>
          </div>
        `
        : ""
    )
  }</dl>`;
}

const ICON_OF_TONE = { good: "ok", warn: "held", bad: "trouble" } as const;

/** Says above a page what was done, or why not. */
export function notice(tone: "good" | "warn" | "bad", words: View | string): View {
  const role = tone === "bad" ? "alert" : "status";
  return html`<p class="note ${tone}" role="${role}">${icon(ICON_OF_TONE[tone])}<span>${words}</span></p>`;
}

/** The way back to the page above. */
export function crumb(path: string, title: string): View {
  return html`<p class="crumb"><a href="${path}">${title}</a></p>`;
}

/** A form that opens before anything is done, also without scripts; `isPlain`: it takes nothing away. */
export function asking(
  { id, title, action, isPlain = false }: {
    readonly id: string;
    readonly title: string;
    readonly action: string;
    readonly isPlain?: boolean;
  },
  content: View,
): View {
  return html`
    <details class="asks" id="${id}">
      <summary>${title}</summary>
      <form class="confirm${isPlain ? " plain" : ""}" method="post" action="${action}">${content}</form>
    </details>
  `;
}
