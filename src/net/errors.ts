/** A connection could not be made, broke, or was closed by the peer. */
export class ConnectionError extends Error {
  override readonly name: string = "ConnectionError";
}

/** What was awaited did not come in time. */
export class DeadlineError extends ConnectionError {
  override readonly name = "DeadlineError";
}

/** The TLS handshake failed: no common version, an untrusted certificate, or a peer that does not speak TLS. */
export class TlsError extends ConnectionError {
  override readonly name: string = "TlsError";
}

/** A client began in the clear where the connection begins with TLS. */
export class ClearTextError extends TlsError {
  override readonly name = "ClearTextError";
}

/** A wait was broken off from this side, by shutdown or by an administrator. */
export class InterruptedError extends ConnectionError {
  override readonly name = "InterruptedError";
}

/** The text of whatever was thrown, with the texts of its causes, for a log or a private cause. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `: ${describeError(error.cause)}`;
  return `${error.message}${cause}`;
}
