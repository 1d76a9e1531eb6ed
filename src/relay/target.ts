import type { Upstream } from "../settings.ts";
import type { SmtpTarget } from "../smtp/client/session.ts";

/**
 * The server of an upstream, as the SMTP client needs it.
 * @param helo our own name
 * @param atMostMs the longest wait for anything, where a person waits for it
 */
export function smtpTarget(upstream: Upstream, helo: string, atMostMs = Infinity): SmtpTarget {
  const { host, port, tls, ca, verify, fingerprint, username, password, auth } = upstream;
  const within = (ms: number) => Math.min(ms, atMostMs);
  return {
    host,
    port,
    tls,
    ca: ca?.pem,
    verify,
    fingerprint,
    login: username !== undefined && password !== undefined ? { username, password, auth } : undefined,
    helo,
    timeouts: {
      connectMs: within(upstream.connectTimeoutMs),
      commandMs: within(upstream.commandTimeoutMs),
      dataMs: within(upstream.dataTimeoutMs),
      finalReplyMs: within(upstream.finalReplyTimeoutMs),
    },
  };
}
