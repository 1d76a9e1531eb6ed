import { html, raw } from "hono/html";
import { octets, type View } from "../format.ts";
import type { FormField } from "../form-models.ts";
import type { ProviderModel, ServerFormModel, ServerKind } from "../server-models.ts";
import { texts } from "../texts.ts";
import { formField, formProblems, moreFields } from "./form.ts";
import { type Frame, layout } from "./layout.ts";
import { crumb } from "./parts.ts";

const MAIL_FIELDS = ["interval", "max_message_size", "messages_per_day", "size_per_day"] as const;
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
/** Keys of a source that say what happens to its mail: the last step. */
export const MAIL_KEYS: readonly string[] = ["mode", "delete_after", ...MAIL_FIELDS, ...RARE_MAIL_FIELDS];
const PACE_FIELDS = [
  "max_connections",
  "messages_per_minute",
  "messages_per_day",
  "recipients_per_day",
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
  const content = html`${crumbOf(kind, account)}
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
  const show = (key: string) => formField(fields[key]!);
  const more = (title: string, keys: readonly string[]) => moreFields(title, fieldsOf(fields, keys));
  const content = html`${crumbOf(kind, account)}
<h1>${title}</h1>
${of === null ? steps(kind, 2) : ""}
${formProblems({ fields: Object.values(fields), problems })}
<div class="beside wizard">
<form class="card form" method="post" action="${action}" novalidate>
${hidden("draft", form.draft)}${hidden("provider", fields["provider"]?.value ?? "")}
${of === null ? show("name") : hidden("name", of)}
<div class="pair">${show("host")}${show("port")}</div>
${show("tls")}
<div class="pair even">${show("username")}${show("password")}</div>
${kind === "upstream" ? html`${show("senders")}${more(words.pace, PACE_FIELDS)}` : ""}
${more(words.expert, RARE_FIELDS[kind])}
${kind === "source" && of !== null ? mailFields(fields) : ""}
<p class="form-end"><button class="main-button" name="do" value="test">${words.test}</button>
<button name="do" value="save">${of === null ? words.untested[kind] : words.untested.upstream}</button>
<a href="${path}">${texts.forms.cancel}</a></p>
<p class="hint">${words.testHint}</p>
</form>
${providerNotes(form.provider)}</div>`;
  return layout(frame, { title, content });
}

/** What to do with the mail of a source. */
export function mailFields(fields: Fields): View {
  const words = texts.servers;
  const mode = fields["mode"]?.value || "keep";
  const radio = (value: "keep" | "delete", hint: string) =>
    html`<label class="choice"><input type="radio" name="mode" value="${value}"${mode === value ? raw(" checked") : ""}>
<span><b>${words.modes[value]}</b><span class="hint">${hint}</span></span></label>`;
  return html`<fieldset class="modes"><legend>${words.labels.mode}</legend>
${radio("keep", words.modes.keepHint)}${radio("delete", words.modes.deleteHint)}
${formField(fields["delete_after"]!)}</fieldset>
<div class="pair even">${fieldsOf(fields, MAIL_FIELDS).map(formField)}</div>
${moreFields(texts.forms.more, fieldsOf(fields, RARE_MAIL_FIELDS))}`;
}

function fieldsOf(fields: Fields, keys: readonly string[]): FormField[] {
  return keys.flatMap((key) => fields[key] ?? []);
}

/** What is known of a provider, in plain words. */
function providerNotes({ id, name, auth, login, notes, limits, hostHint }: ProviderModel): View {
  const words = texts.servers.wizard;
  const allowed = [
    limits.messagesPerDay === null ? null : words.perDay(limits.messagesPerDay),
    limits.messagesPerMinute === null ? null : words.perMinute(limits.messagesPerMinute),
    limits.recipientsPerDay === null ? null : words.recipientsPerDay(limits.recipientsPerDay),
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
export function crumbOf(kind: ServerKind, account: string | null): View {
  const { upstreams, sources } = texts.servers;
  const title = kind === "upstream" ? upstreams.title : sources.title(account ?? "");
  return crumb(serverPath(kind, account), title);
}

function hidden(name: string, value: string | null): View {
  return value === null || value === "" ? html`` : html`<input type="hidden" name="${name}" value="${value}">`;
}
