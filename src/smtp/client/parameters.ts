import type { EnvelopeRecipient } from "../envelope.ts";
import { escapeBeyondAscii } from "../../wire/xtext.ts";
import { needsSmtpUtf8 } from "./fitness.ts";
import type { OutgoingMessage } from "./message.ts";

/** What EHLO offered: keyword in upper case, and what stood behind it. */
type Offered = ReadonlyMap<string, string>;

/** A parameter that is sent where the server offers the extension it belongs to. Another one is another row. */
interface ParameterRow<Subject> {
  readonly extension: string;
  readonly keyword: string;
  readonly rfc: string;
  /** Its value; true: the keyword alone; null: it is not sent. */
  readonly value: (subject: Subject, offered: Offered) => string | true | null;
}

const mailRows: readonly ParameterRow<OutgoingMessage>[] = [
  {
    extension: "SIZE",
    keyword: "SIZE",
    rfc: "RFC 1870 section 5",
    value: ({ size }) => size > 0 ? String(size) : null,
  },
  {
    extension: "8BITMIME",
    keyword: "BODY",
    rfc: "RFC 6152 section 2",
    value: ({ body }) => body === "8bitmime" ? "8BITMIME" : null,
  },
  {
    extension: "BINARYMIME",
    keyword: "BODY",
    rfc: "RFC 3030 section 3",
    value: ({ body }) => body === "binarymime" ? "BINARYMIME" : null,
  },
  {
    extension: "DSN",
    keyword: "RET",
    rfc: "RFC 3461 section 4.3",
    value: ({ returnContent }) => returnContent ? (returnContent === "full" ? "FULL" : "HDRS") : null,
  },
  {
    extension: "SMTPUTF8",
    keyword: "SMTPUTF8",
    rfc: "RFC 6531 section 3.4",
    value: (message) => message.smtpUtf8 || message.recipients.some((to) => needsSmtpUtf8(message, to)) ? true : null,
  },
  { extension: "DSN", keyword: "ENVID", rfc: "RFC 3461 section 4.4", value: ({ envelopeId }) => envelopeId ?? null },
];

const rcptRows: readonly ParameterRow<EnvelopeRecipient>[] = [
  { extension: "DSN", keyword: "NOTIFY", rfc: "RFC 3461 section 4.1", value: ({ notify }) => notify ?? null },
  {
    extension: "DSN",
    keyword: "ORCPT",
    rfc: "RFC 3461 section 4.2",
    // RFC 6533 section 3: in ASCII for a server without SMTPUTF8.
    value: ({ originalRecipient = null }, offered) =>
      offered.has("SMTPUTF8")
        ? originalRecipient
        : originalRecipient?.replace(/\P{ASCII}+/gu, escapeBeyondAscii) ?? null,
  },
];

/** The MAIL command for a message, with the parameters that the server offers. */
export function mailCommand(offered: Offered, message: OutgoingMessage): string {
  return `MAIL FROM:<${message.reversePath}>${parametersOf(mailRows, offered, message)}`;
}

/** The RCPT command for a recipient, with the parameters that the server offers. */
export function rcptCommand(offered: Offered, recipient: EnvelopeRecipient): string {
  return `RCPT TO:<${recipient.address}>${parametersOf(rcptRows, offered, recipient)}`;
}

function parametersOf<Subject>(rows: readonly ParameterRow<Subject>[], offered: Offered, subject: Subject): string {
  return rows.filter(({ extension }) => offered.has(extension)).map(({ keyword, value }) => {
    const given = value(subject, offered);
    if (given === null) return "";
    return given === true ? ` ${keyword}` : ` ${keyword}=${given}`;
  }).join("");
}
