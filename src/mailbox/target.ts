import type { Pop3Target } from "../pop3/client/login.ts";
import type { Source } from "../settings.ts";

/**
 * The server of a source, as the POP3 client needs it.
 * @param atMostMs the longest wait for anything, where a person waits for it
 */
export function pop3Target(source: Source, atMostMs = Infinity): Pop3Target {
  const { host, port, tls, ca, verify, fingerprint } = source;
  const within = (ms: number) => Math.min(ms, atMostMs);
  return {
    host,
    port,
    tls,
    ca: ca?.pem,
    verify,
    fingerprint,
    connectTimeoutMs: within(source.connectTimeoutMs),
    commandTimeoutMs: within(source.commandTimeoutMs),
    dataTimeoutMs: within(source.dataTimeoutMs),
  };
}
