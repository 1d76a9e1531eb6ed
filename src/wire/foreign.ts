/** What a client speaks that is no mail protocol, or not in the way in which the listener begins. */
export type ForeignSpeech =
  /** TLS, where the connection begins in the clear. */
  | "tls"
  /** No TLS, where the connection begins with TLS. */
  | "clear"
  /** A request of HTTP: a browser, or whoever uses one against a mail port. */
  | "http"
  /** The header of a proxy that is not allowed to send one. */
  | "proxy";

/** TLS records of a handshake, RFC 8446 section 5.1. */
const HANDSHAKE = 0x16;

/**
 * Whether a connection begins with TLS, decided as soon as it can be: undefined while it needs more octets. A command of
 * SMTP or POP3 begins with a letter, so one octet is enough for every client that speaks one.
 * @param octets the first ones of the connection
 */
export function beginsWithTls(octets: Uint8Array): boolean | undefined {
  const [first, second, third, fourth] = octets;
  if (first === undefined) return undefined;
  if (first === HANDSHAKE) return second === undefined ? undefined : second === 3;
  // The hello of SSL 2 (RFC 5246 appendix E.2), with which old devices offer newer versions: length, 1, version.
  if (first < 0x80) return false;
  if (third === undefined) return undefined;
  if (third !== 1) return false;
  return fourth === undefined ? undefined : fourth === 3 || fourth === 0;
}

const ascii = new TextDecoder("latin1");
const METHODS = "GET|POST|PUT|HEAD|OPTIONS|CONNECT|DELETE|PATCH|TRACE|PRI";
const REQUEST = new RegExp(`^(?:${METHODS}) \\S.* HTTP/\\d`, "i");
const METHOD = new RegExp(`^(?:${METHODS})$`);
const PROXY_HEADER = /^PROXY (?:TCP4|TCP6|UNKNOWN)(?: |$)/;
/** The third line of a PROXY header of version 2. */
const BINARY_HEADER = "\0";

/** What a line that is refused is in fact, or null. `octets` are without CRLF. */
export function recogniseLine(octets: Uint8Array): ForeignSpeech | null {
  // After STARTTLS was refused, or instead of it.
  if (octets[0] === HANDSHAKE && octets[1] === 3) return "tls";
  const text = ascii.decode(octets);
  const word = text.split(" ", 1)[0] ?? "";
  // The older protocol has no version, and a page may leave out what it likes: no mail client says these words.
  if (METHOD.test(word) || REQUEST.test(text)) return "http";
  return PROXY_HEADER.test(text) || text === BINARY_HEADER ? "proxy" : null;
}

/** What the owner reads of it. */
export const FOREIGN_CAUSES: Readonly<Record<ForeignSpeech, string>> = {
  tls:
    "the client speaks TLS from the first octet, and this listener begins in the clear: set the client to STARTTLS, " +
    "or to a listener with implicit TLS",
  clear:
    "the client begins in the clear, and this listener begins with TLS: set the client to implicit TLS (SSL/TLS), " +
    "or to a listener without it",
  http: "the client sent an HTTP request: a browser, or a page that uses one to reach this port; nothing of it was run",
  proxy: "the client sent a PROXY header, and its address is not in proxy_protocol of this listener",
};
