import type { Upstream } from "../settings.ts";
import { noRecorder, SessionLog } from "../dialogue/session.ts";
import type { SmtpReply } from "../smtp/reply.ts";
import { closeSession, openSession } from "../smtp/client/session.ts";
import type { Clock } from "../wire/clock.ts";
import { smtpTarget } from "./target.ts";

/** How long an upstream that could not be used is left alone: doubles from the first to the last. */
const DOWN_FIRST_MS = 5_000;
const DOWN_MAX_MS = 60_000;
/** A probe that gets no answer ends sooner than a delivery would. */
const PROBE_TIMEOUT_MS = 15_000;

/** How long to leave an upstream alone after so many failures in a row, in milliseconds. Pure. */
export function downMs(failures: number): number {
  return Math.min(DOWN_MAX_MS, DOWN_FIRST_MS * 2 ** Math.min(failures, 10));
}

/** Whether a failure is one of the line: no server was reached, so nothing was said about the login or the mail. Pure. */
export function isLineFailure({ local, enhanced }: SmtpReply): boolean {
  // localFailure: 4.4.1 no connection, 4.4.2 no answer in time.
  return local === true && (enhanced === "4.4.1" || enhanced === "4.4.2");
}

/** What watching a line needs. */
export interface LineWatchPorts {
  readonly clock: Clock;
  readonly hostname: () => string;
  /** The upstream as it is configured at this moment; undefined once it is gone. */
  readonly upstream: () => Upstream | undefined;
  /** The upstream answers after it could not be reached. */
  readonly back: () => void;
}

/** Watches the line to one upstream: once it could not be reached, it is probed until it answers. */
export class LineWatch {
  readonly #ports: LineWatchPorts;
  #failures = 0;
  #isDown = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #askedAt = 0;

  constructor(ports: LineWatchPorts) {
    this.#ports = ports;
  }

  /** A session could not be opened. @returns how long to leave the upstream alone, and whether it is probed meanwhile */
  failed(reply: SmtpReply): { readonly waitMs: number; readonly isWatched: boolean } {
    const waitMs = downMs(this.#failures++);
    const isWatched = isLineFailure(reply);
    if (isWatched) this.#probeAfter(waitMs);
    return { waitMs, isWatched };
  }

  /** A session could be opened. */
  answered(): void {
    this.#failures = 0;
    this.stop();
  }

  /** When it is asked next; a time that has passed: it is being asked. Null: the line is not known to be down. */
  get askedAt(): number | null {
    return this.#isDown ? this.#askedAt : null;
  }

  /** Asks at once, where the line is down. */
  probeNow(): void {
    if (this.#isDown) this.#probeAfter(0);
  }

  /** Asks no more. */
  stop(): void {
    this.#isDown = false;
    clearTimeout(this.#timer);
  }

  #probeAfter(waitMs: number): void {
    this.#isDown = true;
    this.#askedAt = this.#ports.clock.now() + waitMs;
    clearTimeout(this.#timer);
    const timer = setTimeout(async () => {
      const { upstream, hostname, clock } = this.#ports;
      const current = upstream();
      if (!current) return this.stop();
      const isBack = await answers(current, hostname(), clock);
      // Meanwhile somebody else may have asked, or nobody wants to know any more.
      if (this.#timer !== timer || !this.#isDown) return;
      if (isBack) this.#ports.back();
      else this.#probeAfter(downMs(this.#failures++));
    }, waitMs);
    this.#timer = timer;
  }
}

/** Whether an upstream answers: the session as far as EHLO and TLS, without the login, recorded nowhere. */
async function answers(upstream: Upstream, hostname: string, clock: Clock): Promise<boolean> {
  const peer = { address: upstream.host, port: upstream.port };
  const log = new SessionLog({ id: 0, hop: "smtp-client", peer, localPort: 0 }, noRecorder, clock);
  const target = smtpTarget(upstream, hostname);
  const connectMs = Math.min(target.timeouts.connectMs, PROBE_TIMEOUT_MS);
  const commandMs = Math.min(target.timeouts.commandMs, PROBE_TIMEOUT_MS);
  try {
    const timeouts = { ...target.timeouts, connectMs, commandMs };
    await closeSession(await openSession({ ...target, login: undefined, timeouts }, log));
    return true;
  } catch {
    // Whatever it was, a delivery will say it: there is nothing to wake mail for.
    return false;
  }
}
