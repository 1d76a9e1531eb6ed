import { html } from "hono/html";
import { duration, octets, type View } from "../format.ts";
import { parseDuration } from "../../src/settings/units.ts";
import type { FirstFetch } from "../../src/mailbox/first-fetch.ts";
import type { TrialModel } from "../server-models.ts";
import { texts } from "../texts.ts";
import { formProblems } from "./form.ts";
import { type Frame, icon, layout } from "./layout.ts";
import { facts } from "./parts.ts";
import { crumbOf, mailFields, serverPath, steps } from "./server-form.ts";

/** What a test came to, and what can be done next. */
export function trialPage(frame: Frame, trial: TrialModel): View {
  const words = texts.servers.trial;
  const { kind, account, name, outcome } = trial;
  const title = words.title(name);
  const isWizard = trial.of === null;
  const content = html`${crumbOf(kind, account)}
<h1>${title}</h1>
${isWizard ? steps(kind, kind === "source" && outcome?.ok ? 4 : 3) : ""}
${formProblems({ fields: Object.values(trial.fields), problems: trial.problems })}
<div class="beside trial way-${kind === "upstream" ? "out" : "in"}">
<div>${verdict(trial)}${trialFacts(trial)}${pinForm(trial)}${nextForms(trial)}</div>
${outcome === null ? "" : transcript(outcome.transcript)}
</div>`;
  return layout(frame, { title, content });
}

function verdict(trial: TrialModel): View {
  const words = texts.servers.trial;
  const { outcome } = trial;
  if (outcome === null) {
    return html`<p class="verdict"><span class="mark plain">${icon("open")}${words.untested}</span></p>
<p class="hint">${words.untestedHint}</p>`;
  }
  const { diagnosis } = outcome;
  if (diagnosis === null) {
    return html`<p class="verdict" role="status"><span class="mark good">${icon("ok")}${words.works}</span></p>`;
  }
  return html`<p class="verdict" role="alert"><span class="mark bad">${icon("trouble")}${words.fails}</span></p>
<p class="meaning">${sentence(diagnosis.fault)} <b>${words.toDo}: ${sentence(diagnosis.advice)}</b></p>
${remedyForm(trial)}`;
}

/** Whether what was typed is to be looked at first, before settings that are no more than usual. */
function isForTheEyes({ isEditable, outcome }: TrialModel): boolean {
  const diagnosis = outcome?.diagnosis ?? null;
  return isEditable && diagnosis !== null && diagnosis.remedy !== null && diagnosis.isGuessed;
}

/** The way to other settings: the ones that will do, or behind a look at one's own those that most servers have. */
function remedyForm(trial: TrialModel): View {
  const words = texts.servers.trial;
  const remedy = trial.outcome?.diagnosis?.remedy ?? null;
  if (remedy === null || !trial.isEditable) return html``;
  const isSecond = isForTheEyes(trial);
  return html`
    <form class="remedy" method="post"
      action="/trials/${trial.id}/remedy">${isSecond ? editLink(trial, "button main-button") : ""}<button${isSecond
        ? ""
        : html`
          class="main-button"
        `}>${words.remedy}</button> <span>${remedyText(remedy)}</span></form>
  `;
}

function editLink({ id, kind, account, of, isStored }: TrialModel, look: string): View {
  const words = texts.servers.trial;
  const path = serverPath(kind, account);
  const form = of === null ? `${path}/new?draft=${id}` : `${path}/${encodeURIComponent(of)}/edit?draft=${id}`;
  return html`<a class="${look}" href="${form}">${isStored ? words.edit : words.change}</a>`;
}

function remedyText(
  { host, port, tls }: NonNullable<NonNullable<NonNullable<TrialModel["outcome"]>["diagnosis"]>["remedy"]>,
) {
  const words = texts.servers.trial.remedyOf;
  const parts = [
    host === undefined ? null : words.host(host),
    port === undefined ? null : words.port(port),
    tls === undefined ? null : words.tls[tls],
  ];
  return parts.filter((part) => part !== null).join(", ");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function trialFacts({ server, tlsMode, username, isPinned, outcome, content }: TrialModel): View {
  const words = texts.servers.trial;
  const named = words.facts;
  const certificate = outcome?.certificate ?? null;
  const others = certificate?.names.filter((name) => name !== certificate.subject) ?? [];
  return facts([
    [named.server, html`<span class="id">${server}</span>`],
    username === null ? null : [named.login, outcome?.ok ? words.accepted(username) : words.notReached(username)],
    [
      named.tls,
      outcome?.tls
        ? html`<span class="mark plain">${icon("lock")}${outcome.tls.replaceAll("_", " ")}</span>`
        : outcome?.ok
        ? html`<span class="mark plain">${icon("clear")}${words.clear}</span>`
        : texts.servers.tlsModes[tlsMode],
    ],
    certificate && [named.certificate, certificate.subject],
    others.length === 0 ? null : [named.names, others.join(", ")],
    certificate && [named.issuer, certificate.issuer === certificate.subject ? words.selfSigned : certificate.issuer],
    certificate?.expiresAt ? [named.until, new Date(certificate.expiresAt).toISOString().slice(0, 10)] : null,
    certificate &&
    [
      named.key,
      html`<span class="id">${certificate.fingerprint}</span>${isPinned && outcome?.ok ? ` (${words.pinned})` : ""}`,
    ],
    content && [named.content, words.content(texts.messages(content.messages), octets(content.octets))],
    outcome && outcome.offers.length > 0
      ? [named.offers, html`<span class="offers">${outcome.offers.join(", ")}</span>`]
      : null,
    outcome && [named.took, duration(outcome.durationMs)],
  ]);
}

/** A certificate that is not trusted, and the way to trust this one. */
function pinForm({ id, outcome, isEditable }: TrialModel): View {
  const words = texts.servers.trial;
  const fault = outcome?.diagnosis?.certificateFault ?? null;
  if (fault === null || !outcome?.certificate || !isEditable) return html``;
  return html`
    <section aria-labelledby="pin-title">
      <h2 id="pin-title">${words.pinTitle}</h2>
      <p class="hint">${words.pinHint}</p>
      <form method="post" action="/trials/${id}/pin"><button>${icon("lock")}${words.pin}</button></form>
    </section>
  `;
}

function nextForms(trial: TrialModel): View {
  const words = texts.servers.trial;
  const { id, kind, of, isStored, isEditable, outcome } = trial;
  const again = html`<form method="post" action="/trials/${id}/again"><button>${
    outcome === null ? texts.servers.wizard.test : words.again
  }</button></form>`;
  const edit = isEditable && !isForTheEyes(trial) ? editLink(trial, "button") : "";
  if (isStored) return html`<div class="trial-next row">${again}${edit}</div>`;
  if (kind === "source" && of === null) {
    return html`<div class="trial-next row">${again}${edit}</div>${mailStep(trial)}`;
  }
  const label = outcome?.ok ? of === null ? words.save : words.saveChanged : words.saveAllTheSame;
  return html`
    <div class="trial-next row">
      <form method="post" action="/trials/${id}/save">
        <button${outcome?.ok
          ? html`
            class="main-button"
          `
          : ""}>${label}</button></form>${again}${edit}</div>
  `;
}

/** The last step of a source: what happens to the mail. */
function mailStep(trial: TrialModel): View {
  const words = texts.servers.first;
  const { id, content, fields } = trial;
  return html`
    <section aria-labelledby="mail-title">
      <h2 id="mail-title">${texts.servers.wizard.steps.source[3]}</h2>
      <form class="card form" method="post" action="/trials/${id}/save">
    ${mailFields(fields)}
    ${content === null ? "" : firstFetch(content, trial)}
    <p class="form-end"><button class="main-button">${words.save}</button>
    ${content === null ? "" : html`<button formaction="/trials/${id}/plan">${words.show}</button>`}</p>
      </form>
    </section>
  `;
}

function firstFetch({ messages, fetch, announced, postponed, deleted }: FirstFetch, { fields }: TrialModel): View {
  const words = texts.servers.first;
  const isDelete = fields["mode"]?.value === "delete";
  const after = fields["delete_after"]?.value || fields["delete_after"]?.preset || "";
  const afterMs = parseDuration(after) ?? 0;
  const when = afterMs === 0 ? words.atOnce : words.after(duration(afterMs));
  const lines = messages === 0 ? [words.empty] : fetch === null ? [words.unknown(messages)] : [
    words.fetch(fetch.messages, octets(fetch.octets)),
    announced === 0 ? null : words.announced(announced),
    postponed === 0 ? null : words.postponed(postponed),
  ];
  const end = !isDelete ? words.keep : deleted === 0 ? words.nothingDeleted : words.deleted(deleted, when);
  return html`
    <section id="first-fetch" class="first-fetch" aria-labelledby="first-title">
      <h3 id="first-title">${words.title}</h3>
      <ul class="plain-list">${[...lines, messages === 0 || fetch === null ? null : end].map((line) =>
        line === null ? "" : html`<li>${line}</li>`
      )}</ul>
    </section>
  `;
}

const SPEAKER = { client: "C", server: "S", note: "" } as const;

function transcript(lines: NonNullable<TrialModel["outcome"]>["transcript"]): View {
  const words = texts.servers.trial;
  return html`<section class="transcript" aria-labelledby="transcript-title">
<h2 id="transcript-title">${words.transcript}</h2>
${
    lines.length === 0
      ? html`<p class="empty">${words.nothingSaid}</p>`
      : html`<p class="hint">${words.transcriptNote}</p>
<ol class="lines" tabindex="0" aria-labelledby="transcript-title">${
        lines.map(({ offsetMs, from, text }) =>
          html`
            <li
              class="${from}"><span class="offset">${texts.numbers(offsetMs)}</span><abbr class="who" title="${texts
                .sessions[from]}">${SPEAKER[from]}</abbr><span class="said">${text}</span></li>
          `
        )
      }</ol>`
  }</section>`;
}
