import { isAscii } from "../../wire/ascii.ts";
import type { EnvelopeRecipient } from "../envelope.ts";
import { reply, type SmtpReply } from "../reply.ts";
import type { OutgoingMessage } from "./message.ts";

/** What a message may need of a server. Another need is another row. */
interface Need {
  readonly rfc: string;
  /** Whether the server, as far as EHLO told, cannot serve this recipient with this message. */
  readonly isMissing: (
    offered: ReadonlyMap<string, string>,
    message: OutgoingMessage,
    to: EnvelopeRecipient,
  ) => boolean;
  readonly code: number;
  readonly enhanced: string;
  readonly text: (offered: ReadonlyMap<string, string>, message: OutgoingMessage) => string;
}

const needs: readonly Need[] = [
  {
    rfc: "RFC 1870 section 6.1",
    isMissing: (offered, { size }) => sizeLimit(offered) > 0 && size > sizeLimit(offered),
    code: 552,
    enhanced: "5.3.4",
    text: (offered, { size }) => `the message has ${size} octets, the server takes ${sizeLimit(offered)} at most`,
  },
  {
    rfc: "RFC 6531 section 3.5",
    isMissing: (offered, message, to) => !offered.has("SMTPUTF8") && needsSmtpUtf8(message, to),
    code: 553,
    enhanced: "5.6.7",
    text: (_, { utf8Header }) =>
      `${
        utf8Header ? "the header" : "an address"
      } has characters beyond ASCII, which the server does not take (SMTPUTF8)`,
  },
  {
    rfc: "RFC 6152 section 3",
    isMissing: (offered, { body }) => body === "8bitmime" && !offered.has("8BITMIME"),
    code: 554,
    enhanced: "5.6.3",
    text: () => "the message has 8-bit text, which the server does not take (8BITMIME) and which cannot be converted",
  },
  {
    rfc: "RFC 3030 section 3",
    isMissing: (offered, { body }) => body === "binarymime" && !(offered.has("BINARYMIME") && offered.has("CHUNKING")),
    code: 554,
    enhanced: "5.6.3",
    text: () => "the message is binary, which the server does not take (BINARYMIME)",
  },
];

/** Why the server cannot take this message for this recipient, for good, as far as EHLO told; null: it can. */
export function whyUnfit(
  offered: ReadonlyMap<string, string>,
  message: OutgoingMessage,
  recipient: EnvelopeRecipient,
): SmtpReply | null {
  const missing = needs.find(({ isMissing }) => isMissing(offered, message, recipient));
  if (!missing) return null;
  return { ...reply(missing.code, missing.enhanced, missing.text(offered, message)), local: true };
}

/** Whether the message can go to this recipient with SMTPUTF8 only. RFC 6531 section 3.4. */
export function needsSmtpUtf8(
  { reversePath, utf8Header }: Pick<OutgoingMessage, "reversePath" | "utf8Header">,
  { address }: EnvelopeRecipient,
): boolean {
  return utf8Header === true || !isAscii(reversePath) || !isAscii(address);
}

/** Octets that the server takes at most; 0: it names no limit. */
function sizeLimit(offered: ReadonlyMap<string, string>): number {
  return Number(offered.get("SIZE") ?? 0);
}
