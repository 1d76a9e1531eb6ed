import { createServer, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Endpoint } from "../net/connection.ts";
import { serverTls } from "../net/tls-versions.ts";
import { createConnectionLimit } from "./connection-limit.ts";

/** A dashboard that is being served. */
export interface ServedDashboard {
  /** Where it listens in fact: the system's choice when port 0 was asked for. */
  readonly endpoint: Endpoint;
  /** Uses another certificate for handshakes from now on; nothing happens in the clear. */
  replace(certificate: ServerCertificate): void;
  /** Stops accepting, lets answers that are under way end, then cuts what is still open: live views never end. */
  close(): Promise<void>;
}

/** A certificate chain and its private key, PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/** How long answers may take once the dashboard closes. */
const CLOSING_MS = 1_000;
/** How long a client may take to send a request. */
const REQUEST_MS = 30_000;
/** How long it may take to say what it wants, from the first moment of its connection. */
const HEADERS_MS = 10_000;
/** How often the two are looked at. */
const CHECKED_EVERY_MS = 5_000;
const MAX_CONNECTIONS = 256;
/** Of one address: more than browsers and a proxy need, and too few to keep all others out. */
const MAX_CONNECTIONS_EACH = 96;
const LIMITS = {
  requestTimeout: REQUEST_MS,
  headersTimeout: HEADERS_MS,
  connectionsCheckingInterval: CHECKED_EVERY_MS,
};

/**
 * Serves the dashboard by HTTP, over TLS where a certificate is given.
 * @throws Error (EADDRINUSE and the like) when the endpoint cannot be listened on
 */
export async function serveDashboard(
  app: { readonly fetch: Parameters<typeof getRequestListener>[0] },
  endpoint: Endpoint,
  certificate: ServerCertificate | null = null,
): Promise<ServedDashboard> {
  // The runtime's own Request and Response stay: the rest of the program has use for them.
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const secured = certificate &&
    createTlsServer({ ...LIMITS, ...tlsOptions(certificate) }, listener);
  const server = secured ?? createServer(LIMITS, listener);
  server.maxConnections = MAX_CONNECTIONS;
  limitEach(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: endpoint.address, port: endpoint.port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    endpoint: { address, port },
    replace: (next) => secured?.setSecureContext(tlsOptions(next)),
    close: () => closeServer(server),
  };
}

/** Closes connections of an address that has enough of them. */
function limitEach(server: Server | TlsServer): void {
  const limit = createConnectionLimit(MAX_CONNECTIONS_EACH);
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    if (!limit.enter(address)) return void socket.destroy();
    socket.once("close", () => limit.leave(address));
  });
}

function tlsOptions({ cert, key }: ServerCertificate) {
  return { ...serverTls("1.2"), cert, key };
}

async function closeServer(server: Server | TlsServer): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSING_MS);
  await closed;
  clearTimeout(timer);
}
