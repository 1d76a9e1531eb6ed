/** What was asked about the reports on a message, as MAIL said it. RFC 3461 sections 4.3 and 4.4. */
export interface ReportRequest {
  /** RET: how much of the message a report of failure returns; null: not said. */
  readonly returnContent: "full" | "headers" | null;
  /** ENVID: the sender's own name for the message, in xtext as it came; null: none. */
  readonly envelopeId: string | null;
}

/** A recipient, with what RCPT said about reports on it. RFC 3461 sections 4.1 and 4.2. */
export interface EnvelopeRecipient {
  readonly address: string;
  /** NOTIFY: `NEVER`, or a list of `SUCCESS`, `FAILURE` and `DELAY`; absent or null: not said. */
  readonly notify?: string | null;
  /** ORCPT: the recipient as the sender first wrote it, `rfc822;bob@example.org` in xtext; absent or null: not said. */
  readonly originalRecipient?: string | null;
}

/** Whether a report on this event was asked for. Without NOTIFY failures and delays are told of (RFC 3461 section 4.1). */
export function wantsReport({ notify }: EnvelopeRecipient, event: "SUCCESS" | "FAILURE" | "DELAY"): boolean {
  return (notify ?? "FAILURE,DELAY").split(",").includes(event);
}
