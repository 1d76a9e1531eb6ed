import { html } from "hono/html";
import { formatId } from "../../src/store/ids.ts";
import { duration, octets, senderOf, subjectOf, time, type View } from "../format.ts";
import type { SessionDetail, SessionPhase, TranscriptEntry } from "../models.ts";
import { texts } from "../texts.ts";
import { phasesOfLines } from "../transcript.ts";
import { type Frame, icon, layout } from "./layout.ts";
import { crumb, facts, hopSign, outcomeOf, wayOf } from "./parts.ts";

/** Ticks drawn on the bars at most. */
const TICKS = 240;

/** A session: a waterfall of its phases with the transcript beside it. */
export function sessionPage(frame: Frame, session: SessionDetail): View {
  const title = texts.sessions.one(formatId(session.id));
  const content = html`${crumb("/sessions", texts.sessions.title)}
<div id="session">
<h1 class="session-title">${hopSign(session.hop)} <span class="id">${formatId(session.id)}</span> ${
    outcomeOf(session)
  }</h1>
${session.cause === null ? "" : html`<p class="cause">${session.cause}</p>`}
<div class="beside ${wayOf(session.hop)}">
<div>${sessionFacts(session)}
${session.phases.length > 0 ? waterfall(session) : ""}
${led(session)}</div>
${transcriptSection(session)}
</div></div>`;
  return layout(frame, {
    title,
    content,
    ...(session.outcome === "open" ? { live: { path: frame.path, ids: ["session"] } } : {}),
  });
}

function sessionFacts(session: SessionDetail): View {
  const words = texts.sessions.facts;
  const isOpen = session.outcome === "open";
  return facts([
    [
      words.peer,
      html`${
        session.peerName === null ? "" : html`
          ${session.peerName} ·
        `
      }<span class="id">${session.peerAddress}:${session.peerPort}</span>`,
    ],
    session.account === null ? null : [words.account, session.account],
    session.device === null ? null : [words.device, session.device],
    [words.began, time(session.startedAt)],
    [words.took, isOpen ? texts.sessions.notEnded : duration(session.durationMs)],
    isOpen ? null : [
      words.tls,
      session.tls === null
        ? html`<span class="mark plain">${icon("clear")}${texts.sessions.inTheClear}</span>`
        : html`<span class="mark plain">${icon("lock")}${session.tls.replaceAll("_", " ")}</span>`,
    ],
    session.localPort > 0 ? [words.localPort, html`<span class="id">${session.localPort}</span>`] : null,
    session.outcome === "open" ? null : [words.outcome, texts.outcomeNotes[session.outcome]],
  ]);
}

function waterfall(session: SessionDetail): View {
  const words = texts.sessions;
  const last = session.phases.length - 1;
  return html`
    <section aria-labelledby="phases-title">
      <h2 id="phases-title">${words.phasesTitle}</h2>
      <table class="waterfall">
        <tbody>${session.phases.map((phase, index) =>
          html`
            <tr>
              <th scope="row">${texts.phases[phase.phase]}</th>
              <td class="bar-cell">${bar(session, phase, index)}</td>
              <td class="number">${duration(phase.durationMs)}</td>
            </tr>
            <tr class="under">
              <td></td>
              <td colspan="2">${texts.inAndOut(octets(phase.octetsIn), octets(phase.octetsOut))} · ${words.commands(
                phase.commands,
              )}${phase.refusals > 0
                ? html`
                  · <b class="bad-text">${words.refusals(phase.refusals)}</b>
                `
                : ""}${index === last && session.outcome !== "completed"
                ? html`
                  · <span class="mark bad">${icon("trouble")}${words.endedHere}</span>
                `
                : ""}</td>
            </tr>
          `
        )}</tbody>
      </table>
      <p class="hint">${words.phasesNote}</p>
    </section>
  `;
}

function bar(session: SessionDetail, phase: SessionPhase, index: number): View {
  const total = session.durationMs || 1;
  const percent = (ms: number) => Math.min(100, Math.max(0, 100 * ms / total));
  const from = percent(phase.startedAt - session.startedAt);
  const width = Math.max(0.6, Math.min(100 - from, percent(phase.durationMs)));
  const lines = session.transcript ?? [];
  const phaseOf = phasesOfLines(session, lines);
  const ticks = lines.filter((entry, line) => entry.from === "client" && phaseOf[line] === index).slice(0, TICKS);
  return html`
    <svg class="bar" height="18" role="img"
      aria-label="${texts
        .phases[phase.phase]}"><rect class="rail" y="8" width="100%" height="2"/><rect class="phase-${index +
        1}" x="${from.toFixed(2)}%" y="2" width="${width.toFixed(2)}%" height="14" rx="1"/>${ticks.map((entry) =>
          html`
            <rect class="tick" x="${percent(entry.offsetMs).toFixed(2)}%" y="2" width="1" height="14">
              <title>${entry.text.slice(0, 80)}</title>
            </rect>
          `
        )}</svg>
  `;
}

function led(session: SessionDetail): View {
  if (session.led.length === 0) return html``;
  return html`
    <section aria-labelledby="led-title">
      <h2 id="led-title">${texts.sessions.ledTitle}</h2>
      <ul class="led">${session.led.map((message) =>
        html`<li><a href="/messages/${formatId(message.id)}">${subjectOf(message.subject)}</a>
<span class="quiet">${senderOf(message.sender)} · ${octets(message.size)}${
          message.outcome === null ? "" : ` · ${texts.deliveries[message.outcome] ?? message.outcome}`
        }</span></li>`
      )}</ul>
    </section>
  `;
}

function transcriptSection(session: SessionDetail): View {
  const words = texts.sessions;
  const lines = session.transcript;
  const missing = session.outcome === "open"
    ? words.transcriptOpen
    : lines === null
    ? words.transcriptGone
    : words.transcriptEmpty;
  return html`<section class="transcript" aria-labelledby="transcript-title">
<h2 id="transcript-title">${words.transcriptTitle}</h2>
${
    lines === null || lines.length === 0 ? html`<p class="empty">${missing}</p>` : html`
      <p class="hint">${words.transcriptNote}</p>
      <ol class="lines" tabindex="0" aria-labelledby="transcript-title">${transcriptLines(session, lines)}</ol>
    `
  }
${session.linesDropped > 0 ? html`<p class="hint">${words.linesDropped(session.linesDropped)}</p>` : ""}
</section>`;
}

const SPEAKER = { client: "C", server: "S", note: "" } as const;

/** The lines, with a heading where each phase begins. */
function transcriptLines(session: SessionDetail, lines: readonly TranscriptEntry[]): View[] {
  const phaseOf = phasesOfLines(session, lines);
  let begun = -1;
  return lines.flatMap((entry, index) => {
    const marks: View[] = [];
    while (begun < phaseOf[index]!) {
      const phase = session.phases[++begun];
      if (phase) marks.push(html`<li class="phase-mark phase-${begun + 1}">${texts.phases[phase.phase]}</li>`);
    }
    const offset = texts.numbers(entry.offsetMs);
    const who = html`<abbr class="who" title="${texts.sessions[entry.from]}">${SPEAKER[entry.from]}</abbr>`;
    const said = html`<span class="said">${entry.text}</span>`;
    return [...marks, html`<li class="${entry.from}"><span class="offset">${offset}</span>${who}${said}</li>`];
  });
}
