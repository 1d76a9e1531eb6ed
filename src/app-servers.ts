import { join } from "node:path";
import type { DialogueLimits } from "./dialogue/server.ts";
import { type Recorder, SessionLog } from "./dialogue/session.ts";
import { createAdmission } from "./net/admission.ts";
import { ensureCertificates } from "./net/certificates.ts";
import type { Connection } from "./net/connection.ts";
import { formatEndpoint, listen, type Listener } from "./net/listener.ts";
import { TlsAcceptor } from "./net/tls.ts";
import type { Mailboxes } from "./pop3/server/ports.ts";
import { servePop3 } from "./pop3/server/session.ts";
import { isLoopback, type Pop3Listener, type Settings, type SmtpListener, type TlsMode } from "./settings.ts";
import type { Submissions } from "./smtp/server/ports.ts";
import { serveSmtp } from "./smtp/server/session.ts";
import type { NextId } from "./store/ids.ts";
import type { Clock } from "./wire/clock.ts";

/** One address where a mail server listens. */
export interface ListeningEndpoint {
  readonly service: "smtp" | "pop3";
  /** "127.0.0.1:2525" */
  readonly address: string;
  readonly tls: TlsMode;
}

/** What the servers need. */
export interface ServerPorts {
  readonly settings: () => Settings;
  readonly submissions: Submissions;
  readonly mailboxes: Mailboxes;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly nextId: NextId;
  /** Aborted when Waypost stops. */
  readonly signal: AbortSignal;
}

/** The mail servers at work. */
export interface Servers {
  readonly endpoints: readonly ListeningEndpoint[];
  /** The own CA's certificate, or null when the settings name a certificate. */
  readonly caPath: string | null;
  /** Uses the certificate that the settings name now. */
  reload(): Promise<void>;
  /** Stops accepting. */
  close(): Promise<void>;
  /** Resolves when no session is open. */
  drained(): Promise<void>;
  /** Drops the sessions that are still open. */
  dropAll(): void;
}

/** How long a client may take for a TLS handshake. */
const TLS_TIMEOUT_MS = 30_000;
const DAY_MS = 86_400_000;

/** Serves one connection to its end. `turnedAway`: why the client is not let in, or null. */
type ServeConnection = (connection: Connection, turnedAway: string | null) => Promise<void>;

/** Starts all mail servers of the settings. @throws ConnectionError, CertificateError: nothing is left listening */
export async function startServers(ports: ServerPorts): Promise<Servers> {
  const { settings } = ports;
  const certificate = await currentCertificate(settings());
  const acceptor = new TlsAcceptor(certificate);
  const open = new Map<Connection, Promise<void>>();
  const listeners: Listener[] = [];
  const endpoints: ListeningEndpoint[] = [];
  const close = async () => void await Promise.all(listeners.map((listener) => listener.close()));

  async function start(service: "smtp" | "pop3", rows: readonly (SmtpListener | Pop3Listener)[]): Promise<void> {
    const admit = createAdmission(() => {
      const { maxConnections, maxConnectionsPerAddress } = settings()[service];
      return { max: maxConnections, maxPerAddress: maxConnectionsPerAddress };
    });
    for (const row of rows) {
      const serve = service === "smtp"
        ? smtpServer(ports, row as SmtpListener, acceptor)
        : pop3Server(ports, row as Pop3Listener, acceptor);
      const listener = await listen(row.endpoint, (connection) => {
        const { turnedAway, leave } = admit(connection.peer.address);
        const session = serve(connection, turnedAway).finally(() => {
          leave();
          open.delete(connection);
        });
        open.set(connection, session);
      });
      listeners.push(listener);
      endpoints.push({ service, address: formatEndpoint(listener.endpoint), tls: row.tls });
    }
  }

  try {
    await start("smtp", settings().smtp.listeners);
    await start("pop3", settings().pop3.listeners);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    endpoints,
    caPath: certificate.caPath,
    reload: async () => acceptor.replace(await currentCertificate(settings())),
    close,
    drained: async () => {
      while (open.size > 0) await Promise.allSettled(open.values());
    },
    dropAll: () => {
      for (const connection of open.keys()) connection.destroy();
    },
  };
}

async function currentCertificate(settings: Settings): Promise<{ cert: string; key: string; caPath: string | null }> {
  const { certificate, key } = settings.tls;
  if (certificate && key) return { cert: certificate.pem, key: key.pem.reveal(), caPath: null };
  return await ensureCertificates(join(settings.dataDir, "tls"), [settings.hostname], Date.now());
}

function smtpServer(ports: ServerPorts, row: SmtpListener, acceptor: TlsAcceptor): ServeConnection {
  return (connection, turnedAway) => {
    const { hostname, smtp } = ports.settings();
    return serveSmtp({
      connection,
      log: openLog(ports, "smtp-server", connection),
      submissions: ports.submissions,
      policy: {
        hostname,
        tls: tlsOf(row, acceptor),
        auth: row.auth,
        authWithoutTls: row.authWithoutTls,
        maxMessageOctets: smtp.maxMessageSize,
        maxDataLineOctets: smtp.maxLineOctets,
        maxRecipients: smtp.maxRecipients,
        maxMessages: smtp.maxMessagesPerConnection,
        maxChatter: smtp.maxCommandsWithoutMail,
        dataTimeoutMs: smtp.dataTimeoutMs,
        tlsTimeoutMs: TLS_TIMEOUT_MS,
      },
      limits: limitsOf(smtp),
      turnedAway,
      signal: ports.signal,
    });
  };
}

function pop3Server(ports: ServerPorts, row: Pop3Listener, acceptor: TlsAcceptor): ServeConnection {
  return (connection, turnedAway) => {
    const { pop3, mailbox } = ports.settings();
    return servePop3({
      connection,
      log: openLog(ports, "pop3-server", connection),
      mailboxes: ports.mailboxes,
      policy: {
        tls: tlsOf(row, acceptor),
        loginWithoutTls: row.loginWithoutTls || isLoopback(connection.peer.address),
        tlsTimeoutMs: TLS_TIMEOUT_MS,
        expireDays: expireDaysOf(mailbox),
        loginDelaySeconds: Math.ceil(pop3.loginDelayMs / 1000),
      },
      limits: { ...limitsOf(pop3), loginTimeoutMs: pop3.loginTimeoutMs },
      turnedAway,
      signal: ports.signal,
    });
  };
}

/** What EXPIRE may promise (RFC 2449 section 6.7): where room is made by size or number, nothing. */
export function expireDaysOf({ maxAgeMs, maxSize, maxMessages }: Settings["mailbox"]): number | null | undefined {
  if (maxSize > 0 || maxMessages > 0) return null;
  return maxAgeMs > 0 ? Math.floor(maxAgeMs / DAY_MS) : undefined;
}

function tlsOf({ tls }: { readonly tls: TlsMode }, acceptor: TlsAcceptor) {
  return tls === "off" ? { mode: tls } as const : { mode: tls, acceptor } as const;
}

function limitsOf(limits: Settings["smtp"] | Settings["pop3"]): DialogueLimits {
  return {
    lineOctets: limits.maxCommandOctets,
    commandTimeoutMs: limits.commandTimeoutMs,
    dataTimeoutMs: limits.dataTimeoutMs,
    maxRefusals: limits.maxErrors,
  };
}

function openLog(ports: ServerPorts, hop: "smtp-server" | "pop3-server", connection: Connection): SessionLog {
  const { peer, local } = connection;
  return new SessionLog({ id: ports.nextId(), hop, peer, localPort: local.port }, ports.recorder, ports.clock);
}
