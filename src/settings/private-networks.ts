import { isIP } from "node:net";

/*
 * Which addresses are those of a LAN. Everything is compared as 128 bits, IPv4 as it is mapped into IPv6 (RFC 4291
 * section 2.5.5.2), so that no way to write an address goes past the check.
 */

/** Ranges that the internet does not route. */
const PRIVATE_RANGES = [
  // RFC 1918
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  // RFC 1122 section 3.2.1.3, RFC 3927: the machine itself, link-local
  "127.0.0.0/8",
  "169.254.0.0/16",
  // RFC 4291: the machine itself, link-local; RFC 4193: unique local
  "::1/128",
  "fe80::/10",
  "fc00::/7",
];

/** The private ranges, for a person to read. */
export const PRIVATE_RANGES_SHOWN = PRIVATE_RANGES.join(", ");

interface Range {
  readonly bits: bigint;
  readonly prefix: number;
}

const ranges = PRIVATE_RANGES.map(readRange);

/** Addresses that were asked about: the same few clients come again and again. */
const known = new Map<string, boolean>();
const MOST_KNOWN = 1_000;

/** Whether a client at this address is on a LAN: private, loopback, link-local or unique local. */
export function isPrivateAddress(address: string): boolean {
  let isPrivate = known.get(address);
  if (isPrivate === undefined) {
    const bare = address.replace(/%.*$/, "");
    isPrivate = isIP(bare) !== 0 && isPrivateNetwork(bare);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(address, isPrivate);
  }
  return isPrivate;
}

/** Whether all addresses of a network (an address, perhaps with a prefix length) are on a LAN. */
export function isPrivateNetwork(network: string): boolean {
  const { bits, prefix } = readRange(network);
  return ranges.some((range) =>
    prefix >= range.prefix && startOf(bits, range.prefix) === startOf(range.bits, range.prefix)
  );
}

function startOf(bits: bigint, prefix: number): bigint {
  return bits >> BigInt(128 - prefix);
}

function readRange(network: string): Range {
  const [address = "", length] = network.split("/");
  const isV4 = isIP(address) === 4;
  const prefix = length === undefined ? 128 : Number(length) + (isV4 ? 96 : 0);
  return { bits: isV4 ? 0xffffn << 32n | bitsOfV4(address) : bitsOfV6(address), prefix };
}

function bitsOfV4(address: string): bigint {
  return address.split(".").reduce((bits, octet) => bits << 8n | BigInt(octet), 0n);
}

function bitsOfV6(address: string): bigint {
  // A URL writes every IPv6 address in hexadecimal groups, its IPv4 part too.
  const [head = "", tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
  const groups = (text: string) => text === "" ? [] : text.split(":");
  const [first, last] = [groups(head), groups(tail ?? "")];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => "0");
  return [...first, ...zeros, ...last].reduce((bits, group) => bits << 16n | BigInt(`0x${group}`), 0n);
}
