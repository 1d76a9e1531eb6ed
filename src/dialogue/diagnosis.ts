import { describeError } from "../net/errors.ts";
import { explainReply, type KnownReply, providerOf } from "../settings/providers.ts";

/** A failure in plain language. */
export interface Diagnosis {
  /** What is wrong. */
  readonly fault: string;
  /** What to do about it. */
  readonly advice: string;
  /** What is wrong with the server's certificate; null: it is about something else. */
  readonly certificateFault: CertificateFault | null;
  /** Settings under which it may well work; null: none can be guessed. */
  readonly remedy: Remedy | null;
  /** It is what most servers have, and not known to be this one's: what was typed may be mistyped, or the server down. */
  readonly isGuessed: boolean;
}

/** What may be wrong with a certificate: its key is not the pinned one, its time, its name, or who has signed it. */
export type CertificateFault = "pinned" | "time" | "name" | "untrusted";

/** Settings of a server that are worth trying; what is absent stays as it is. */
export interface Remedy {
  readonly host?: string;
  readonly port?: number;
  readonly tls?: "starttls" | "implicit";
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
  /** Absent: for any server. */
  readonly when?: (server: FailedServer) => boolean;
  readonly fault: (server: FailedServer) => string;
  readonly advice: (server: FailedServer) => string;
  readonly certificateFault?: CertificateFault;
  readonly remedy?: (server: FailedServer) => Remedy;
}

/** How a protocol is spoken where nothing else is known. */
const USUAL = {
  smtp: { starttls: 587, implicit: 465 },
  pop3: { starttls: 110, implicit: 995 },
} as const;

/** Another way to begin TLS: at the port that is usual for it where the present one is that of the other way. */
function beginBy(tls: "starttls" | "implicit", { port, protocol }: FailedServer): Remedy {
  const usual = USUAL[protocol];
  const isOther = port === usual[tls === "starttls" ? "implicit" : "starttls"];
  return { tls, port: isOther ? usual[tls] : port };
}

/** The port that nearly every server has for this protocol. */
function usualPort({ port, protocol }: FailedServer): Remedy {
  const [best, next] = protocol === "smtp"
    ? ([{ tls: "starttls", port: 587 }, { tls: "implicit", port: 465 }] as const)
    : ([{ tls: "implicit", port: 995 }, { tls: "starttls", port: 110 }] as const);
  return port === best.port ? next : best;
}

/** What errors say, and what it means; the first rule that fits decides. */
const RULES: readonly Rule[] = [
  {
    signs: /(?:the server sent|no SMTP reply).*?"(?:\+OK|\* OK|HTTP\/|SSH-|220 )/i,
    fault: ({ port, protocol }) =>
      `what answers on port ${port} speaks another protocol than ${protocol === "smtp" ? "SMTP" : "POP3"}`,
    advice: ({ protocol }) =>
      protocol === "smtp"
        ? "mail is handed over at port 587 with starttls, or 465 with implicit TLS"
        : "mail is fetched at port 995 with implicit TLS, or 110 with starttls; IMAP (993, 143) is not POP3",
    remedy: usualPort,
  },
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
    remedy: usualPort,
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
    certificateFault: "pinned",
  },
  {
    signs: /expired|CERT_HAS_EXPIRED/i,
    fault: ({ host }) => `the certificate of ${host} has expired`,
    advice: () => "check the clock of this machine; if it is right, its owner has to renew the certificate",
    certificateFault: "time",
  },
  {
    signs: /not yet valid|NotValidYet|CERT_NOT_YET_VALID/i,
    fault: ({ host }) => `the certificate of ${host} is not valid yet`,
    advice: () => "the clock of this machine is behind: set it (timedatectl), and keep it right by NTP",
    certificateFault: "time",
  },
  {
    signs: /ALTNAME_INVALID|NotValidForName|does not match certificate|Hostname\/IP/i,
    fault: ({ host }) => `the certificate is not for the name ${host}`,
    advice: () => "use the name that the provider documents; its certificate carries that one",
    certificateFault: "name",
  },
  {
    signs:
      /SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)|UnknownIssuer|self.signed|unable to (?:get|verify)|CaUsedAsEndEntity/i,
    fault: ({ host }) => `the certificate of ${host} comes from an authority that is not trusted here`,
    advice: () =>
      'for a server of your own, pin its key with "fingerprint", or name its authority\'s certificate with "ca"; ' +
      "otherwise somebody may be listening in",
    certificateFault: "untrusted",
  },
  {
    signs: /wrong version|WRONG_VERSION|InvalidContentType|packet length too long|InvalidMessage|corrupt message/i,
    fault: ({ port, tls }) =>
      `port ${port} does not begin with TLS${tls === "implicit" ? ", as implicit TLS would" : ""}`,
    advice: ({ protocol }) =>
      `set tls = "starttls"${
        protocol === "smtp" ? " for port 587" : " for port 110"
      }, or use the port for implicit TLS`,
    remedy: (server) => beginBy("starttls", server),
  },
  {
    signs: /STARTTLS was refused|STLS|does not (?:offer STARTTLS|begin TLS)/i,
    fault: ({ port }) => `the server offers no TLS on port ${port}`,
    advice: ({ protocol }) =>
      `try tls = "implicit" with port ${protocol === "smtp" ? 465 : 995}; a login in the clear is never tried`,
    remedy: ({ protocol }) => ({ tls: "implicit", port: USUAL[protocol].implicit }),
  },
  {
    signs: /timed out .*greeting|timed out .*reply to the greeting/i,
    when: ({ tls }) => tls !== "implicit",
    fault: ({ port }) => `the server accepts connections on port ${port} and says nothing`,
    advice: ({ protocol }) =>
      `the port may want implicit TLS: set tls = "implicit" with port ${protocol === "smtp" ? 465 : 995}`,
    remedy: (server) => beginBy("implicit", server),
  },
  {
    signs: /timed out .*greeting|timed out .*reply to the greeting/i,
    fault: ({ port }) => `the server accepts connections on port ${port} and says nothing`,
    advice: () => "try again later; the server seems overloaded",
  },
  {
    signs: /timed out while connecting|ETIMEDOUT/i,
    when: ({ port, protocol }) => port === 25 && protocol === "smtp",
    fault: ({ host, port }) => `no answer from ${host} on port ${port}`,
    advice: () => "many providers block port 25: use port 587 or 465",
    remedy: usualPort,
  },
  {
    signs: /timed out|ETIMEDOUT/i,
    fault: ({ host, port }) => `no answer from ${host} on port ${port}`,
    advice: () => "check the line to the internet, and whether a firewall blocks the port",
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
    remedy: (server) => server.tls === "implicit" ? beginBy("starttls", server) : {},
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
  if (known) return byReply(known);
  const rule = RULES.find(({ signs, when }) => signs.test(text) && (when?.(server) ?? true));
  if (!rule) {
    // What servers of all kinds say.
    const common = explainReply(provider, said);
    if (common) return byReply(common);
    const advice = "the words of the server, in the transcript, may say more";
    return { fault: describeError(error), advice, certificateFault: null, remedy: null, isGuessed: false };
  }
  return {
    fault: rule.fault(server),
    advice: rule.advice(server),
    certificateFault: rule.certificateFault ?? null,
    remedy: remedyOf(rule, server),
    isGuessed: rule.remedy === usualPort && providerOf(server)[server.protocol]?.host !== server.host,
  };
}

function byReply({ meaning, mending }: KnownReply): Diagnosis {
  const [fault, advice] = [uncapitalize(meaning), uncapitalize(mending)];
  return { fault, advice, certificateFault: null, remedy: null, isGuessed: false };
}

/** What a rule proposes, or better what the provider documents; null where that is how the server was asked already. */
function remedyOf(rule: Rule, server: FailedServer): Remedy | null {
  const proposed = rule.remedy?.(server);
  if (proposed === undefined) return null;
  const documented = providerOf(server)[server.protocol];
  const { host, port, tls } = documented ?? {};
  const isDocumented = host === server.host;
  const remedy = isDocumented && (port !== server.port || tls !== server.tls) ? { port, tls } : proposed;
  const changes = Object.entries(remedy).filter(([key, value]) => server[key as keyof FailedServer] !== value);
  return changes.length === 0 ? null : Object.fromEntries(changes);
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
