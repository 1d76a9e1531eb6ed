import { createServer, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Endpoint } from "../net/connection.ts";
import { serverTls } from "../net/tls-versions.ts";

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
const MAX_CONNECTIONS = 256;

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
    createTlsServer({ requestTimeout: REQUEST_MS, ...tlsOptions(certificate) }, listener);
  const server = secured ?? createServer({ requestTimeout: REQUEST_MS }, listener);
  server.maxConnections = MAX_CONNECTIONS;
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
