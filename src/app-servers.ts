import { type Acceptors, acceptorsOf, mailCertificate } from "./app-certificate.ts";
import { pop3Server, type ServeConnection, type SessionPorts, smtpServer } from "./app-sessions.ts";
import { createAdmission, type TurnedAway, whyOutside } from "./net/admission.ts";
import type { CertificateKeeper } from "./net/certificate-keeper.ts";
import type { Connection } from "./net/connection.ts";
import { formatEndpoint, listen, type Listener } from "./net/listener.ts";
import { takeProxyHeader } from "./net/proxied.ts";
import type { Pop3Listener, SmtpListener, TlsMode } from "./settings.ts";

/** One address where a mail server listens. */
export interface ListeningEndpoint {
  readonly service: "smtp" | "pop3";
  /** "127.0.0.1:2525" */
  readonly address: string;
  readonly tls: TlsMode;
}

/** What the servers need. */
export interface ServerPorts extends Omit<SessionPorts, "acceptor"> {
  /** Something about the certificate that the owner should know. */
  readonly tell: (level: "info" | "warn", text: string) => void;
}

/** The mail servers at work. */
export interface Servers {
  readonly endpoints: readonly ListeningEndpoint[];
  /** The certificate that clients see. */
  readonly certificate: Pick<CertificateKeeper, "current" | "problem"> & Pick<Acceptors, "onChange">;
  /** Uses the certificate that the settings name now. */
  reload(): Promise<void>;
  /** Stops accepting. */
  close(): Promise<void>;
  /** Resolves when no session is open. */
  drained(): Promise<void>;
  /** Ends the sessions that are still open: those that can be are told so, then all are dropped. */
  dropAll(): void;
}

/** How long a client may take for the last reply. */
const FAREWELL_MS = 1_000;

/** Starts all mail servers of the settings. @throws ConnectionError, CertificateError: nothing is left listening */
export async function startServers(ports: ServerPorts): Promise<Servers> {
  const { settings } = ports;
  const acceptors = acceptorsOf();
  const keeper = await mailCertificate(ports, acceptors.use);
  const sessions = { ...ports, acceptor: acceptors.of };
  const open = new Map<Connection, Promise<void>>();
  const listeners: Listener[] = [];
  const endpoints: ListeningEndpoint[] = [];
  const close = async () => {
    keeper.stop();
    await Promise.all(listeners.map((listener) => listener.close()));
  };

  async function start<Row extends AnyListener>(
    service: "smtp" | "pop3",
    rows: () => readonly Row[],
    serve: ServeConnection<Row>,
  ): Promise<void> {
    const admit = createAdmission(() => {
      const { maxConnections, maxConnectionsPerAddress } = settings()[service];
      return { max: maxConnections, maxPerAddress: maxConnectionsPerAddress };
    });
    for (const [index, started] of rows().entries()) {
      // A version of TLS that cannot be had is an error of the start, not of the first client.
      if (started.tls !== "off") acceptors.of(started.minTls);
      const row = () => currentRow(rows()[index], started);
      const listener = await listen(started.endpoint, (connection) => {
        const served = serveOne(connection, row(), admit, serve, ports.signal);
        open.set(connection, served.finally(() => open.delete(connection)));
      });
      listeners.push(listener);
      endpoints.push({ service, address: formatEndpoint(listener.endpoint), tls: started.tls });
    }
  }

  try {
    await start("smtp", () => settings().smtp.listeners, smtpServer(sessions));
    await start("pop3", () => settings().pop3.listeners, pop3Server(sessions));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    endpoints,
    certificate: { ...keeper, onChange: acceptors.onChange },
    reload: () => keeper.check(),
    close,
    drained: async () => {
      while (open.size > 0) await Promise.allSettled(open.values());
    },
    dropAll: () => {
      for (const connection of open.keys()) connection.interrupt("shutting down");
      const destroy = () => open.forEach((_, connection) => connection.destroy());
      setTimeout(destroy, FAREWELL_MS).unref();
    },
  };
}

type AnyListener = SmtpListener | Pop3Listener;

/** The listener as the settings have it now; where it listens and how it begins stay as they were started. */
function currentRow<Row extends AnyListener>(now: Row | undefined, started: Row): Row {
  if (!now || formatEndpoint(now.endpoint) !== formatEndpoint(started.endpoint)) return started;
  return { ...now, tls: started.tls };
}

/** Serves one connection, from whoever it is, to its end. */
async function serveOne<Row extends AnyListener>(
  connection: Connection,
  row: Row,
  admit: ReturnType<typeof createAdmission>,
  serve: ServeConnection<Row>,
  signal: AbortSignal,
): Promise<void> {
  const isProxied = row.proxyProtocol.contains(connection.peer.address);
  const unproxied = isProxied ? await takeHeader(connection, signal) : null;
  const { turnedAway, leave } = admit(connection.peer.address);
  try {
    // A proxy that says nothing right would not run a handshake either.
    const begun = unproxied ? { ...row, tls: "off" } as const : row;
    await serve(connection, begun, unproxied ?? whyOutside(row.networks, connection.peer.address) ?? turnedAway);
  } finally {
    leave();
  }
}

async function takeHeader(connection: Connection, signal: AbortSignal): Promise<TurnedAway | null> {
  const onAbort = () => connection.interrupt("shutting down");
  signal.addEventListener("abort", onAbort);
  try {
    return await takeProxyHeader(connection);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
