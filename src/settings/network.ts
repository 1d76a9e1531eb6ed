import { BlockList, isIP } from "node:net";

/** Where to listen or connect: an address or a host name, and a port (0 to listen: the system chooses). */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A set of networks, as in `["192.168.1.0/24", "::1"]`. */
export interface Networks {
  /** Whether the address (IPv4, IPv6, or IPv4 mapped into IPv6) is in one of them. */
  contains(address: string): boolean;
  /** The networks as they were written. */
  readonly list: readonly string[];
}

const ENDPOINT = /^(?:\[([^[\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/;

/** Reads "127.0.0.1:2525", "[::1]:2525" or "localhost:2525"; undefined if it is none of these. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match = ENDPOINT.exec(text);
  const port = Number(match?.[3]);
  const v6 = match?.[1];
  const address = v6 ?? match?.[2];
  if (address === undefined || port > 65_535) return undefined;
  const isRight = v6 !== undefined ? isIP(v6) === 6 : isIP(address) === 4 || isHostName(address);
  return isRight ? { address, port } : undefined;
}

/** Writes an endpoint as `parseEndpoint` reads it. */
export function formatEndpoint({ address, port }: Endpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;

/** Whether a text is a host name of letters, digits and hyphens (RFC 1123 section 2.1); underscores are tolerated. */
export function isHostName(text: string): boolean {
  const labels = text.replace(/\.$/, "").split(".");
  // A name that ends in a number is an IPv4 address with a mistake in it.
  return text.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? "");
}

/** Whether a client at this address is on the machine itself. */
export function isLoopback(address: string): boolean {
  return address === "localhost" || LOOPBACK.contains(address);
}

/** What is wrong with a network, for the end of the sentence "expected …"; undefined if it is right. */
export function faultOfNetwork(text: string): string | undefined {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  const width = family === 4 ? 32 : 128;
  if (family === 0 || address.includes("%") || rest.length > 0) return EXPECTED_NETWORK;
  if (bits === undefined) return undefined;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > width) return `a prefix length from 1 to ${width} after the slash`;
  if (Number(bits) === 0) {
    return "the networks of your own devices; /0 would let the whole internet send (an open relay)";
  }
  return undefined;
}

/** What a network looks like. */
export const EXPECTED_NETWORK = 'a network such as "192.168.1.0/24" or "fd00::/8", or one address';

/** Makes the set of networks that `faultOfNetwork` has found right. */
export function createNetworks(list: readonly string[]): Networks {
  const blocks = new BlockList();
  for (const network of list) {
    const [address = "", bits] = network.split("/");
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    if (bits === undefined) blocks.addAddress(address, family);
    else blocks.addSubnet(address, Number(bits), family);
  }
  const contains = (address: string): boolean => {
    // "fe80::1%eth0" names the interface as well.
    const bare = address.replace(/%.*$/, "");
    const family = isIP(bare);
    return family !== 0 && blocks.check(bare, family === 4 ? "ipv4" : "ipv6");
  };
  return Object.freeze({ contains, list: Object.freeze([...list]) });
}

const LOOPBACK = createNetworks(["127.0.0.0/8", "::1"]);
