/**
 * The store could not do what was asked: nothing of the operation has happened.
 * `code` is the database's ("SQLITE_FULL", "SQLITE_BUSY", "SQLITE_READONLY"), or "STORE_CLOSED", "STORE_THREAD".
 */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An error as it crosses a thread. */
export interface CallError {
  readonly code: string;
  readonly message: string;
}

/** Whatever was thrown, as an error that can cross a thread. */
export function errorOf(cause: unknown): CallError {
  const code = (cause as { code?: unknown } | null)?.code;
  const message = cause instanceof Error ? cause.message : String(cause);
  return { code: typeof code === "string" ? code : "STORE_FAILED", message };
}

/** The same error on the other side. */
export function raise(error: CallError): StoreError {
  return new StoreError(error.code, error.message);
}
