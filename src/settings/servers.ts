import { checkPop3Listener, checkSmtpListener } from "./cross.ts";
import { choice, duration, endpoint, flag, networks, size, whole } from "./kinds.ts";
import { entries, group, required, setting } from "./table.ts";
import { tlsMode } from "./tls-mode.ts";
import { tlsVersion } from "./tls-version.ts";
import { upstreamLogin } from "./upstream-login.ts";

/** Who may connect to a listener, and how. */
const access = {
  networks: setting(
    networks,
    [],
    "Networks and addresses whose clients may connect; others are told so and sent away. Empty: all may.",
  ),
  proxy_protocol: setting(
    networks,
    [],
    "Addresses of proxies that begin each connection with a header of the PROXY protocol (version 1 or 2): the client that " +
      "it names counts as the client in everything. From these addresses no connection is taken without the header, from " +
      "others none with it. Empty: off.",
  ),
  min_tls: setting(
    tlsVersion,
    "1.2",
    "The oldest TLS version for clients of this listener. 1.0 and 1.1 are broken, for old devices only, and exist on Node " +
      "only. Devices that know nothing newer often want a certificate with an RSA key, which the own authority does not " +
      "make: see tls.certificate.",
  ),
};

/** The SMTP server for the clients of the LAN. */
export const smtp = group("The SMTP server: mail from the clients of the LAN.", {
  max_message_size: setting(size("1KB", "2GB"), "50MB", "Largest message that is taken; announced by SIZE (RFC 1870)."),
  max_recipients: setting(
    whole(1, 50_000, "recipients"),
    1000,
    "Recipients of one message; RFC 5321 section 4.5.3.1.8 asks for at least 100. Announced by LIMITS (RFC 9422).",
  ),
  max_messages_per_connection: setting(
    whole(0, 1_000_000, "messages"),
    0,
    "Messages of one connection before the client must connect anew, announced by LIMITS (RFC 9422); 0: no limit.",
  ),
  allow_without_auth: setting(
    networks,
    ["127.0.0.0/8", "::1"],
    "Networks and addresses whose clients may send without logging in: devices that cannot. The name is not a " +
      "password: whoever has such an address may send to anybody.",
  ),
  allow_public_networks: setting(
    flag,
    false,
    "Networks of smtp.allow_without_auth and of devices may reach beyond the private ranges. Without this they are an " +
      "error, so that nobody makes an open relay by a slip: whoever on the internet has such an address may send to " +
      "anybody. A gateway that hides its clients' addresses (NAT, a proxy) is one address for all of them.",
  ),
  command_timeout: setting(
    duration("1s", "1h"),
    "5m",
    "How long a client may be silent between commands (RFC 5321 section 4.5.3.2.7).",
  ),
  data_timeout: setting(
    duration("1s", "1h"),
    "5m",
    "How long a client may be silent within a message or while it takes a reply.",
  ),
  max_message_time: setting(
    duration("1m", "7d"),
    "2h",
    "How long a client may take for the data of one message, from the first octet to the end, pauses included; it is told " +
      "421 then.",
  ),
  min_message_rate: setting(
    whole(0, 1_000_000, "octets a second"),
    100,
    "How fast the data of a message must come on average after the first minute: who lets octets trickle is told 421. " +
      "0: as slowly as max_message_time allows.",
  ),
  max_command_octets: setting(
    whole(512, 65_536, "octets"),
    12_288,
    "Longest command line with its CRLF; RFC 5321 section 4.5.3.1.4 asks for 512, a long AUTH answer takes 12288 " +
      "(RFC 4954 section 4).",
  ),
  max_line_octets: setting(
    whole(1000, 10_000_000, "octets"),
    1_000_000,
    "Longest line of a message with its CRLF. RFC 5321 section 4.5.3.1.6 promises 1000; longer ones are passed on " +
      "as they are, since to break them would break signatures.",
  ),
  max_commands_without_mail: setting(
    whole(10, 100_000, "commands"),
    200,
    "Commands in a row that bring no message forward (NOOP, RSET, VRFY, EHLO …) before the session is closed.",
  ),
  max_errors: setting(whole(1, 1000, "errors"), 20, "Refused commands before the session is closed."),
  max_connections: setting(whole(1, 100_000, "connections"), 2500, "Connections at a time in all."),
  max_connections_per_address: setting(
    whole(1, 100_000, "connections"),
    200,
    "Connections at a time from one address; a proxy's clients count each for itself.",
  ),
  received_limit: setting(
    whole(10, 1000, "header fields"),
    100,
    "Received fields from which on a message is taken to run in a loop and refused (RFC 5321 section 6.3).",
  ),
  own_received_limit: setting(
    whole(1, 1000, "header fields"),
    5,
    "Received fields with our own hostname from which on a message is taken to run in a loop and refused: it has been " +
      "here before so many times.",
  ),
  received_client: setting(
    choice("shown", "hidden"),
    "shown",
    "Whether the Received field tells the client's name and network address (RFC 5321 section 4.4), or leaves them out: " +
      "whoever gets the mail learns nothing of the LAN then. The record of the session has them in any case.",
  ),
  listen: entries("listeners", "An address where the SMTP server listens. `listen = []` switches it off.", {
    address: required(endpoint, "127.0.0.1:2525", "Address and port; port 0: the system chooses one."),
    tls: setting(
      tlsMode,
      "starttls",
      "Whether TLS is not offered, offered by STARTTLS, or begins with the connection.",
    ),
    auth: setting(
      choice("required", "optional", "off"),
      "optional",
      "Who must log in: everybody, those outside smtp.allow_without_auth, or nobody can, and only the clients in " +
        "smtp.allow_without_auth may send.",
    ),
    mode: setting(
      choice("queue", "direct"),
      "queue",
      "The way through. `queue`: 250 once the message is stored, the upstream gets it from the queue. `direct`: the message " +
        "passes to the upstream while the client waits, with its answers, and is stored nowhere; where the upstream is away, " +
        "not ready (4xx) or cannot take it as it comes, it goes by the queue.",
    ),
    auth_without_tls: setting(
      flag,
      false,
      "Offer AUTH on connections without TLS too: passwords cross the LAN in the clear.",
    ),
    ...access,
  }, {
    default: [{ address: "127.0.0.1:2525", tls: "starttls", auth: "optional", mode: "queue" }],
    check: checkSmtpListener,
  }),
});

/** The POP3 server for the clients of the LAN. */
export const pop3 = group("The POP3 server: cached mail for the clients of the LAN.", {
  command_timeout: setting(
    duration("1s", "1h"),
    "10m",
    "How long a client that has logged in may be silent; RFC 1939 section 3 asks for at least 10 minutes.",
  ),
  login_timeout: setting(
    duration("1s", "1h"),
    "3m",
    "How long a client that has not logged in may be silent. It has no mailbox open that could be lost, only a " +
      "connection that others wait for: less than the 10 minutes of RFC 1939 section 3, as other servers do.",
  ),
  data_timeout: setting(duration("1s", "1h"), "5m", "How long a client may leave what is sent to it untaken."),
  max_command_octets: setting(
    whole(255, 65_536, "octets"),
    8192,
    "Longest command line with its CRLF; RFC 2449 section 4 asks for 255, an AUTH answer (RFC 5034) takes more.",
  ),
  max_errors: setting(whole(1, 1000, "errors"), 20, "Refused commands before the session is closed."),
  max_commands_before_login: setting(
    whole(10, 100_000, "commands"),
    100,
    "Commands that a client may give without having logged in before the session is closed.",
  ),
  max_connections: setting(whole(1, 100_000, "connections"), 2500, "Connections at a time in all."),
  max_connections_per_address: setting(
    whole(1, 100_000, "connections"),
    200,
    "Connections at a time from one address; a proxy's clients count each for itself.",
  ),
  second_session: setting(
    choice("refuse", "read"),
    "refuse",
    "A session on a mailbox that another one has open. `refuse`: [IN-USE]. `read`: it may read, and deletes nothing.",
  ),
  takeover_after: setting(
    duration("10s", "1h"),
    "1m",
    "A session that has been silent for so long gives way when its account logs in once more from the same address: " +
      "its client has lost it. What it marked as deleted stays.",
  ),
  login_delay: setting(
    duration("0s", "1h"),
    "0s",
    "Shortest time between two logins of an account, announced by LOGIN-DELAY (RFC 2449) in whole seconds; 0s: none.",
  ),
  first_fetch_wait: setting(
    duration("0s", "1m"),
    "5s",
    "How long a first login by upstream_login waits for its mail to be fetched, before what is there is served.",
  ),
  upstream_login: upstreamLogin,
  listen: entries("listeners", "An address where the POP3 server listens. `listen = []` switches it off.", {
    address: required(endpoint, "127.0.0.1:2110", "Address and port; port 0: the system chooses one."),
    tls: setting(tlsMode, "starttls", "Whether TLS is not offered, offered by STLS, or begins with the connection."),
    login_without_tls: setting(
      flag,
      false,
      "Let clients log in on connections without TLS: passwords cross the LAN in the clear. Clients on this machine " +
        "(127.0.0.0/8, ::1) always may.",
    ),
    ...access,
  }, { default: [{ address: "127.0.0.1:2110", tls: "starttls" }], check: checkPop3Listener }),
});
