import { type KnownReply, type Provider, type SendingLimits } from "./providers.ts";

const INTRODUCTION = `# Providers

<!-- Made by "waypost docs" from src/settings/providers.ts; "waypost docs --check" tells whether it is up to date. -->

What Waypost knows of mail providers. \`provider = "gmail"\` in an \`[[upstream]]\` fills in the host, the port, TLS and the
limits; what stands beside it in the table counts more. Whatever is configured, the replies of a server are told with
their meaning and what to do, in \`waypost queue show\`, \`status\`, \`upstream test\`, \`doctor\` and in the dashboard. Limits are
those that the providers publish for one account; a dash means that they publish none, or that it was agreed with you.
`;

const AUTH: Readonly<Record<Provider["auth"], string>> = {
  "password": "the account's password",
  "app-password": "an app password",
  "key": "credentials made for SMTP",
  "oauth": "OAuth",
};

const LIMITS: readonly (readonly [keyof SendingLimits, string])[] = [
  ["connections", "Connections at a time"],
  ["messagesPerMinute", "Messages a minute"],
  ["messagesPerDay", "Messages a day"],
  ["recipientsPerDay", "Recipients a day"],
  ["recipientsPerMessage", "Recipients of a message"],
  ["messagesPerConnection", "Messages of a connection"],
  ["messageSize", "Octets of a message"],
];

/** The documentation of the profiles, in Markdown. */
export function documentProviders(providers: readonly Provider[]): string {
  return [INTRODUCTION, ...providers.map(documentProvider)].join("\n");
}

function documentProvider(provider: Provider): string {
  const { id, name, smtp, pop3, auth, login, limits, replies } = provider;
  const known = LIMITS.filter(([key]) => limits[key] !== null);
  const server = smtp.host === null ? "no server for all" : `\`${smtp.host}\``;
  const facts = [
    `- SMTP: ${server}, port ${smtp.port}, ${smtp.tls}${smtp.hostHint ? ` (${smtp.hostHint})` : ""}`,
    pop3 ? `- POP3: \`${pop3.host}\`, port ${pop3.port}, ${pop3.tls}` : "- POP3: none",
    ...(pop3?.quirks ?? []).map((quirk) => `  - ${quirk}`),
    `- Login: by ${AUTH[auth]}. ${login}`,
    `- Limits: ${known.map(([key, words]) => `${words.toLowerCase()}: ${limits[key]}`).join("; ") || "–"}`,
  ];
  return `## ${name}: \`${id}\`\n\n${facts.join("\n")}\n\n${documentReplies(replies)}`;
}

function documentReplies(replies: readonly KnownReply[]): string {
  const rows = replies.map(({ pattern, meaning, mending, limit }) =>
    `| \`${escapeCell(pattern.source)}\` | ${[meaning, mending, limit ?? ""].map(escapeCell).join(" | ")} |`
  );
  return ["| Reply | What it means | What to do | Limit |", "|---|---|---|---|", ...rows, ""].join("\n");
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
