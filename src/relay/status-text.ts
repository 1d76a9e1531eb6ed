/** What a status means to the person who sent the message. */
interface StatusText {
  /** The beginning of an enhanced status code without its class (the class says whether it is final). RFC 3463. */
  readonly detail: string;
  readonly text: string;
  /** Said by this relay alone: no server was asked. */
  readonly isOurs?: true;
}

/** The first that fits counts: the particular before the general. */
const statusTexts: readonly StatusText[] = [
  {
    detail: "4.4",
    isOurs: true,
    text:
      "This relay has no mail server to send with from this address. The person who looks after it has to mend that.",
  },
  { detail: "0.0", isOurs: true, text: "The message was not sent." },
  { detail: "1.10", text: "The domain after the @ takes no mail." },
  { detail: "1.2", text: "The domain after the @ does not exist. Please check the address for a typing mistake." },
  { detail: "1.3", text: "The address is not written correctly. Please check it for a typing mistake." },
  { detail: "1.6", text: "The mailbox has moved; nobody said where to." },
  { detail: "1.7", text: "The receiving server does not accept the address of the sender." },
  { detail: "1.8", text: "The receiving server does not accept the domain of the sender." },
  { detail: "1.", text: "There is no mailbox with this address. Please check it for a typing mistake." },
  { detail: "2.1", text: "The mailbox takes no mail at present, or is switched off." },
  { detail: "2.2", text: "The mailbox is full. The recipient has to make room in it." },
  { detail: "2.3", text: "The message is too large for this mailbox." },
  { detail: "2.", text: "The mailbox does not take the message." },
  { detail: "3.4", text: "The message is too large for the receiving server." },
  { detail: "3.", text: "The receiving server cannot take the message at present." },
  { detail: "4.1", text: "The receiving server could not be reached." },
  { detail: "4.2", text: "The connection to the receiving server broke." },
  { detail: "4.4", text: "No way to the receiving server was found. Please check the address for a typing mistake." },
  { detail: "4.6", text: "The message went round in a circle between mail servers." },
  { detail: "4.7", text: "The message was tried again and again, until its time ran out." },
  { detail: "4.", text: "The receiving server could not be reached." },
  { detail: "5.3", text: "The message has too many recipients for the receiving server." },
  { detail: "5.", text: "The receiving server and this relay did not understand each other." },
  { detail: "6.7", text: "The receiving server cannot take addresses or header fields with characters beyond ASCII." },
  { detail: "6.", text: "The receiving server cannot take the content of the message." },
  {
    detail: "7.8",
    text: "The login at the mail provider failed. The person who looks after the relay has to correct it.",
  },
  {
    detail: "7.9",
    text: "The login at the mail provider failed. The person who looks after the relay has to correct it.",
  },
  { detail: "7.", text: "The receiving server refused the message by its rules, for example as unwanted mail." },
];

const unknownText = "The receiving server did not take the message.";

/**
 * A sentence for users that says what an enhanced status code such as `5.1.1` means.
 * @param isOurs this relay itself gave it, no server was asked
 */
export function explainStatus(status: string, isOurs = false): string {
  const detail = status.replace(/^\d+\./, "");
  const found = statusTexts.find((row) =>
    (isOurs || !row.isOurs) && (row.detail.endsWith(".") ? detail.startsWith(row.detail) : detail === row.detail)
  );
  return found?.text ?? unknownText;
}
