import type { Directory } from "../identity/directory.ts";
import type { Route } from "../settings.ts";
import { matchAddress } from "../wire/address.ts";

/** What decides which upstreams serve a recipient. */
export interface Routed {
  /** The reverse-path, "" for the null one. */
  readonly sender: string;
  readonly recipient: string;
  /** The account that sent the message, or null. */
  readonly account: string | null;
  /** Octets of the message. */
  readonly size?: number;
  /** The upstream that the owner wants instead of that of the route, or null. */
  readonly sendBy?: string | null;
  /** The device that sent the message, or null. */
  readonly device?: string | null;
  /** The client's address, for devices of messages that do not name them. */
  readonly clientAddress: string;
}

/**
 * The names of the upstreams that may serve a recipient, in the order in which they are tried; empty when there is none.
 * The first route that fits decides; without one it is the upstream of the account or device, then the first of all. An
 * upstream is only used for a sender that it allows; the null reverse-path is everybody's.
 */
export function chooseUpstreams(directory: Directory, routed: Routed): string[] {
  return viaOf(directory, routed).filter((name) => {
    const upstream = directory.upstream(name);
    return upstream !== undefined && maySend(upstream.senders, routed.sender);
  });
}

/** An upstream, and those that routes name beside it: what was tried last by one of them may go by another. */
export function companionsOf({ routes }: Directory, name: string): string[] {
  return [...new Set([name, ...routes.filter(({ via }) => via.includes(name)).flatMap(({ via }) => via)])];
}

function viaOf(directory: Directory, routed: Routed): readonly string[] {
  const { account, sendBy = null } = routed;
  // An upstream that the owner chose and has removed since: the route decides again.
  if (sendBy !== null && directory.upstream(sendBy)) return [sendBy];
  const device = account === null ? deviceOf(directory, routed) : undefined;
  const route = directory.routes.find((row) => fits(row, routed, device?.name));
  if (route) return route.via;
  const own = account !== null ? directory.account(account)?.upstream : device?.upstream;
  const first = directory.upstreams[0]?.name;
  return own !== undefined ? [own] : first !== undefined ? [first] : [];
}

function deviceOf(directory: Directory, { device = null, clientAddress }: Routed) {
  return device === null ? directory.device(clientAddress) : directory.deviceNamed(device);
}

function fits(row: Route, { sender, recipient, account, size = 0 }: Routed, device: string | undefined): boolean {
  return (row.sender === undefined || matchAddress(row.sender, sender)) &&
    (row.recipient === undefined || matchAddress(row.recipient, recipient)) &&
    (row.account === undefined || row.account.toLowerCase() === account?.toLowerCase()) &&
    (row.device === undefined || row.device === device) &&
    size >= (row.minSize ?? 0) && size <= (row.maxSize ?? Infinity);
}

/** Whether an upstream lets us send with an address; the null reverse-path is everybody's. */
export function maySend(senders: readonly string[], sender: string): boolean {
  return sender === "" || senders.some((pattern) => matchAddress(pattern, sender));
}
