import { parseAddress } from "../wire/address.ts";
import { checkAccount, checkDevice, checkRoute, checkUpstream } from "./cross.ts";
import { fingerprint as serverFingerprint } from "./fingerprint.ts";
import * as kinds from "./kinds.ts";
import { aliasPattern, mailAddress } from "./mail-kinds.ts";
import { providers, type SendingLimits } from "./providers.ts";
import { authDoc, login, port, profileOf } from "./shared.ts";
import { source } from "./source.ts";
import { derived, entries, optional, required, type Resolved, setting } from "./table.ts";
import { portByTls, tlsMode } from "./tls-mode.ts";

/*
 * The tables that may stand in the file or, as JSON of the same shape, in the database.
 */

/** A limit that the provider documents, or else what is usual. */
function byProvider(limit: keyof SendingLimits, otherwise: number) {
  return {
    text: `the provider's, else ${otherwise}`,
    value: (entry: Resolved) => profileOf(entry)?.limits[limit] ?? otherwise,
  };
}

const upstreamName = kinds.label("the name of an upstream");

const smtpPort = portByTls(25, 587, 465);

/** The mail servers that mail is submitted to. */
export const upstream = entries("upstreams", "A mail server that mail is submitted to, with its login and its pace.", {
  name: required(kinds.label("a name for the upstream"), "provider", "What routes and accounts call it."),
  provider: optional(
    kinds.choice(...providers.map(({ id }) => id)),
    "generic",
    "Whose server it is: fills in host, tls, port and the limits, and tells what its replies mean. The profiles stand in " +
      "[providers.md](providers.md).",
  ),
  host: derived(
    kinds.host,
    "smtp.example.net",
    { text: "the provider's; without one it is required", value: (entry) => profileOf(entry)?.smtp.host ?? "" },
    "The server's name, which its certificate must carry, or address.",
  ),
  tls: derived(
    tlsMode,
    "starttls",
    { text: "the provider's, else `starttls`", value: (entry) => profileOf(entry)?.smtp.tls ?? "starttls" },
    "`starttls` and `implicit` never fall back to sending in the clear; `off` is for a server on this machine or LAN.",
  ),
  port: derived(
    port,
    587,
    {
      text: `the provider's, else ${smtpPort.text}`,
      value: (entry) => {
        const smtp = profileOf(entry)?.smtp;
        return smtp && smtp.tls === entry["tls"] ? smtp.port : smtpPort.value(entry);
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
      "name, the authority or the expiry; it stays when the certificate is renewed with the same key. " +
      "`waypost upstream test` shows it.",
  ),
  username: optional(kinds.words("a user name"), "office@example.net", "The login there; absent: no AUTH."),
  password: optional(kinds.indirectSecret, "correct horse battery", "The password that goes with it."),
  auth: setting(kinds.choice("best", "scram-sha-256", "plain", "login"), "best", authDoc),
  senders: setting(
    kinds.list(kinds.addressPattern),
    ["*"],
    "Sender addresses that the server lets us use; mail of others goes by the next upstream of the route.",
  ),
  max_connections: derived(
    kinds.whole(1, 1000, "connections"),
    10,
    byProvider("connections", 10),
    "Connections to it at a time. An upstream that finds us too fast gets fewer, and less a minute, for a while.",
  ),
  messages_per_minute: derived(
    kinds.whole(0, 1_000_000, "messages"),
    0,
    byProvider("messagesPerMinute", 0),
    "Messages a minute; 0: as many as there are.",
  ),
  messages_per_day: derived(
    kinds.whole(0, 100_000_000, "messages"),
    0,
    byProvider("messagesPerDay", 0),
    "Messages within any 24 hours; 0: as many as there are. What is more goes by the next upstream of its route, or waits.",
  ),
  recipients_per_day: derived(
    kinds.whole(0, 100_000_000, "recipients"),
    0,
    byProvider("recipientsPerDay", 0),
    "Recipients of messages within any 24 hours, each of a message counted; 0: as many as there are. A message goes to as " +
      "many as are left of the day, to the others by the next upstream of its route, or they wait.",
  ),
  recipients_per_message: derived(
    kinds.whole(0, 50_000, "recipients"),
    0,
    byProvider("recipientsPerMessage", 0),
    "Recipients of one message: one with more is handed over several times. 0: as many as the server announces.",
  ),
  messages_per_connection: derived(
    kinds.whole(0, 1_000_000, "messages"),
    100,
    byProvider("messagesPerConnection", 100),
    "Messages before a connection is closed and another opened; 0: never.",
  ),
  connect_timeout: setting(kinds.duration("1s", "10m"), "30s", "For the connection, TLS and the greeting, each."),
  command_timeout: setting(
    kinds.duration("1s", "1h"),
    "5m",
    "For the reply to a command (RFC 5321 sections 4.5.3.2.2 to 4.5.3.2.4).",
  ),
  data_timeout: setting(
    kinds.duration("1s", "1h"),
    "3m",
    "For each block of a message to be taken (RFC 5321 section 4.5.3.2.5).",
  ),
  final_reply_timeout: setting(
    kinds.duration("1s", "1h"),
    "10m",
    "For the reply after the final dot (RFC 5321 section 4.5.3.2.6).",
  ),
}, { check: checkUpstream });

/** Which upstreams, in which order. */
export const route = entries(
  "routes",
  "Which upstreams serve a message, in which order. The first route that fits in all that it names decides; mail that " +
    "fits none goes by the first upstream.",
  {
    sender: optional(kinds.addressPattern, "*@example.net", "The sender's address; absent: any."),
    recipient: optional(
      kinds.addressPattern,
      "*@example.org",
      "The recipient's address; `*@example.org` for a domain. Absent: any.",
    ),
    account: optional(login, "alice@example.net", "The login of the account that sends; absent: any, and none."),
    device: optional(kinds.label("the name of a device"), "scanner", "The device that sends; absent: any, and none."),
    min_size: optional(kinds.size("0B", "2GB"), "1MB", "Messages of at least this size; absent: any."),
    max_size: optional(kinds.size("0B", "2GB"), "25MB", "Messages of at most this size; absent: any."),
    via: required(
      kinds.list(upstreamName, 1),
      ["provider"],
      "Names of upstreams; the next serves when one is away, or when its messages of the day are used up.",
    ),
  },
  { check: checkRoute },
);

/** Persons and devices that log in. */
export const account = entries("accounts", "A person or a device of the LAN that logs in.", {
  login: required(login, "alice@example.net", "The name to log in with; upper and lower case are the same."),
  password: optional(
    kinds.indirectSecret,
    "correct horse battery",
    "The password to log in with. Without it and without password_hash nobody can log in.",
  ),
  password_hash: optional(
    kinds.passwordHash,
    "$scrypt$ln=15,r=8,p=1$c2FsdA$aGFzaA",
    "Instead of the password: its hash.",
  ),
  scram_keys: optional(
    kinds.scramKeys,
    "SCRAM-SHA-256$15000:AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "Beside password_hash: the keys by which its owner logs in with SCRAM-SHA-256. That is offered while every account " +
      "that can log in has a password or such keys.",
  ),
  addresses: derived(
    kinds.list(kinds.addressPattern),
    ["alice@example.net", "*@example.org"],
    {
      text: "the login, if it is an address; else none",
      value: (entry) => typeof entry["login"] === "string" && parseAddress(entry["login"]).ok ? [entry["login"]] : [],
    },
    'Sender addresses that it may use; "*" for all.',
  ),
  upstream: optional(upstreamName, "provider", "The upstream that its mail goes by where no route says otherwise."),
  source,
}, { check: checkAccount });

/** LAN clients that cannot log in. */
export const device = entries("devices", "A LAN client that cannot log in and is known by its network address.", {
  name: required(kinds.label("a name for the device"), "scanner", "What the dashboard calls it."),
  networks: required(
    kinds.networks,
    ["192.168.1.20"],
    "Its addresses; they may send without logging in. Outside the private ranges only with smtp.allow_public_networks.",
  ),
  addresses: setting(kinds.list(kinds.addressPattern), ["*"], 'Sender addresses that it may use; "*" for all.'),
  from: optional(
    mailAddress,
    "office@example.net",
    "The address that its mail goes out with, whatever it says itself: as reverse-path and in the From field. The From " +
      "field that it wrote goes to Reply-To, unless one is there.",
  ),
  upstream: optional(upstreamName, "provider", "The upstream that its mail goes by where no route says otherwise."),
  owner: optional(
    mailAddress,
    "alice@example.net",
    "Who gets the reports on mail of the device that could not be delivered, unless its sender is an address that an " +
      "account may use by name. Absent: they go to the sender.",
  ),
  messages_per_minute: setting(
    kinds.whole(0, 100_000, "messages"),
    0,
    "Messages that it may send within any minute, further ones are to wait (450); 0: as many as there are.",
  ),
  messages_per_hour: setting(
    kinds.whole(0, 100_000, "messages"),
    0,
    "Messages that it may send within any hour, further ones are to wait (450); 0: as many as there are.",
  ),
  max_message_size: optional(
    kinds.size("1KB", "2GB"),
    "10MB",
    "Largest message that is taken from it; absent, or where that is less: smtp.max_message_size.",
  ),
  min_tls: setting(
    kinds.choice("off", "1.0", "1.1", "1.2", "1.3"),
    "off",
    "The oldest version of TLS that it may send with; off: it may send in the clear.",
  ),
  bare_lf: setting(
    kinds.flag,
    false,
    "It ends lines with a bare LF: they are taken and made CR LF. A message ends with CR LF, dot, CR LF in any case. " +
      "From all others a bare LF is refused.",
  ),
}, { check: checkDevice });

/** Recipients that stand for somebody. */
export const alias = entries(
  "aliases",
  "A recipient that stands for somebody: mail of devices to `root` goes to a person. The first alias that fits decides, " +
    "and its address is taken as it is, so that aliases never run in a circle.",
  {
    recipient: required(
      aliasPattern,
      "root",
      "Whom mail is sent to: a name without a domain (alone, or at our own hostname), or an address in which * may stand " +
        "for anything. Without an alias a recipient needs a domain.",
    ),
    to: required(mailAddress, "alice@example.net", "Who gets it."),
  },
);
