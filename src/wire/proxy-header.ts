import { isIP } from "node:net";

/**
 * The header of the PROXY protocol (haproxy.org, versions 1 and 2), with which a proxy says whose connection it brings.
 */
export type ProxyHeader =
  /** The proxy speaks for itself (LOCAL), or cannot say for whom (UNKNOWN, a family that is no TCP over IP). */
  | { readonly kind: "own" }
  | { readonly kind: "client"; readonly address: string; readonly port: number };

/** A header, and how many octets it took. */
export interface DecodedProxyHeader {
  readonly header: ProxyHeader;
  readonly octets: number;
}

/** What came is no header of the PROXY protocol; the message says what was wrong. */
export class ProxyHeaderError extends Error {
  override readonly name = "ProxyHeaderError";
}

/** Version 2 begins with it: what no protocol of lines takes for its own. */
const SIGNATURE = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10);
/** Version 1 begins with it. */
const WORD = new TextEncoder().encode("PROXY ");
/** Longest header of version 1, CRLF included. */
const LINE_OCTETS = 107;
/** Octets before the addresses of version 2. */
const FIXED_OCTETS = 16;
/** Longest addresses and extensions (TLVs) taken: those that exist need less, a certificate in one included. */
const LONGEST_OCTETS = 8_192;

/**
 * Decodes the header at the beginning of a connection. The outcome does not depend on where the octets were cut.
 * @param octets all that has come so far
 * @returns null while the header is not whole
 * @throws ProxyHeaderError as soon as it cannot become one
 */
export function decodeProxyHeader(octets: Uint8Array): DecodedProxyHeader | null {
  if (octets.length === 0) return null;
  if (begins(octets, WORD)) return octets.length < WORD.length ? null : decodeLine(octets);
  if (begins(octets, SIGNATURE)) return octets.length < FIXED_OCTETS ? null : decodeBinary(octets);
  throw new ProxyHeaderError("the connection does not begin with a PROXY header");
}

/** Whether the octets begin with those of `start`, as far as there are any. */
function begins(octets: Uint8Array, start: Uint8Array): boolean {
  const length = Math.min(octets.length, start.length);
  for (let at = 0; at < length; at++) if (octets[at] !== start[at]) return false;
  return true;
}

/** Section 2.1: `PROXY TCP4 192.0.2.1 192.0.2.2 56324 443` CRLF. */
function decodeLine(octets: Uint8Array): DecodedProxyHeader | null {
  const lf = octets.subarray(0, LINE_OCTETS).indexOf(10);
  if (lf < 0) {
    if (octets.length < LINE_OCTETS) return null;
    throw new ProxyHeaderError(`the PROXY header is longer than ${LINE_OCTETS} octets`);
  }
  if (octets[lf - 1] !== 13) throw new ProxyHeaderError("the PROXY header does not end with CR LF");
  const text = String.fromCharCode(...octets.subarray(0, lf - 1));
  const [, protocol, source = "", destination = "", sourcePort = "", destinationPort = "", ...more] = text.split(" ");
  // Whatever follows UNKNOWN is to be ignored.
  if (protocol === "UNKNOWN") return { header: { kind: "own" }, octets: lf + 1 };
  const family = protocol === "TCP4" ? 4 : protocol === "TCP6" ? 6 : 0;
  const isRight = family !== 0 && isIP(source) === family && isIP(destination) === family && isPort(sourcePort) &&
    isPort(destinationPort) && more.length === 0 && !source.includes("%");
  if (!isRight) throw new ProxyHeaderError("the PROXY header of version 1 is malformed");
  return { header: { kind: "client", address: plain(source), port: Number(sourcePort) }, octets: lf + 1 };
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

/** The length of the addresses by family and transport: TCP over IPv4, TCP over IPv6. Others are none of ours. */
const ADDRESS_OCTETS: Readonly<Record<number, number>> = { 0x11: 12, 0x21: 36 };

/** Section 2.2: signature, version and command, family and transport, length, addresses, extensions. */
function decodeBinary(octets: Uint8Array): DecodedProxyHeader | null {
  const versionAndCommand = octets[12]!;
  const family = octets[13]!;
  const length = octets[14]! * 256 + octets[15]!;
  if (versionAndCommand !== 0x20 && versionAndCommand !== 0x21) {
    throw new ProxyHeaderError("the PROXY header has a version or command that is not known");
  }
  if (length > LONGEST_OCTETS) throw new ProxyHeaderError(`the PROXY header is longer than ${LONGEST_OCTETS} octets`);
  const isLocal = versionAndCommand === 0x20;
  const addressOctets = ADDRESS_OCTETS[family] ?? 0;
  if (!isLocal && length < addressOctets) throw new ProxyHeaderError("the PROXY header is too short for its addresses");
  if (octets.length < FIXED_OCTETS + length) return null;
  const whole = FIXED_OCTETS + length;
  if (isLocal || addressOctets === 0) return { header: { kind: "own" }, octets: whole };
  const addresses = octets.subarray(FIXED_OCTETS, FIXED_OCTETS + addressOctets);
  const isV4 = family === 0x11;
  const portAt = isV4 ? 8 : 32;
  return {
    header: {
      kind: "client",
      address: isV4 ? addresses.subarray(0, 4).join(".") : plain(formatV6(addresses.subarray(0, 16))),
      port: addresses[portAt]! * 256 + addresses[portAt + 1]!,
    },
    octets: whole,
  };
}

function formatV6(octets: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, at) => (octets[2 * at]! * 256 + octets[2 * at + 1]!).toString(16));
  return groups.join(":");
}

/** One text for one address: IPv6 in its short form, an IPv4 address within IPv6 as IPv4. */
function plain(address: string): string {
  if (!address.includes(":")) return address;
  const short = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (!mapped) return short;
  const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
