import type { Directory } from "../identity/directory.ts";
import { matchAddress } from "../wire/address.ts";

/** What decides which upstreams serve a recipient. */
export interface Routed {
  /** The reverse-path, "" for the null one. */
  readonly sender: string;
  readonly recipient: string;
  /** The account that sent the message, or null. */
  readonly account: string | null;
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

function viaOf(
  directory: Directory,
  { sender, recipient, account, device = null, clientAddress }: Routed,
): readonly string[] {
  const route = directory.routes.find((row) =>
    (row.sender === undefined || matchAddress(row.sender, sender)) &&
    (row.recipient === undefined || matchAddress(row.recipient, recipient)) &&
    (row.account === undefined || row.account.toLowerCase() === account?.toLowerCase())
  );
  if (route) return route.via;
  const own = account !== null
    ? directory.account(account)?.upstream
    : (device === null ? directory.device(clientAddress) : directory.deviceNamed(device))?.upstream;
  const first = directory.upstreams[0]?.name;
  return own !== undefined ? [own] : first !== undefined ? [first] : [];
}

function maySend(senders: readonly string[], sender: string): boolean {
  return sender === "" || senders.some((pattern) => matchAddress(pattern, sender));
}
