import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Endpoint } from "../net/connection.ts";

/** A dashboard that is being served. */
export interface ServedDashboard {
  /** Where it listens in fact: the system's choice when port 0 was asked for. */
  readonly endpoint: Endpoint;
  /** Stops accepting, lets answers that are under way end, then cuts what is still open: live views never end. */
  close(): Promise<void>;
}

/** How long answers may take once the dashboard closes. */
const CLOSING_MS = 1_000;
/** How long a client may take to send a request. */
const REQUEST_MS = 30_000;
const MAX_CONNECTIONS = 256;

/**
 * Serves the dashboard by HTTP.
 * @throws Error (EADDRINUSE and the like) when the endpoint cannot be listened on
 */
export async function serveDashboard(
  app: { readonly fetch: Parameters<typeof getRequestListener>[0] },
  endpoint: Endpoint,
): Promise<ServedDashboard> {
  // The runtime's own Request and Response stay: the rest of the program has use for them.
  const server = createServer(
    { requestTimeout: REQUEST_MS },
    getRequestListener(app.fetch, { overrideGlobalObjects: false }),
  );
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: endpoint.address, port: endpoint.port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { address, port } = server.address() as AddressInfo;
  return { endpoint: { address, port }, close: () => closeServer(server) };
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSING_MS);
  await closed;
  clearTimeout(timer);
}
