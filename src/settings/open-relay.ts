import type { Path } from "./lines.ts";
import type { Networks } from "./network.ts";
import { isPrivateNetwork, PRIVATE_RANGES_SHOWN } from "./private-networks.ts";
import type { Report } from "./table.ts";

/*
 * Never an open relay by one slip: who may send without logging in is an address, and an address outside the private
 * ranges is somebody on the internet. Such a network counts only where smtp.allow_public_networks says so as well.
 */

/** The setting without which a network outside the private ranges lets nobody in. */
export const PUBLIC_NETWORKS_KEY = "smtp.allow_public_networks";

/** The networks of a list that reach beyond the private ranges. */
export function publicNetworksOf(networks: Networks): string[] {
  return networks.list.filter((network) => !isPrivateNetwork(network));
}

/** Ends "expected …" for a network that reaches beyond the private ranges. */
export const EXPECTED_PRIVATE =
  `a network within the private ranges (${PRIVATE_RANGES_SHOWN}), or ${PUBLIC_NETWORKS_KEY} = true as well: whoever has ` +
  "an address in it may send to anybody without logging in, from the internet too (an open relay)";

/** The settings that let clients in by their address. */
export interface AllowedNetworks {
  readonly smtp?: {
    readonly allowWithoutAuth?: Networks | undefined;
    readonly allowPublicNetworks?: boolean | undefined;
  } | undefined;
  readonly devices: readonly { readonly networks?: Networks | undefined }[];
}

/** Every network outside the private ranges must be allowed twice. */
export function checkPublicNetworks({ smtp, devices }: AllowedNetworks, report: Report): void {
  if (smtp?.allowPublicNetworks !== false) return;
  const check = (networks: Networks | undefined, at: Path) =>
    networks?.list.forEach((network, index) => {
      if (!isPrivateNetwork(network)) report([...at, index], EXPECTED_PRIVATE, JSON.stringify(network));
    });
  check(smtp.allowWithoutAuth, ["smtp", "allow_without_auth"]);
  devices.forEach(({ networks }, index) => check(networks, ["device", index, "networks"]));
}
