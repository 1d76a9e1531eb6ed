import type { DialogueLimits } from "./dialogue/server.ts";
import { type Recorder, SessionLog } from "./dialogue/session.ts";
import type { TurnedAway } from "./net/admission.ts";
import type { Connection } from "./net/connection.ts";
import type { TlsAcceptor } from "./net/tls.ts";
import type { OldestTls } from "./net/tls-versions.ts";
import type { Mailboxes } from "./pop3/server/ports.ts";
import { servePop3 } from "./pop3/server/session.ts";
import { isLoopback, type Pop3Listener, type Settings, type SmtpListener, type TlsMode } from "./settings.ts";
import type { Submissions } from "./smtp/server/ports.ts";
import { serveSmtp } from "./smtp/server/session.ts";
import type { NextId } from "./store/ids.ts";
import type { Clock } from "./wire/clock.ts";

/** What sessions need. */
export interface SessionPorts {
  readonly settings: () => Settings;
  readonly submissions: Submissions;
  readonly mailboxes: Mailboxes;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly nextId: NextId;
  /** Who runs the TLS handshakes of a listener. */
  readonly acceptor: (oldest: OldestTls) => TlsAcceptor;
  /** Aborted when Waypost stops. */
  readonly signal: AbortSignal;
}

/** Serves one connection of a listener to its end. `turnedAway`: why the client is not let in, or null. */
export type ServeConnection<Row> = (connection: Connection, row: Row, turnedAway: TurnedAway | null) => Promise<void>;

/** How long a client may take for a TLS handshake. */
const TLS_TIMEOUT_MS = 30_000;
const DAY_MS = 86_400_000;

/** Serves SMTP clients by the settings. */
export function smtpServer(ports: SessionPorts): ServeConnection<SmtpListener> {
  return (connection, row, turnedAway) => {
    const { hostname, smtp } = ports.settings();
    return serveSmtp({
      connection,
      log: openLog(ports, "smtp-server", connection),
      submissions: ports.submissions,
      policy: {
        hostname,
        tls: tlsOf(row, ports),
        auth: row.auth,
        mode: row.mode,
        authWithoutTls: row.authWithoutTls,
        maxMessageOctets: smtp.maxMessageSize,
        maxDataLineOctets: smtp.maxLineOctets,
        maxRecipients: smtp.maxRecipients,
        maxMessages: smtp.maxMessagesPerConnection,
        maxChatter: smtp.maxCommandsWithoutMail,
        dataTimeoutMs: smtp.dataTimeoutMs,
        maxMessageMs: smtp.maxMessageTimeMs,
        minOctetsPerSecond: smtp.minMessageRate,
        tlsTimeoutMs: TLS_TIMEOUT_MS,
      },
      limits: limitsOf(smtp),
      turnedAway,
      signal: ports.signal,
    });
  };
}

/** Serves POP3 clients by the settings. */
export function pop3Server(ports: SessionPorts): ServeConnection<Pop3Listener> {
  return (connection, row, turnedAway) => {
    const { pop3, mailbox } = ports.settings();
    return servePop3({
      connection,
      log: openLog(ports, "pop3-server", connection),
      mailboxes: ports.mailboxes,
      policy: {
        tls: tlsOf(row, ports),
        loginWithoutTls: row.loginWithoutTls || isLoopback(connection.peer.address),
        tlsTimeoutMs: TLS_TIMEOUT_MS,
        expireDays: expireDaysOf(mailbox),
        loginDelaySeconds: Math.ceil(pop3.loginDelayMs / 1000),
      },
      limits: {
        ...limitsOf(pop3),
        loginTimeoutMs: pop3.loginTimeoutMs,
        maxCommandsBeforeLogin: pop3.maxCommandsBeforeLogin,
      },
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

function tlsOf(row: { readonly tls: TlsMode; readonly minTls: OldestTls }, { acceptor }: SessionPorts) {
  return row.tls === "off" ? { mode: row.tls } as const : { mode: row.tls, acceptor: acceptor(row.minTls) } as const;
}

function limitsOf(limits: Settings["smtp"] | Settings["pop3"]): DialogueLimits {
  return {
    lineOctets: limits.maxCommandOctets,
    commandTimeoutMs: limits.commandTimeoutMs,
    dataTimeoutMs: limits.dataTimeoutMs,
    maxRefusals: limits.maxErrors,
  };
}

function openLog(ports: SessionPorts, hop: "smtp-server" | "pop3-server", connection: Connection): SessionLog {
  const { peer, local } = connection;
  return new SessionLog({ id: ports.nextId(), hop, peer, localPort: local.port }, ports.recorder, ports.clock);
}
