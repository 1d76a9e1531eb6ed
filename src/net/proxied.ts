import { decodeProxyHeader, type ProxyHeader, ProxyHeaderError } from "../wire/proxy-header.ts";
import type { TurnedAway } from "./admission.ts";
import type { Connection } from "./connection.ts";
import { describeError } from "./errors.ts";

/** How long a proxy may take for its header: it sends it at once. */
const HEADER_TIMEOUT_MS = 10_000;

/**
 * Takes the header of the PROXY protocol from a connection that a proxy has made; from then on its peer is the client.
 * What follows the header is still to be read.
 * @param timeoutMs how long the whole header may take
 * @returns why the connection cannot be served, or null
 */
export async function takeProxyHeader(
  connection: Connection,
  timeoutMs: number = HEADER_TIMEOUT_MS,
): Promise<TurnedAway | null> {
  try {
    const header = await readHeader(connection, Date.now() + timeoutMs);
    connection.peer = header.kind === "client"
      ? { address: header.address, port: header.port }
      : { ...connection.peer, isProxy: true };
    return null;
  } catch (error) {
    const { address } = connection.peer;
    const cause = `${address} is a proxy by proxy_protocol of this listener, and sent no right PROXY header: ${
      describeError(error)
    }`;
    return { text: "A proxy must say for whom it connects", cause, forNow: true };
  }
}

/** @throws ProxyHeaderError, ConnectionError */
async function readHeader(connection: Connection, expiresAt: number): Promise<ProxyHeader> {
  for (let octets = 1;;) {
    const begun = await connection.peek(octets, Infinity, expiresAt, "the PROXY header");
    if (begun.length < octets) throw new ProxyHeaderError("the connection was closed before it");
    const decoded = decodeProxyHeader(begun);
    if (decoded) {
      connection.skip(decoded.octets);
      return decoded.header;
    }
    octets = begun.length + 1;
  }
}
