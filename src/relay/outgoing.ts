import type { OutgoingMessage } from "../smtp/client/message.ts";
import { convertToSevenBit } from "../wire/seven-bit.ts";
import type { Job, QueuedRow } from "./job.ts";

/**
 * A job's message, as the SMTP client needs it.
 * @param read reads a message back that did not stay in memory
 */
export function outgoing(
  { message, recipients, octets }: Job,
  read: (messageId: number) => AsyncIterable<Uint8Array>,
): OutgoingMessage {
  const { sender: reversePath, size, returnContent, envelopeId, eightBit } = message;
  const smtpUtf8 = message.smtpUtf8 === true;
  const readMessage = () => octets ? [octets] : read(message.id);
  return {
    reversePath,
    recipients,
    size,
    body: bodyOf(message),
    smtpUtf8,
    utf8Header: smtpUtf8 && eightBit !== "none" && eightBit !== "body",
    returnContent,
    envelopeId,
    octets: readMessage,
    toSevenBit: () => convertToSevenBit(readMessage, size),
  };
}

/** What the message is in fact; what was declared counts only where nobody has looked. */
function bodyOf({ body, eightBit }: QueuedRow): OutgoingMessage["body"] {
  if (body === "binarymime" || eightBit === null) return body;
  return eightBit === "none" ? "7bit" : "8bitmime";
}
