import { createNetworks, type Networks } from "./network.ts";

/** A network of a device of which an earlier device has addresses: the earlier one wins them. */
export interface Overlap {
  readonly network: string;
  /** The name of the earlier device. */
  readonly first: string;
}

/** A device, as far as its addresses go. */
export interface Addressed {
  readonly name: string;
  readonly networks: Networks;
}

/** What a device shares with those before it. `devices`: all of them, in the order in which they are asked. Pure. */
export function overlapsOf(device: Addressed, devices: readonly Addressed[]): Overlap[] {
  const earlier = devices.slice(0, Math.max(0, devices.findIndex(({ name }) => name === device.name)));
  return device.networks.list.flatMap((network) => {
    const first = earlier.find((other) => share(network, other.networks));
    return first ? [{ network, first: first.name }] : [];
  });
}

/** Two networks have addresses in common where one holds the address that the other is named by. */
function share(network: string, others: Networks): boolean {
  const own = createNetworks([network]);
  return others.contains(addressOf(network)) || others.list.some((other) => own.contains(addressOf(other)));
}

function addressOf(network: string): string {
  return network.replace(/\/.*$/, "");
}
