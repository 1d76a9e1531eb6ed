import type { EnvelopeRecipient, ReportRequest } from "../envelope.ts";

/** A message to hand over. */
export interface OutgoingMessage extends Partial<ReportRequest> {
  /** The reverse-path, "" for the null one. */
  readonly reversePath: string;
  /** At least one. */
  readonly recipients: readonly EnvelopeRecipient[];
  /** Octets of the message, without dot-stuffing. */
  readonly size: number;
  readonly body: "7bit" | "8bitmime";
  /** The message's octets; asked for once. */
  readonly octets: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}
