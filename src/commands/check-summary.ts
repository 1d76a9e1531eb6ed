import {
  type Account,
  formatDuration,
  formatEndpoint,
  formatSize,
  isDashboardSecure,
  type MailboxSettings,
  type Route,
  type Settings,
  type Source,
  type Upstream,
} from "../settings.ts";

/** What the settings come to, a few lines under each heading. Pure. */
export function summarize(settings: Settings) {
  const { smtp, pop3, dashboard, store } = settings;
  return {
    hostname: [settings.hostname],
    data: [settings.dataDir],
    store: [store.url],
    smtp: smtp.listeners.map(({ endpoint, tls, auth, mode }) =>
      `${formatEndpoint(endpoint)}, TLS ${tls}, AUTH ${auth}, ${mode}`
    ),
    pop3: pop3.listeners.map(({ endpoint, tls }) => `${formatEndpoint(endpoint)}, TLS ${tls}`),
    dashboard: [`${isDashboardSecure(settings) ? "https" : "http"}://${formatEndpoint(dashboard.endpoint)}/`],
    upstreams: settings.upstreams.map(describeUpstream),
    routes: settings.routes.map(describeRoute),
    accounts: settings.accounts.map((account) => `${account.login}: sends as ${listAddresses(account)}`),
    sources: settings.accounts.flatMap((account) =>
      account.sources.flatMap((source) => describeSource(account.login, source))
    ),
    mailboxes: describeMailboxes(settings.mailbox),
    logins: pop3.upstreamLogins.map(({ domain }) => `whoever has a mailbox at ${domain} may log in with its password`),
    devices: settings.devices.map(({ name, networks }) => `${name}: ${networks.list.join(", ")}`),
  };
}

function describeUpstream(upstream: Upstream): string {
  const { name, host, port, tls, username, messagesPerMinute, messagesPerDay, recipientsPerDay } = upstream;
  const pace = [
    ...messagesPerMinute > 0 ? [`${messagesPerMinute} messages a minute`] : [],
    ...messagesPerDay > 0 ? [`${messagesPerDay} messages a day`] : [],
    ...recipientsPerDay > 0 ? [`${recipientsPerDay} recipients a day`] : [],
  ];
  return [
    `${name}: ${formatEndpoint({ address: host, port })}`,
    `TLS ${tls}`,
    ...username ? [`as ${username}`] : [],
    ...pace,
  ].join(", ");
}

function describeRoute({ sender, recipient, account, device, minSize, maxSize, via }: Route): string {
  const conditions = [
    ...sender === undefined ? [] : [`from ${sender}`],
    ...recipient === undefined ? [] : [`to ${recipient}`],
    ...account === undefined ? [] : [`of the account ${account}`],
    ...device === undefined ? [] : [`of the device ${device}`],
    ...minSize === undefined ? [] : [`of ${formatSize(minSize)} and more`],
    ...maxSize === undefined ? [] : [`of ${formatSize(maxSize)} at most`],
  ];
  return `${conditions.length === 0 ? "all mail" : conditions.join(", ")}: by ${via.join(", then ")}`;
}

function listAddresses({ addresses }: Account): string {
  return addresses.length > 0 ? addresses.join(", ") : "nobody";
}

/** A source in a line, and its rules with a line for each. */
function describeSource(login: string, source: Source): string[] {
  const { name, host, port, tls, username, mode, deleteAfterMs, intervalMs, messagesPerDay, sizePerDay } = source;
  const server = formatEndpoint({ address: host, port });
  const budget = [
    ...messagesPerDay > 0 ? [`${messagesPerDay} messages`] : [],
    ...sizePerDay > 0 ? [formatSize(sizePerDay)] : [],
  ];
  const deletes = mode === "keep" ? "keep" : `delete after ${formatDuration(deleteAfterMs)}`;
  const called = name === host ? "" : `${name}, `;
  return [
    `${login}: ${called}${server}, TLS ${tls}, as ${username}, ${deletes}, every ${formatDuration(intervalMs)}`,
    ...[
      ...describeRemoval(source),
      ...source.maxMessageSize > 0 ? [`what is larger than ${formatSize(source.maxMessageSize)} stays there`] : [],
      ...budget.length > 0 ? [`${budget.join(" and ")} a day at most`] : [],
      ...source.deliver.map(({ recipient, account }) => `mail for ${recipient} goes to ${account}`),
    ].map((rule) => `  ${rule}`),
  ];
}

/** What else tells what is deleted on the server. */
function describeRemoval({ mode, deleteLargerThan, keepNewest, onClientDelete }: Source): string[] {
  return [
    ...mode === "delete" && deleteLargerThan > 0
      ? [`only what is larger than ${formatSize(deleteLargerThan)} is deleted there`]
      : [],
    ...mode === "delete" && keepNewest > 0 ? [`the newest ${keepNewest} stay there`] : [],
    ...onClientDelete === "delete" ? ["what clients delete here is deleted there"] : [],
  ];
}

function describeMailboxes(policy: MailboxSettings): string[] {
  const { onDelete, keepDeletedMs, maxAgeMs, maxSize, maxMessages, removeUnconfirmed } = policy;
  const gone = onDelete === "delete" ? "for all clients" : "for that client alone";
  const limits = [
    ...maxAgeMs > 0 ? [`older than ${formatDuration(maxAgeMs)}`] : [],
    ...maxSize > 0 ? [`beyond ${formatSize(maxSize)}`] : [],
    ...maxMessages > 0 ? [`beyond ${maxMessages} messages`] : [],
  ];
  const which = removeUnconfirmed ? "whether or not it is anywhere else" : "where it is still on its server";
  return [
    `what a client deletes is gone ${gone}, and can be restored for ${formatDuration(keepDeletedMs)}`,
    ...limits.length === 0 ? [] : [`mail ${limits.join(", or ")} makes room, ${which}`],
  ];
}
