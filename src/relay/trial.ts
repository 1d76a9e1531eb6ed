import { type Trial, TRIAL_WAIT_MS, tryServer } from "../dialogue/trial.ts";
import type { Upstream } from "../settings.ts";
import { closeSession, openSession } from "../smtp/client/session.ts";
import { type Clock, systemClock } from "../wire/clock.ts";
import { smtpTarget } from "./target.ts";

/** What a trial of an upstream came to. */
export interface UpstreamTrial extends Trial {
  /** What it offers after EHLO: keywords with what stands behind them. */
  readonly extensions: readonly string[];
}

/**
 * Opens a session with an upstream up to the login, and leaves. Never throws.
 * @param helo our own name
 */
export async function tryUpstream(
  upstream: Upstream,
  helo: string,
  clock: Clock = systemClock,
): Promise<UpstreamTrial> {
  const target = smtpTarget(upstream, helo, TRIAL_WAIT_MS);
  const { facts, ...trial } = await tryServer(
    { ...upstream, protocol: "smtp", hop: "smtp-client" },
    clock,
    async ({ log, connect }) => {
      const session = await openSession(target, log, connect);
      await closeSession(session);
      return { connection: session.dialogue.connection, facts: listOf(session.extensions) };
    },
    async ({ log, connect }) => {
      const unchecked = { ...target, verify: false, fingerprint: undefined, login: undefined };
      const session = await openSession(unchecked, log, connect);
      await closeSession(session);
      return session.dialogue.connection;
    },
  );
  return { ...trial, extensions: facts ?? [] };
}

function listOf(extensions: ReadonlyMap<string, string>): string[] {
  return [...extensions].map(([keyword, rest]) => rest === "" ? keyword : `${keyword} ${rest}`);
}
