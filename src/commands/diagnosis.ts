import { describeError } from "../net/errors.ts";
import { providerOf } from "../settings/providers.ts";

/** A failure in plain language. */
export interface Diagnosis {
  /** What is wrong. */
  readonly fault: string;
  /** What to do about it. */
  readonly advice: string;
}

/** The server that could not be used. */
export interface FailedServer {
  readonly provider?: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly tls: "off" | "starttls" | "implicit";
  readonly username?: string | undefined;
  /** "smtp": an upstream, "pop3": a source. */
  readonly protocol: "smtp" | "pop3";
}

interface Rule {
  /** Found in the texts of the error and its causes; Node and Deno say the same in different words. */
  readonly signs: RegExp;
  readonly fault: (server: FailedServer) => string;
  readonly advice: (server: FailedServer) => string;
}

/** What errors say, and what it means; the first rule that fits decides. */
const RULES: readonly Rule[] = [
  {
    signs: /ENOTFOUND|EAI_NONAME|name or service not known|no address associated|no record found/i,
    fault: ({ host }) => `the name ${host} does not exist`,
    advice: () => "check how it is written in the settings; if it is right, the DNS of this machine is at fault",
  },
  {
    signs: /EAI_AGAIN|temporary failure in name resolution|SERVFAIL|ETIMEOUT/i,
    fault: ({ host }) => `the name ${host} could not be looked up: no DNS server answers`,
    advice: () => "check the line to the internet, and the DNS servers in /etc/resolv.conf",
  },
  {
    signs: /ECONNREFUSED|connection refused/i,
    fault: ({ host, port }) => `nothing listens on port ${port} of ${host}`,
    advice: ({ protocol }) =>
      `check the port: ${
        protocol === "smtp" ? "587 with starttls, 465 with implicit TLS" : "995 with implicit TLS, 110 with starttls"
      }`,
  },
  {
    signs: /ENETUNREACH|EHOSTUNREACH|network is unreachable|no route to host/i,
    fault: ({ host }) => `there is no way to ${host}`,
    advice: () => "check the line to the internet and the gateway of this machine",
  },
  {
    signs: /is not the pinned one/i,
    fault: ({ host }) => `the key of ${host} is not the one that "fingerprint" pins`,
    advice: () =>
      'if its owner has changed the key, set "fingerprint" to the new one after asking for it on another way; if not, ' +
      "somebody answers in its place",
  },
  {
    signs: /expired|CERT_HAS_EXPIRED/i,
    fault: ({ host }) => `the certificate of ${host} has expired`,
    advice: () => "check the clock of this machine; if it is right, its owner has to renew the certificate",
  },
  {
    signs: /not yet valid|NotValidYet|CERT_NOT_YET_VALID/i,
    fault: ({ host }) => `the certificate of ${host} is not valid yet`,
    advice: () => "the clock of this machine is behind: set it (timedatectl), and keep it right by NTP",
  },
  {
    signs: /ALTNAME_INVALID|NotValidForName|does not match certificate|Hostname\/IP/i,
    fault: ({ host }) => `the certificate is not for the name ${host}`,
    advice: () => "use the name that the provider documents; its certificate carries that one",
  },
  {
    signs:
      /SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)|UnknownIssuer|self.signed|unable to (?:get|verify)|CaUsedAsEndEntity/i,
    fault: ({ host }) => `the certificate of ${host} comes from an authority that is not trusted here`,
    advice: () =>
      'for a server of your own, name its authority\'s certificate with "ca"; otherwise somebody may be listening in',
  },
  {
    signs: /wrong version|WRONG_VERSION|InvalidContentType|packet length too long|InvalidMessage|corrupt message/i,
    fault: ({ port, tls }) =>
      `port ${port} does not begin with TLS${tls === "implicit" ? ", as implicit TLS would" : ""}`,
    advice: ({ protocol }) =>
      `set tls = "starttls"${
        protocol === "smtp" ? " for port 587" : " for port 110"
      }, or use the port for implicit TLS`,
  },
  {
    signs: /STARTTLS was refused|STLS|does not (?:offer STARTTLS|begin TLS)/i,
    fault: ({ port }) => `the server offers no TLS on port ${port}`,
    advice: ({ protocol }) =>
      `try tls = "implicit" with port ${protocol === "smtp" ? 465 : 995}; a login in the clear is never tried`,
  },
  {
    signs: /timed out .*greeting|timed out .*reply to the greeting/i,
    fault: ({ port }) => `the server accepts connections on port ${port} and says nothing`,
    advice: ({ tls, protocol }) =>
      tls === "implicit"
        ? "try again later; the server seems overloaded"
        : `the port may want implicit TLS: set tls = "implicit" with port ${protocol === "smtp" ? 465 : 995}`,
  },
  {
    signs: /timed out|ETIMEDOUT/i,
    fault: ({ host, port }) => `no answer from ${host} on port ${port}`,
    advice: ({ port }) =>
      port === 25
        ? "many providers block port 25: use port 587 or 465"
        : "check the line to the internet, and whether a firewall blocks the port",
  },
  {
    signs: /\[IN-USE\]|mailbox (?:is )?(?:locked|in use)/i,
    fault: () => "the mailbox is in use by another program at this moment",
    advice: () => "nothing, if it was Waypost's own poll; otherwise stop the other program or let it poll less often",
  },
  {
    signs: /knows the password|belongs to another exchange/i,
    fault: ({ host }) => `${host} has not proven that it knows our password: another server may answer in its place`,
    advice: () => "check the host's name and its certificate; our password has not been told",
  },
  {
    signs:
      /AUTH was refused: 5[0-9]{2}|AUTH [A-Z-]+ was refused|\b535\b|authentication|PASS|invalid (?:login|credentials|user)|\[AUTH\]/i,
    fault: ({ username }) => `the server does not accept the login ${username ?? ""}`.trim(),
    advice: () =>
      "check user name and password; many providers want a password made for the program (an app password); where both " +
      'are right, auth = "plain" may do',
  },
  {
    signs: /no mechanism that we know/i,
    fault: () => "the server offers no way to log in that Waypost knows",
    advice: () => "it may want TLS first, or OAuth: look at what it offers after EHLO in the transcript",
  },
  {
    signs: /the connection was refused/i,
    fault: () => "the server sends us away with its greeting",
    advice: () => "its words say why; a block list or too many connections are usual reasons",
  },
  {
    signs: /ECONNRESET|EPIPE|closed the connection|socket hang up|reset by peer|UnexpectedEof/i,
    fault: ({ host }) => `${host} has closed the connection`,
    advice: ({ tls }) =>
      tls === "implicit"
        ? 'the port may want tls = "starttls"; otherwise try again later'
        : "try again later; if it stays so, the server or a firewall turns this machine away",
  },
  {
    signs: /no (?:SMTP|POP3) reply|expected \+OK or -ERR/i,
    fault: ({ port, protocol }) =>
      `what answers on port ${port} does not speak ${protocol === "smtp" ? "SMTP" : "POP3"}`,
    advice: () => "check host and port",
  },
];

/** Says in plain language what went wrong with a server. Pure. */
export function diagnose(error: unknown, server: FailedServer): Diagnosis {
  const text = describeCodes(error);
  const said = / was refused: (.*)$/s.exec(text)?.[1] ?? text;
  // What the provider itself documents says more than what servers in general mean.
  const provider = providerOf(server);
  const known = provider.id === "generic" ? undefined : provider.replies.find(({ pattern }) => pattern.test(said));
  if (known) return { fault: uncapitalize(known.meaning), advice: uncapitalize(known.mending) };
  const rule = RULES.find(({ signs }) => signs.test(text));
  if (!rule) return { fault: describeError(error), advice: "the words of the server, above, may say more" };
  return { fault: rule.fault(server), advice: rule.advice(server) };
}

/** The texts and codes of an error and its causes. */
function describeCodes(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? ` ${String(error.code)}` : "";
  const several = error instanceof AggregateError ? error.errors.map(describeCodes).join(" ") : "";
  const cause = error.cause === undefined ? "" : `: ${describeCodes(error.cause)}`;
  return `${error.message}${code}${several}${cause}`;
}

/** As a clause after a colon; names of providers and products keep their capital. */
function uncapitalize(sentence: string): string {
  return /^(?:The|A|Only|Wait|Check|Make|Send|Set|Let|Add|Use|Verify|List|Allow|Switch|Nothing)\b/.test(sentence)
    ? sentence.charAt(0).toLowerCase() + sentence.slice(1)
    : sentence;
}
