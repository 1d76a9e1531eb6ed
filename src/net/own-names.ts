import { BlockList } from "node:net";

/** An address of this machine, as `os.networkInterfaces` gives it. */
export interface InterfaceAddress {
  readonly address: string;
  readonly family: string | number;
  readonly internal: boolean;
}

/** Addresses of a certificate beside the names: a machine with many containers has hundreds. */
const MAX_ADDRESSES = 32;

/** Unique local addresses (RFC 4193). */
const LOCAL_V6 = new BlockList();
LOCAL_V6.addSubnet("fc00::", 7, "ipv6");

/**
 * The names and addresses by which clients reach this machine, for the certificate of the own CA. Of IPv6 only the
 * addresses that a LAN gives itself: those of a provider change, some of them every day.
 * @param hostname the name in the settings; it comes first
 * @param machine the system's own name
 * @param more further names and addresses, from the settings
 */
export function ownNames(
  hostname: string,
  machine: string,
  more: readonly string[],
  interfaces: Readonly<Record<string, readonly InterfaceAddress[] | undefined>>,
): string[] {
  const addresses = Object.values(interfaces).flatMap((list) => list ?? []).filter(isOfLan).map(({ address }) =>
    address
  );
  // Sorted, so that another order of the interfaces is no change.
  const few = [...new Set(addresses)].sort().slice(0, MAX_ADDRESSES);
  return [...new Set([hostname, ...machineNames(machine), ...more, ...few])];
}

/** The system's name, and the one by which multicast DNS knows it (RFC 6762). */
function machineNames(machine: string): string[] {
  const name = machine.toLowerCase();
  if (!/^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/.test(name)) return [];
  return name.includes(".") ? [name] : [name, `${name}.local`];
}

function isOfLan({ address, family, internal }: InterfaceAddress): boolean {
  if (internal) return false;
  return family === "IPv4" || family === 4 || LOCAL_V6.check(address, "ipv6");
}
