/** What the pages of upstreams and sources show. */
import { foreseeFirst } from "../mailbox/first-fetch.ts";
import type { EntryValue } from "../identity/entries.ts";
import { isSealed } from "../identity/secrets.ts";
import { formatEndpoint, type SettingError, type Source, type Upstream } from "../settings.ts";
import { type Provider, providerById, providerOf, providers } from "../settings/providers.ts";
import type { ProviderModel, ServerFormModel, ServerKind, TrialModel } from "../../web/server-models.ts";
import { texts } from "../../web/texts.ts";
import type { Draft } from "./drafts.ts";
import { problemsBeside } from "./form-fields.ts";
import type { DashboardPorts } from "./ports.ts";
import { requireSource, requireUpstream } from "./server-edits.ts";
import { fieldsOf, readServer } from "./server-fields.ts";

/** The providers that a kind of server can have; for a source any other one as well. */
export function providerModels(kind: ServerKind): ProviderModel[] {
  return providers.filter(({ id, pop3 }) => kind === "upstream" || pop3 !== null || id === "generic").map((provider) =>
    providerModel(kind, provider)
  );
}

function providerModel(kind: ServerKind, { id, name, smtp, pop3, auth, login, limits }: Provider): ProviderModel {
  const isSending = kind === "upstream";
  return {
    id,
    name,
    host: isSending ? smtp.host : pop3?.host ?? null,
    hostHint: isSending ? smtp.hostHint ?? null : null,
    auth,
    login,
    notes: isSending ? [] : pop3?.quirks ?? [],
    limits: {
      messagesPerDay: isSending ? limits.messagesPerDay : pop3?.fetching?.messagesPerDay ?? null,
      messagesPerMinute: isSending ? limits.messagesPerMinute : null,
      recipientsPerDay: isSending ? limits.recipientsPerDay : null,
      recipientsPerMessage: isSending ? limits.recipientsPerMessage : null,
      messageSize: isSending ? limits.messageSize : null,
      sizePerDay: isSending ? null : pop3?.fetching?.sizePerDay ?? null,
    },
  };
}

/** The form of a server as it is being written; `id`: the draft that is kept of it. */
export function formModel(
  ports: Pick<DashboardPorts, "directory">,
  draft: Draft,
  id: string | null,
  errors: readonly SettingError[] = [],
): ServerFormModel {
  const { kind, account, of, value } = draft;
  const known = providerById(textOf(value["provider"])) ?? providerOf({ host: textOf(value["host"]) ?? "" });
  const provider = providerModel(kind, known);
  const hasPassword = value["password"] !== undefined || storedOf(ports, draft)?.password !== undefined;
  const all = fieldsOf(kind, value, errors);
  const { required } = all["password"]!;
  const password = {
    ...all["password"]!,
    required: required && !hasPassword,
    hint: passwordHint(provider, hasPassword),
  };
  const problems = problemsBeside(Object.keys(all), kind, errors);
  return { kind, account, of, provider, fields: { ...all, password }, problems, draft: id };
}

function passwordHint({ auth }: ProviderModel, isKnown: boolean): string {
  const { kept, authHint, passwordHint } = texts.servers.wizard;
  if (isKnown) return kept;
  return auth === "app-password" || auth === "key" ? `${authHint[auth]} ${passwordHint}` : passwordHint;
}

/** A form's first values: what the provider's profile says, and a name that nobody has yet. */
export function firstValue(kind: ServerKind, provider: string | undefined, taken: readonly string[]): EntryValue {
  const known = providerById(provider);
  if (!known || known.id === "generic") return {};
  if (kind === "source") return { provider: known.id };
  const names = [known.id, ...Array.from({ length: taken.length + 1 }, (_, index) => `${known.id}-${index + 2}`)];
  return { provider: known.id, name: names.find((name) => !taken.includes(name))! };
}

/** What a test came to. */
export function trialModel(
  ports: Pick<DashboardPorts, "directory">,
  id: string,
  draft: Draft,
  errors: readonly SettingError[] = [],
): TrialModel {
  const { kind, account, of, isStored, value, upstreamTrial, sourceTrial } = draft;
  const server = serverOf(ports, draft);
  const trial = upstreamTrial ?? sourceTrial;
  const offers = upstreamTrial?.extensions ?? sourceTrial?.capabilities ?? [];
  const isSource = server !== null && "mode" in server;
  const fields = fieldsOf(kind, value, errors);
  return {
    id,
    kind,
    account,
    name: of ?? server?.name ?? textOf(value["name"]) ?? "",
    of,
    isStored,
    isEditable: isEditable(ports, draft),
    server: server === null ? "" : formatEndpoint({ address: server.host, port: server.port }),
    tlsMode: server?.tls ?? "starttls",
    username: server?.username ?? null,
    isPinned: server?.fingerprint !== undefined,
    outcome: trial && {
      ok: trial.ok,
      tls: trial.tls,
      certificate: trial.certificate,
      durationMs: trial.durationMs,
      transcript: trial.transcript.map(([offsetMs, from, text]) => ({ offsetMs, from, text })),
      diagnosis: trial.diagnosis,
      offers,
    },
    content: sourceTrial?.content && isSource ? foreseeFirst(sourceTrial.content, server) : null,
    fields,
    problems: problemsBeside(Object.keys(fields), kind, errors),
  };
}

function isEditable({ directory }: Pick<DashboardPorts, "directory">, { kind, account, of }: Draft): boolean {
  if (of === null) return true;
  const { accounts, upstreams } = directory();
  const found = kind === "upstream"
    ? upstreams.find(({ name }) => name === of)
    : accounts.find(({ login }) => login === account);
  return found?.origin === "database";
}

/** The server of a draft as Waypost would use it, with the password that is known; null: it is not whole. */
export function serverOf(ports: Pick<DashboardPorts, "directory">, draft: Draft): Upstream | Source | null {
  if (draft.isStored) return storedOf(ports, draft);
  const whole = wholeValue(ports, draft);
  const read = draft.kind === "upstream" ? readServer("upstream", whole) : readServer("source", whole);
  return "errors" in read ? null : read.server;
}

/** What a draft says, with the password that is known: a secret that is sealed, or stands elsewhere, is in use already. */
export function wholeValue(ports: Pick<DashboardPorts, "directory">, draft: Draft): EntryValue {
  const { password_file: _, password_env: __, ...value } = draft.value;
  const known = value["username"] === undefined ? undefined : storedOf(ports, draft)?.password?.reveal();
  const password = isTyped(value["password"]) ? value["password"] : known;
  return { ...value, password, ...(draft.of === null ? {} : { name: draft.of }) };
}

/** Whether a password is one that somebody typed, and not a sealed one. */
function isTyped(password: unknown): boolean {
  return typeof password === "string" && !isSealed(password);
}

function storedOf(ports: Pick<DashboardPorts, "directory">, { kind, account, of }: Draft): Upstream | Source | null {
  if (of === null) return null;
  return kind === "upstream" ? requireUpstream(ports, of) : requireSource(ports, { account: account!, name: of });
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
