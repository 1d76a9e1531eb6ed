import * as net from "node:net";
import { Connection, type Endpoint } from "./connection.ts";
import { ConnectionError } from "./errors.ts";

/** A port that accepts connections. */
export interface Listener {
  /** Where it listens in fact: the system's choice when port 0 was asked for. */
  readonly endpoint: Endpoint;
  /** Stops accepting; connections that are open go on. */
  close(): Promise<void>;
}

/** Connections that may wait to be accepted: printers and load tests come in bursts. */
const BACKLOG = 511;

/**
 * Listens on an address and hands every connection to `accept`.
 * @throws ConnectionError when the address cannot be listened on; its cause says why
 */
export function listen(endpoint: Endpoint, accept: (connection: Connection) => void): Promise<Listener> {
  return new Promise((resolve, reject) => {
    let local = endpoint;
    const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      accept(new Connection(socket, endpointOf(socket.remoteAddress, socket.remotePort), local));
    });
    server.once("error", (cause) => {
      reject(new ConnectionError(`cannot listen on ${formatEndpoint(endpoint)}`, { cause }));
    });
    server.listen({ host: endpoint.address, port: endpoint.port, backlog: BACKLOG }, () => {
      const { address, port } = server.address() as net.AddressInfo;
      local = { address, port };
      server.on("error", () => undefined);
      resolve({
        endpoint: local,
        // The callback of server.close would wait for every open connection: those end by themselves, or are ended.
        close: () => {
          server.close();
          return Promise.resolve();
        },
      });
    });
  });
}

/**
 * Connects to a server.
 * @throws ConnectionError when it cannot be reached in time
 */
export function connect(host: string, port: number, timeoutMs: number): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, noDelay: true, allowHalfOpen: true });
    const fail = (message: string, cause?: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new ConnectionError(message, cause ? { cause } : undefined));
    };
    const onError = (cause: Error) => fail(`cannot connect to ${formatEndpoint({ address: host, port })}`, cause);
    const timer = setTimeout(() => fail(`timed out while connecting to ${host}:${port}`), timeoutMs);
    socket.once("error", onError);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", onError);
      const peer = endpointOf(socket.remoteAddress ?? host, socket.remotePort ?? port);
      resolve(new Connection(socket, peer, endpointOf(socket.localAddress, socket.localPort)));
    });
  });
}

/** An endpoint as people write it: "127.0.0.1:25", "[::1]:25". */
export function formatEndpoint(endpoint: Endpoint): string {
  const { address, port } = endpoint;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function endpointOf(address: string | undefined, port: number | undefined): Endpoint {
  const plain = address ?? "";
  // An IPv4 client of an IPv6 listener is known by its IPv4 address everywhere: in networks, limits and records.
  return { address: plain.startsWith("::ffff:") && plain.includes(".") ? plain.slice(7) : plain, port: port ?? 0 };
}
