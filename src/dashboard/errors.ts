import type { ContentfulStatusCode } from "hono/utils/http-status";

/** A request that cannot be served: the status, a stable code for programs, and a sentence for people. */
export class DashboardError extends Error {
  override readonly name = "DashboardError";
  readonly status: ContentfulStatusCode;
  readonly code: string;

  constructor(status: ContentfulStatusCode, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}
