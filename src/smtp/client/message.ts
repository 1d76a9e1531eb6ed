import type { EnvelopeRecipient, ReportRequest } from "../envelope.ts";

/** A message to hand over. */
export interface OutgoingMessage extends Partial<ReportRequest> {
  /** The reverse-path, "" for the null one. */
  readonly reversePath: string;
  /** At least one. */
  readonly recipients: readonly EnvelopeRecipient[];
  /** Octets of the message, without dot-stuffing; 0: not known. */
  readonly size: number;
  /** What its octets are: a server must offer the extension for all but 7bit. */
  readonly body: "7bit" | "8bitmime" | "binarymime";
  /** MAIL says SMTPUTF8 to a server that offers it; absent: only where an address needs it. RFC 6531. */
  readonly smtpUtf8?: boolean;
  /** The header holds UTF-8: without SMTPUTF8 the message cannot be sent. */
  readonly utf8Header?: boolean;
  /** The message in 7 bit, for a server without 8BITMIME; null or absent: that cannot be done. @throws when it cannot be read */
  readonly toSevenBit?: () => Promise<Pick<OutgoingMessage, "size" | "octets"> | null>;
  /** The message's octets; asked for once. */
  readonly octets: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}
