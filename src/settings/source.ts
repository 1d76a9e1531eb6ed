import { fingerprint as serverFingerprint } from "./fingerprint.ts";
import * as kinds from "./kinds.ts";
import { checkSource } from "./cross.ts";
import { type FetchingLimits, providers } from "./providers.ts";
import { fieldName, orNever } from "./source-kinds.ts";
import { authDoc, login, port, profileOf } from "./shared.ts";
import { derived, entries, optional, required, type Resolved, setting } from "./table.ts";
import { portByTls, tlsMode } from "./tls-mode.ts";

const pop3Port = portByTls(110, 110, 995);

/** A budget that the provider sets, or else none. */
function budgetOf(limit: keyof FetchingLimits, otherwise: string) {
  return {
    text: `the provider's, else ${otherwise}`,
    value: (entry: Resolved) => profileOf(entry)?.pop3?.fetching?.[limit] ?? 0,
  };
}

/** Which account gets a message of a source, by the addresses in its header. */
const deliver = entries(
  "deliver",
  "A source that several accounts share: mail for the address goes to the account. Each message is looked through for " +
    "the fields of `recipient_headers`, one after the other, until the addresses in one of them fit; all accounts that fit " +
    "get it. What fits nothing goes to the account that has the source.",
  {
    recipient: required(kinds.addressPattern, "bob@example.net", "The recipient's address."),
    account: required(login, "alice@example.net", "The login of the account that gets it."),
  },
);

/** Upstream POP3 mailboxes. */
export const source = entries(
  "sources",
  "An upstream POP3 mailbox that is fetched for the account: `[account.source]` for one, `[[account.source]]` for each " +
    "of several.",
  {
    provider: optional(
      kinds.choice(...providers.filter(({ pop3 }) => pop3 !== null).map(({ id }) => id)),
      "fastmail",
      "Whose server it is: fills in host, tls, port, the budgets and what is odd about it. The profiles stand in " +
        "[providers.md](providers.md).",
    ),
    host: derived(
      kinds.host,
      "pop.example.net",
      { text: "the provider's; without one it is required", value: (entry) => profileOf(entry)?.pop3?.host ?? "" },
      "The server's name, which its certificate must carry, or address.",
    ),
    name: derived(
      kinds.label("a name for the source"),
      "private",
      { text: "its host", value: (entry) => String(entry["host"] ?? "") },
      "What the dashboard calls it; sources of one account have names of their own.",
    ),
    tls: derived(
      tlsMode,
      "implicit",
      { text: "the provider's, else `implicit`", value: (entry) => profileOf(entry)?.pop3?.tls ?? "implicit" },
      "`starttls` (STLS) and `implicit` never fall back to a login in the clear.",
    ),
    port: derived(
      port,
      995,
      {
        text: `the provider's, else ${pop3Port.text}`,
        value: (entry) => {
          const pop3 = profileOf(entry)?.pop3;
          return pop3 && pop3.tls === entry["tls"] ? pop3.port : pop3Port.value(entry);
        },
      },
      "The server's port.",
    ),
    ca: optional(
      kinds.certificateFile,
      "provider-ca.pem",
      "The authorities that may have signed the server's certificate, instead of the system's.",
    ),
    verify: setting(kinds.flag, true, "Whether the server's certificate is checked. Without, anybody may read along."),
    fingerprint: optional(
      serverFingerprint,
      "sha256:" + "0123456789abcdef".repeat(4),
      "The key that the server must have, for one whose certificate no authority has signed. It alone counts then, not the " +
        "name, the authority or the expiry; it stays when the certificate is renewed with the same key. The test of a source " +
        "in the dashboard shows it.",
    ),
    username: required(kinds.words("a user name"), "alice@example.net", "The login there."),
    password: required(kinds.indirectSecret, "correct horse battery", "The password that goes with it."),
    auth: setting(
      kinds.choice("best", "scram-sha-256", "plain", "login", "user"),
      "best",
      `${authDoc} \`user\`: USER and PASS.`,
    ),
    recent: setting(
      kinds.flag,
      false,
      "Where the provider has such a login (Gmail: `recent:` before the user name): mail of the last days is listed " +
        "whatever other programs have fetched, and older mail is not. For a mailbox that others read by POP3 too.",
    ),
    identify_by: derived(
      kinds.choice("uidl", "headers"),
      "uidl",
      {
        text: "the provider's, else `uidl`",
        value: (entry): "uidl" | "headers" => profileOf(entry)?.pop3?.identifyBy ?? "uidl",
      },
      "How messages are known again. `headers`: by their header, asked for with TOP at each poll, for a server whose " +
        "UIDLs change. A server that has no UIDL at all is treated so by itself.",
    ),
    mode: setting(
      kinds.choice("keep", "delete"),
      "keep",
      "Whether fetched mail stays on the server or is deleted there.",
    ),
    delete_after: setting(
      kinds.duration("0s", "3650d"),
      "14d",
      "In delete mode: how long mail stays on the server after it has been stored here; 0s: it is deleted at once.",
    ),
    delete_larger_than: setting(
      kinds.size("0B", "10GB"),
      "0B",
      "In delete mode: only mail that is larger is deleted; 0B: all.",
    ),
    keep_newest: setting(
      kinds.whole(0, 1_000_000, "messages"),
      0,
      "In delete mode: so many messages, those that the server lists last, stay there whatever their age.",
    ),
    on_client_delete: setting(
      kinds.choice("keep", "delete"),
      "keep",
      "What becomes on the server of mail that a client deletes here: it stays, or the next poll deletes it there, in keep " +
        "mode too.",
    ),
    keep_removed: setting(
      kinds.duration("0s", "3650d"),
      "30d",
      "How long mail that was deleted on the server stays here whatever clients do with it: so long it can be downloaded, " +
        'or sent to the account again ("waypost mailbox removed").',
    ),
    max_message_size: setting(
      kinds.size("0B", "10GB"),
      "0B",
      "Larger mail stays on the server, in delete mode too; a notice with its header comes in its place, and its owner can " +
        "ask for it. 0B: all mail is fetched.",
    ),
    messages_per_day: derived(
      kinds.whole(0, 10_000_000, "messages"),
      0,
      budgetOf("messagesPerDay", "`0`"),
      "Messages that are fetched within 24 hours at most; 0: as many as there are.",
    ),
    size_per_day: derived(
      kinds.size("0B", "10000GB"),
      "1GB",
      budgetOf("sizePerDay", '`"0B"`'),
      "Mail that is fetched within 24 hours at most; 0B: as much as there is.",
    ),
    recipient_headers: setting(
      kinds.list(fieldName, 1),
      ["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc"],
      "With `deliver`: the header fields that tell for whom a message is, the most trusted first.",
    ),
    interval: setting(kinds.duration("1s", "30d"), "5m", "Time between two polls."),
    fetch_on_login: setting(
      orNever(kinds.duration("0s", "30d")),
      "5m",
      "When a client logs in and the last poll is older than this, the source is polled at once.",
    ),
    fetch_on_login_wait: setting(
      kinds.duration("0s", "1m"),
      "2s",
      "How long the client waits for that poll at most; what comes later it sees when it logs in again.",
    ),
    connect_timeout: setting(kinds.duration("1s", "10m"), "30s", "For the connection, TLS and the greeting, each."),
    command_timeout: setting(kinds.duration("1s", "1h"), "2m", "For the reply to a command."),
    data_timeout: setting(
      kinds.duration("1s", "1h"),
      "2m",
      "How long the server may be silent within a message or list.",
    ),
    deliver,
  },
  { single: true, check: checkSource },
);
