import type { Upstream } from "../settings.ts";
import { type Recorder, SessionLog } from "../dialogue/session.ts";
import type { NextId } from "../store/ids.ts";
import { closeSession, openSession, type SmtpClientSession } from "../smtp/client/session.ts";
import { serverLimits } from "../smtp/client/limits.ts";
import type { Clock } from "../wire/clock.ts";
import { smtpTarget } from "./target.ts";

/** What opening connections needs. */
export interface PoolPorts {
  readonly clock: Clock;
  readonly nextId: NextId;
  readonly recorder: Recorder;
  readonly hostname: () => string;
}

/** An open connection to an upstream. */
export interface PooledConnection {
  readonly session: SmtpClientSession;
  /** The upstream as it was configured when the connection was opened. */
  readonly upstream: Upstream;
  /** Messages that were sent over it. */
  sent: number;
  /** Recipients of the message in hand that are counted before it is known whether it is taken; only where it is lent. */
  offered: number;
  timer?: ReturnType<typeof setTimeout>;
}

/** What a connection that could not be had leaves behind. */
export interface FailedOpening {
  readonly error: unknown;
  readonly sessionId: number;
}

/** How long an unused connection is kept: long enough for the next page of a scanner, short of any server's limit. */
const IDLE_MS = 20_000;

/** The connections to one upstream that wait for the next message. */
export class ConnectionPool {
  readonly #ports: PoolPorts;
  readonly #parked: PooledConnection[] = [];
  #stopped = false;

  constructor(ports: PoolPorts) {
    this.#ports = ports;
  }

  /** A connection that waits and can take a message; undefined: there is none. */
  async take(current: Upstream | undefined): Promise<PooledConnection | undefined> {
    for (let parked = this.#parked.pop(); parked; parked = this.#parked.pop()) {
      clearTimeout(parked.timer);
      if (this.isUsable(parked, current)) return parked;
      await this.close(parked);
    }
    return undefined;
  }

  /** Whether a connection can take a message more, with the settings as they are now; the server may have left it. */
  isUsable({ session, upstream, sent }: PooledConnection, current: Upstream | undefined): boolean {
    const most = Math.min(upstream.messagesPerConnection || Infinity, serverLimits(session.extensions).messages);
    return upstream === current && sent < most && !session.dialogue.connection.isOver;
  }

  /** Opens a connection up to the login. Never throws. */
  async open(upstream: Upstream): Promise<PooledConnection | FailedOpening> {
    const { clock, nextId, recorder, hostname } = this.#ports;
    const peer = { address: upstream.host, port: upstream.port };
    const about = { id: nextId(), hop: "smtp-client", peer, localPort: 0, peerName: upstream.name } as const;
    const log = new SessionLog(about, recorder, clock);
    try {
      return { session: await openSession(smtpTarget(upstream, hostname()), log), upstream, sent: 0, offered: 0 };
    } catch (error) {
      return { error, sessionId: log.id };
    }
  }

  /** Keeps a connection for the next message, for a while. */
  park(connection: PooledConnection): void {
    if (this.#stopped) return void this.close(connection);
    connection.session.dialogue.log.rest();
    this.#parked.push(connection);
    connection.timer = setTimeout(() => {
      const index = this.#parked.indexOf(connection);
      if (index >= 0) this.#parked.splice(index, 1);
      void this.close(connection);
    }, IDLE_MS);
  }

  /** Says QUIT. */
  close(connection: PooledConnection): Promise<void> {
    clearTimeout(connection.timer);
    return closeSession(connection.session);
  }

  /** Closes what waits, and keeps nothing from now on. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#parked.splice(0).map((parked) => this.close(parked)));
  }
}
