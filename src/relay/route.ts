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
  return explainRoute(directory, routed).upstreams.filter(({ use }) => use === "used").map(({ name }) => name);
}

/** Which upstreams may serve a recipient, and why. */
export interface RouteDecision {
  /** What decided: the owner for this message, a route, the account or device that sends, that it is the first upstream. */
  readonly by: "owner" | "route" | "account" | "device" | "first" | "none";
  /** Of a route: its index. */
  readonly route: number | null;
  /** "senders": it does not let us send as the sender; "missing": there is no such upstream. */
  readonly upstreams: readonly { readonly name: string; readonly use: "used" | "senders" | "missing" }[];
}

/** The decision of `chooseUpstreams` with its reasons. */
export function explainRoute(directory: Directory, routed: Routed): RouteDecision {
  const { by, via, route = null } = decide(directory, routed);
  const upstreams = via.map((name) => {
    const upstream = directory.upstream(name);
    const use = !upstream ? "missing" : maySend(upstream.senders, routed.sender) ? "used" : "senders";
    return { name, use } as const;
  });
  return { by, route, upstreams };
}

/** An upstream, and those that routes name beside it: what was tried last by one of them may go by another. */
export function companionsOf({ routes }: Directory, name: string): string[] {
  return [...new Set([name, ...routes.filter(({ via }) => via.includes(name)).flatMap(({ via }) => via)])];
}

interface Decision {
  readonly by: RouteDecision["by"];
  readonly route?: number;
  readonly via: readonly string[];
}

function decide(directory: Directory, routed: Routed): Decision {
  const { account, sendBy = null } = routed;
  // An upstream that the owner chose and has removed since: the route decides again.
  if (sendBy !== null && directory.upstream(sendBy)) return { by: "owner", via: [sendBy] };
  const device = account === null ? deviceOf(directory, routed) : undefined;
  const route = directory.routes.findIndex((row) => fits(row, routed, device?.name));
  if (route >= 0) return { by: "route", route, via: directory.routes[route]!.via };
  const own = account !== null ? directory.account(account)?.upstream : device?.upstream;
  if (own !== undefined) return { by: account !== null ? "account" : "device", via: [own] };
  const first = directory.upstreams[0]?.name;
  return first === undefined ? { by: "none", via: [] } : { by: "first", via: [first] };
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
