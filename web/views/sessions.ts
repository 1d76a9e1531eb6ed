import { html } from "hono/html";
import { HOPS, phasesOf } from "../../src/dialogue/phases.ts";
import { formatId } from "../../src/store/ids.ts";
import { flag, time, type View } from "../format.ts";
import type { SessionSummary } from "../models.ts";
import { texts } from "../texts.ts";
import { type Frame, layout } from "./layout.ts";
import { sessionTable } from "./parts.ts";

/** What the list is narrowed to. */
export interface SessionChoice {
  readonly hop?: string | undefined;
  readonly outcome?: string | undefined;
  readonly phase?: string | undefined;
  readonly peer?: string | undefined;
  /** When they ended. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly before?: number | undefined;
}

/** The list of sessions. */
export function sessionsPage(
  frame: Frame,
  page: { readonly sessions: readonly SessionSummary[]; readonly before: number | null },
  choice: SessionChoice,
): View {
  const words = texts.sessions;
  const rows = page.sessions.length > 0 ? sessionTable(page.sessions, "session-rows", words.title) : html`
    <div id="session-rows">
      <p class="empty">${words.none}</p>
    </div>
  `;
  const content = html`<h1>${words.title}</h1>
${filterForm(choice)}
${narrowed(choice)}
${rows}
<p class="pager">${
    choice.before === undefined ? "" : html`<a href="${pathOf({ ...choice, before: undefined })}">${words.newest}</a>`
  }${page.before === null ? "" : html`<a href="${pathOf({ ...choice, before: page.before })}">${words.older}</a>`}</p>`;
  return layout(frame, {
    title: words.title,
    content,
    ...(choice.before === undefined ? { live: { path: pathOf(choice), ids: ["session-rows"] } } : {}),
  });
}

function filterForm(choice: SessionChoice): View {
  const words = texts.sessions;
  const outcomes = ["open", "completed", "unfinished", "dropped", "timeout", "refused", "failed", "shutdown"] as const;
  const hops = HOPS.map((hop) => [hop, texts.hops[hop].name] as const);
  const phases = [...new Set(HOPS.flatMap(phasesOf))].map((phase) => [phase, texts.phases[phase]] as const);
  return html`<form class="filters" action="/sessions" data-submit-on-change>
${select("hop", words.hop, words.anyHop, hops, choice.hop)}
${
    select(
      "outcome",
      words.outcome,
      words.anyOutcome,
      outcomes.map((name) => [name, name === "unfinished" ? words.unfinished : texts.outcomes[name]] as const),
      choice.outcome,
    )
  }
${select("phase", words.endedIn, words.anyPhase, phases, choice.phase)}
${
    Object.entries(narrowing(choice)).map(([name, value]) =>
      html`
        <input type="hidden" name="${name}" value="${value}">
      `
    )
  }<button>${words.filter}</button>
</form>`;
}

/** What the form does not ask for, as a query has it. */
function narrowing({ peer, from, to }: SessionChoice): Record<string, string> {
  return {
    ...(peer === undefined ? {} : { peer }),
    ...(from === undefined ? {} : { from: new Date(from).toISOString() }),
    ...(to === undefined ? {} : { to: new Date(to).toISOString() }),
  };
}

function narrowed(choice: SessionChoice): View {
  const { peer, from, to, ...rest } = choice;
  if (peer === undefined && from === undefined && to === undefined) return html``;
  const words = texts.sessions;
  return html`<p class="narrowed">${words.narrowed}${peer === undefined ? "" : words.withPeer(peer)}${
    from === undefined ? "" : html`${words.endedFrom}${time(from)}`
  }${to === undefined ? "" : html`${words.endedTo}${time(to)}`}. <a href="${
    pathOf({ ...rest, before: undefined })
  }">${words.widen}</a></p>`;
}

function select(
  name: string,
  label: string,
  any: string,
  options: readonly (readonly [string, string])[],
  chosen: string | undefined,
): View {
  return html`<label><span>${label}</span><select name="${name}"><option value="">${any}</option>${
    options.map(([value, text]) =>
      html`
        <option value="${value}" ${flag("selected", value === chosen)}>${text}</option>
      `
    )
  }</select></label>`;
}

function pathOf(choice: SessionChoice): string {
  const query = new URLSearchParams(narrowing(choice));
  for (const name of ["hop", "outcome", "phase"] as const) if (choice[name]) query.set(name, choice[name]);
  if (choice.before !== undefined) query.set("before", formatId(choice.before));
  return query.size === 0 ? "/sessions" : `/sessions?${query}`;
}
