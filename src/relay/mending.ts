import type { HeaderFacts, HeaderMending } from "../wire/header-mender.ts";
import { formatMailDate } from "../wire/received.ts";

/** What is known of a message whose header may lack something. */
export interface MendingFacts {
  /** The address that its From must be, by the rules of its device; null: whatever it says. */
  readonly from: string | null;
  /** The reverse-path, "" for the null one. */
  readonly reversePath: string;
  /** When it came, milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Without angle brackets. */
  readonly messageId: string;
}

/**
 * What is added to the header of a submitted message, RFC 6409 section 8: Date, Message-ID and From, where they are
 * missing or say nothing. A message that carries a DKIM-Signature gets nothing: its signer may have signed that they are
 * not there.
 */
export function mendingOf(facts: MendingFacts): HeaderMending {
  return { from: facts.from, missing: (header) => missingFields(header, facts) };
}

function missingFields(header: HeaderFacts, { from, reversePath, receivedAt, messageId }: MendingFacts): string {
  if (header.isSigned) return "";
  const author = from ?? reversePath;
  return [
    header.hasFrom || author === "" ? "" : `From: ${author}\r\n`,
    header.hasDate ? "" : `Date: ${formatMailDate(receivedAt)}\r\n`,
    header.hasMessageId ? "" : `Message-ID: <${messageId}>\r\n`,
  ].join("");
}
