import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { type Trial, TRIAL_WAIT_MS, tryServer } from "../dialogue/trial.ts";
import type { Upstream } from "../settings.ts";
import { closeSession, openSession, type SmtpClientSession, SmtpRefusal } from "../smtp/client/session.ts";
import { sendMessage } from "../smtp/client/transaction.ts";
import { isRefusal } from "../smtp/reply.ts";
import { type Clock, systemClock } from "../wire/clock.ts";
import { formatMailDate } from "../wire/received.ts";
import { smtpTarget } from "./target.ts";

/** What a trial of an upstream came to. */
export interface UpstreamTrial extends Trial {
  /** What it offers after EHLO: keywords with what stands behind them. */
  readonly extensions: readonly string[];
}

/** Whose test message goes to whom. */
export interface TestEnvelope {
  readonly from: string;
  readonly to: string;
}

/**
 * Opens a session with an upstream up to the login, and leaves. Never throws.
 * @param helo our own name
 */
export function tryUpstream(upstream: Upstream, helo: string, clock: Clock = systemClock): Promise<UpstreamTrial> {
  return tryWith(upstream, helo, clock, () => Promise.resolve());
}

/** Hands a short message to an upstream, past the queue, and leaves. Never throws; a message that is refused has failed. */
export function sendTest(
  upstream: Upstream,
  helo: string,
  { from, to }: TestEnvelope,
  clock: Clock = systemClock,
): Promise<UpstreamTrial> {
  const octets = testMessage(from, to, helo, clock.now());
  return tryWith(upstream, helo, clock, async (session) => {
    const { recipients: [reply] } = await sendMessage(session, {
      reversePath: from,
      recipients: [{ address: to }],
      size: octets.length,
      body: "7bit",
      octets: () => [octets],
    });
    if (reply !== undefined && isRefusal(reply)) throw new SmtpRefusal("the message", reply);
  });
}

async function tryWith(
  upstream: Upstream,
  helo: string,
  clock: Clock,
  use: (session: SmtpClientSession) => Promise<void>,
): Promise<UpstreamTrial> {
  const target = smtpTarget(upstream, helo, TRIAL_WAIT_MS);
  const { facts, ...trial } = await tryServer(
    { ...upstream, protocol: "smtp", hop: "smtp-client" },
    clock,
    async ({ log, connect }) => {
      const session = await openSession(target, log, connect);
      await use(session);
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

function testMessage(from: string, to: string, helo: string, now: number): Uint8Array {
  const lines = [
    `From: <${from}>`,
    `To: <${to}>`,
    "Subject: Test message of Waypost",
    `Date: ${formatMailDate(now)}`,
    `Message-ID: <test.${now.toString(36)}.${randomBytes(6).toString("hex")}@${helo}>`,
    "Auto-Submitted: auto-generated",
    "",
    "This message was sent from the dashboard of Waypost to see whether mail goes out. It has arrived.",
    "",
  ];
  return Buffer.from(lines.join("\r\n"), "latin1");
}

function listOf(extensions: ReadonlyMap<string, string>): string[] {
  return [...extensions].map(([keyword, rest]) => rest === "" ? keyword : `${keyword} ${rest}`);
}
