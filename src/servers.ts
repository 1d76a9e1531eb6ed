import { join } from "node:path";
import { type Recorder, SessionLog } from "./dialogue/session.ts";
import { createAdmission } from "./net/admission.ts";
import { ensureCertificates } from "./net/certificates.ts";
import type { Connection } from "./net/connection.ts";
import { formatEndpoint, listen, type Listener } from "./net/listener.ts";
import { TlsAcceptor } from "./net/tls.ts";
import type { Settings, SmtpListener, TlsMode } from "./settings.ts";
import type { Submissions } from "./smtp/server/ports.ts";
import { serveSmtp } from "./smtp/server/session.ts";
import type { SmtpServerPolicy } from "./smtp/server/state.ts";
import type { NextId } from "./store/ids.ts";
import type { Clock } from "./wire/clock.ts";

/** One address where a server listens. */
export interface ListeningEndpoint {
  readonly service: "smtp" | "pop3" | "dashboard";
  readonly address: string;
  readonly port: number;
  readonly tls: TlsMode;
  /** "smtp 127.0.0.1:2525" */
  readonly shown: string;
}

/** What the servers need. */
export interface ServerPorts {
  readonly settings: () => Settings;
  readonly submissions: Submissions;
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

/** Starts all mail servers of the settings. @throws ConnectionError, CertificateError: nothing is left listening */
export async function startServers(ports: ServerPorts): Promise<Servers> {
  const { settings } = ports;
  const certificate = await currentCertificate(settings());
  const acceptor = new TlsAcceptor(certificate);
  const open = new Map<Connection, Promise<void>>();
  const listeners: Listener[] = [];
  const endpoints: ListeningEndpoint[] = [];
  const track = (connection: Connection, session: Promise<void>) => {
    open.set(connection, session);
    void session.finally(() => open.delete(connection));
  };
  const closeAll = async () => void await Promise.all(listeners.map((listener) => listener.close()));
  try {
    const admitSmtp = createAdmission(() => limitsOf(settings().smtp));
    for (const listener of settings().smtp.listeners) {
      const accept = (connection: Connection) => {
        const admission = admitSmtp(connection.peer.address);
        track(
          connection,
          serveSmtpConnection(ports, listener, acceptor, connection, admission.turnedAway).finally(admission.leave),
        );
      };
      const listening = await listen(listener.endpoint, accept);
      listeners.push(listening);
      endpoints.push({
        service: "smtp",
        ...listening.endpoint,
        tls: listener.tls,
        shown: `smtp ${formatEndpoint(listening.endpoint)}`,
      });
    }
  } catch (error) {
    await closeAll();
    throw error;
  }
  return {
    endpoints,
    caPath: certificate.caPath,
    reload: async () => acceptor.replace(await currentCertificate(settings())),
    close: closeAll,
    drained: async () => {
      while (open.size > 0) await Promise.allSettled(open.values());
    },
    dropAll: () => {
      for (const connection of open.keys()) connection.destroy();
    },
  };
}

function limitsOf({ maxConnections, maxConnectionsPerAddress }: Settings["smtp"]) {
  return { max: maxConnections, maxPerAddress: maxConnectionsPerAddress };
}

async function currentCertificate(settings: Settings): Promise<{ cert: string; key: string; caPath: string | null }> {
  const { certificate, key } = settings.tls;
  if (certificate && key) return { cert: certificate.pem, key: key.pem.reveal(), caPath: null };
  return await ensureCertificates(join(settings.dataDir, "tls"), [settings.hostname], Date.now());
}

function serveSmtpConnection(
  ports: ServerPorts,
  listener: SmtpListener,
  acceptor: TlsAcceptor,
  connection: Connection,
  turnedAway: string | null,
): Promise<void> {
  const settings = ports.settings();
  const { smtp } = settings;
  return serveSmtp({
    connection,
    log: openLog(ports, "smtp-server", connection),
    submissions: ports.submissions,
    policy: smtpPolicy(settings, listener, acceptor),
    limits: {
      lineOctets: smtp.maxCommandOctets,
      commandTimeoutMs: smtp.commandTimeoutMs,
      maxRefusals: smtp.maxErrors,
    },
    turnedAway,
    signal: ports.signal,
  });
}

function smtpPolicy({ hostname, smtp }: Settings, listener: SmtpListener, acceptor: TlsAcceptor): SmtpServerPolicy {
  return {
    hostname,
    tls: listener.tls === "off" ? { mode: "off" } : { mode: listener.tls, acceptor },
    auth: listener.auth,
    authWithoutTls: listener.authWithoutTls,
    maxMessageOctets: smtp.maxMessageSize,
    maxDataLineOctets: smtp.maxLineOctets,
    maxRecipients: smtp.maxRecipients,
    maxChatter: smtp.maxCommandsWithoutMail,
    dataTimeoutMs: smtp.dataTimeoutMs,
    tlsTimeoutMs: TLS_TIMEOUT_MS,
  };
}

function openLog(ports: ServerPorts, hop: "smtp-server" | "pop3-server", connection: Connection): SessionLog {
  const { peer, local } = connection;
  return new SessionLog({ id: ports.nextId(), hop, peer, localPort: local.port }, ports.recorder, ports.clock);
}
