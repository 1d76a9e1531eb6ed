import { html, raw } from "hono/html";
import { octets, type View } from "../format.ts";
import type { FieldModel, ProviderModel, ServerFormModel, ServerKind } from "../server-models.ts";
import { texts } from "../texts.ts";
import { type Frame, layout } from "./layout.ts";

/** Fields of a source that say what happens to its mail: the last step. */
export const MAIL_FIELDS = ["interval", "max_message_size", "messages_per_day", "size_per_day"] as const;
const RARE_MAIL_FIELDS = [
  "delete_larger_than",
  "keep_newest",
  "keep_removed",
  "on_client_delete",
  "fetch_on_login",
  "fetch_on_login_wait",
  "identify_by",
  "recent",
  "recipient_headers",
  "deliver",
] as const;
const PACE_FIELDS = [
  "max_connections",
  "messages_per_minute",
  "messages_per_day",
  "recipients_per_message",
  "messages_per_connection",
] as const;
const RARE_FIELDS: Readonly<Record<ServerKind, readonly string[]>> = {
  upstream: [
    "auth",
    "verify",
    "fingerprint",
    "ca",
    "connect_timeout",
    "command_timeout",
    "data_timeout",
    "final_reply_timeout",
  ],
  source: ["auth", "verify", "fingerprint", "ca", "connect_timeout", "command_timeout", "data_timeout"],
};

type Problems = ServerFormModel["problems"];
type Fields = ServerFormModel["fields"];

/** Where the pages of a kind of server are. */
export function serverPath(kind: ServerKind, account: string | null): string {
  return kind === "upstream" ? "/upstreams" : `/accounts/${encodeURIComponent(account ?? "")}/sources`;
}

/** The first step: whose server it is. */
export function providersPage(
  frame: Frame,
  { kind, account, providers }: {
    readonly kind: ServerKind;
    readonly account: string | null;
    readonly providers: readonly ProviderModel[];
  },
): View {
  const words = texts.servers.wizard;
  const path = serverPath(kind, account);
  const title = kind === "upstream" ? words.newUpstream : words.newSource(account ?? "");
  const content = html`${crumb(kind, account)}
<h1>${title}</h1>
${steps(kind, 1)}
<h2>${words.choose[kind]}</h2>
<p class="hint">${words.chooseHint}</p>
<ul class="provider-cards">${
    providers.map(({ id, name, host, auth }) =>
      html`<li><a href="${path}/new?provider=${id}"><b>${name}</b><span class="quiet">${
        id === "generic" ? words.otherHint : words.auth[auth]
      }</span>${host === null ? "" : html`<span class="id quiet">${host}</span>`}</a></li>`
    )
  }</ul>`;
  return layout(frame, { title, content });
}

/** The form of a server: the second step of a wizard, and where it is edited. */
export function serverFormPage(frame: Frame, form: ServerFormModel): View {
  const words = texts.servers.wizard;
  const { kind, account, of, fields, problems } = form;
  const path = serverPath(kind, account);
  const action = of === null ? `${path}/new` : `${path}/${encodeURIComponent(of)}/edit`;
  const title = of === null
    ? kind === "upstream" ? words.newUpstream : words.newSource(account ?? "")
    : kind === "upstream"
    ? words.editUpstream(of)
    : words.editSource(of, account ?? "");
  const show = (key: string) => fieldOf(fields[key]!, problems, kind);
  const content = html`${crumb(kind, account)}
<h1>${title}</h1>
${of === null ? steps(kind, 2) : ""}
${problemSummary(problems)}
<div class="beside wizard">
<form class="card server-form" method="post" action="${action}">
${hidden("draft", form.draft)}${hidden("provider", fields["provider"]?.value ?? "")}
${of === null ? show("name") : hidden("name", of)}
<div class="pair">${show("host")}${show("port")}</div>
${show("tls")}
<div class="pair even">${show("username")}${passwordField(form)}</div>
${kind === "upstream" ? html`${show("senders")}${group(words.pace, PACE_FIELDS, form)}` : ""}
${group(words.expert, RARE_FIELDS[kind], form)}
${kind === "source" && of !== null ? mailFields(fields, problems) : ""}
<p class="row"><button class="main-button" name="do" value="test">${words.test}</button>
<button name="do" value="save">${of === null ? words.untested[kind] : words.untested.upstream}</button>
<a href="${path}">${words.cancel}</a></p>
<p class="hint">${words.testHint}</p>
</form>
${providerNotes(form.provider)}</div>`;
  return layout(frame, { title, content });
}

/** What to do with the mail of a source. */
export function mailFields(fields: Fields, problems: Problems): View {
  const words = texts.servers;
  const mode = fields["mode"]?.value || "keep";
  const radio = (value: "keep" | "delete", hint: string) =>
    html`<label class="choice"><input type="radio" name="mode" value="${value}"${mode === value ? raw(" checked") : ""}>
<span><b>${words.modes[value]}</b><span class="hint">${hint}</span></span></label>`;
  return html`<fieldset class="modes"><legend>${words.labels.mode}</legend>
${radio("keep", words.modes.keepHint)}${radio("delete", words.modes.deleteHint)}
${fieldOf(fields["delete_after"]!, problems)}</fieldset>
<div class="pair even">${MAIL_FIELDS.map((key) => fieldOf(fields[key]!, problems))}</div>
${group(words.wizard.more, RARE_MAIL_FIELDS, { fields, problems })}`;
}

function group(
  title: string,
  keys: readonly string[],
  { fields, problems }: { fields: Fields; problems: Problems },
): View {
  const isOpen = keys.some((key) => fields[key]?.value !== "" || problems.some((problem) => problem.key === key));
  return html`
    <details class="more-fields" ${isOpen ? raw(" open") : ""}>
      <summary>${title}</summary>
      <div class="pair even">${keys.map((key) => fields[key] ? fieldOf(fields[key], problems) : "")}</div>
    </details>
  `;
}

/** One field with its label, what it is for, and what is wrong with it. */
function fieldOf(field: FieldModel, problems: Problems, kind: ServerKind = "upstream"): View {
  const { labels, hints, wizard } = texts.servers;
  const { key } = field;
  const problem = problems.find((one) => one.key === key);
  const label = labels[key as keyof typeof labels] ?? key;
  const { sourceName, ...ofUpstreams } = hints;
  // A source always wants a login.
  const ofSources: Readonly<Record<string, string>> = { name: sourceName, username: "" };
  const own = (kind === "source" ? ofSources[key] : undefined) ?? ofUpstreams[key as keyof typeof ofUpstreams];
  const hint = own ?? (OBVIOUS.has(key) ? "" : field.doc);
  const described = [problem ? `${key}-problem` : "", hint === "" ? "" : `${key}-hint`].filter((id) => id !== "").join(
    " ",
  );
  const marks = html`${
    described === "" ? "" : html`
      aria-describedby="${described}"
    `
  }${problem ? raw(' aria-invalid="true"') : ""}`;
  return html`<div class="field field-${key}${problem ? " wrong" : ""}"><label for="field-${key}">${label}</label>
${inputOf(field, marks)}
${problem ? html`<p class="problem" id="${key}-problem">${wizard.expected(problem.text)}</p>` : ""}
${hint === "" ? "" : html`<p class="hint" id="${key}-hint">${hint}</p>`}</div>`;
}

/** Fields that need no more words than their label. */
const OBVIOUS = new Set(["host", "port", "tls", "interval"]);

function inputOf({ key, value, fallback, type, choices }: FieldModel, marks: View): View {
  const { wizard, tlsModes } = texts.servers;
  const id = html`id="field-${key}" name="${key}"`;
  if (key === "tls") {
    return html`<select ${id}${marks}>${
      choices.map((one) =>
        html`
          <option value="${one}" ${one === (value || fallback)
            ? raw(" selected")
            : ""}>${tlsModes[one as keyof typeof tlsModes]}</option>
        `
      )
    }</select>`;
  }
  if (type === "choice" || type === "flag") {
    const options = type === "flag" ? ["true", "false"] : choices;
    const label = (one: string) => one === "true" ? wizard.yes : one === "false" ? wizard.no : one;
    return html`<select ${id}${marks}><option value="">${wizard.preset(label(fallback))}</option>${
      options.map((one) =>
        html`
          <option value="${one}" ${one === value ? raw(" selected") : ""}>${label(one)}</option>
        `
      )
    }</select>`;
  }
  if (type === "lines") return html`<textarea ${id}${marks} rows="3" spellcheck="false">${value}</textarea>`;
  const mode = type === "number" ? raw(' inputmode="numeric"') : "";
  const placeholder = fallback === "" ? "" : html`
    placeholder="${fallback}"
  `;
  return html`
    <input ${id} value="${value}" ${mode}${placeholder}${marks} autocomplete="off" autocapitalize="none"
      spellcheck="false" maxlength="1024">
  `;
}

function passwordField({ hasPassword, problems, provider }: ServerFormModel): View {
  const { labels, wizard } = texts.servers;
  const problem = problems.find(({ key }) => key === "password");
  const what = provider.auth === "app-password" || provider.auth === "key" ? `${wizard.authHint[provider.auth]} ` : "";
  const hint = hasPassword ? wizard.kept : `${what}${wizard.passwordHint}`;
  return html`<div class="field${problem ? " wrong" : ""}"><label for="field-password">${labels.password}</label>
<input id="field-password" name="password" type="password" autocomplete="new-password" maxlength="4096" aria-describedby="password-hint">
${problem ? html`<p class="problem">${wizard.expected(problem.text)}</p>` : ""}
<p class="hint" id="password-hint">${hint}</p></div>`;
}

/** What is known of a provider, in plain words. */
function providerNotes({ id, name, auth, login, notes, limits, hostHint }: ProviderModel): View {
  const words = texts.servers.wizard;
  const allowed = [
    limits.messagesPerDay === null ? null : words.perDay(limits.messagesPerDay),
    limits.messagesPerMinute === null ? null : words.perMinute(limits.messagesPerMinute),
    limits.recipientsPerMessage === null ? null : words.recipients(limits.recipientsPerMessage),
    limits.messageSize === null ? null : words.size(octets(limits.messageSize)),
    limits.sizePerDay === null ? null : words.sizePerDay(octets(limits.sizePerDay)),
  ].filter((text) => text !== null);
  return html`<aside class="provider-notes" aria-labelledby="needs-title">
<h2 id="needs-title">${id === "generic" ? words.needs : `${name}: ${words.needs.toLowerCase()}`}</h2>
<p>${login}</p>
${auth === "oauth" ? html`<p class="note warn">${words.oauthNote}</p>` : ""}
${hostHint === null ? "" : html`<p class="hint">${texts.servers.labels.host}: ${hostHint}.</p>`}
${notes.length === 0 ? "" : html`<ul class="plain-list">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}
${
    allowed.length === 0 ? "" : html`
      <h3>${words.limits}</h3>
      <ul class="plain-list">${allowed.map((text) => html`<li>${text}</li>`)}</ul>
    `
  }
</aside>`;
}

/** Where a wizard is. */
export function steps(kind: ServerKind, current: number): View {
  const names = texts.servers.wizard.steps[kind];
  return html`<ol class="steps" aria-label="${texts.servers.wizard.step(current, names.length)}">${
    names.map((name, index) =>
      html`<li${index + 1 === current ? raw(' aria-current="step"') : ""}><span>${index + 1}</span> ${name}</li>`
    )
  }</ol>`;
}

/** The way back to the list. */
export function crumb(kind: ServerKind, account: string | null): View {
  const { upstreams, sources } = texts.servers;
  const title = kind === "upstream" ? upstreams.title : sources.title(account ?? "");
  return html`<p class="crumb"><a href="${serverPath(kind, account)}">${title}</a></p>`;
}

/** What is wrong, above the form. */
export function problemSummary(problems: Problems): View {
  if (problems.length === 0) return html``;
  const { wizard, labels } = texts.servers;
  return html`<div class="note bad" role="alert"><span><b>${wizard.problems(problems.length)}</b>
${
    problems.map(({ key, text }) => {
      const label = labels[key as keyof typeof labels];
      return html`<br>${
        label === undefined ? "" : html`
          <a href="#field-${key}">${label}</a>:
        `
      }${wizard.expected(text)}`;
    })
  }</span></div>`;
}

function hidden(name: string, value: string | null): View {
  return value === null || value === "" ? html`` : html`<input type="hidden" name="${name}" value="${value}">`;
}
