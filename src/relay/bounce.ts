import { Buffer } from "node:buffer";
import { encodeHeaderWords, encodeQuotedPrintable, isPlainText } from "../wire/mime-encoding.ts";
import { foldUnits, formatMailDate } from "../wire/received.ts";
import { readFields } from "../wire/header.ts";
import { decodeXtext, escapeBeyondAscii } from "../wire/xtext.ts";
import { explainStatus } from "./status-text.ts";

/** What became of one recipient. */
export interface ReportedRecipient {
  readonly address: string;
  /** What was done about it; absent: what `kind` says. "relayed": handed on to a server that will not report. */
  readonly action?: BounceReport["kind"] | undefined;
  /** ORCPT as the client gave it, `rfc822;bob@example.org` in xtext. RFC 3461 section 4.2. */
  readonly originalRecipient?: string | undefined;
  /** Enhanced status code, RFC 3463: `5.1.1`. */
  readonly status: string;
  /** The name of the server that answered. Absent: none did. */
  readonly remoteMta?: string | undefined;
  /** The server's reply as it came, or in our own words what happened where no server answered. */
  readonly diagnostic?: { readonly type: "smtp" | "x-waypost"; readonly text: string } | undefined;
  /** Milliseconds since the epoch. */
  readonly lastAttemptAt?: number | undefined;
}

/** A delivery status notification to be built. */
export interface BounceReport {
  /**
   * What the report is about in the first place. `failed`: we gave up. `delayed`: a warning, we go on trying.
   * `relayed`: a server that sends no confirmations has taken the message (RFC 3461 section 5.2.2).
   */
  readonly kind: "failed" | "delayed" | "relayed";
  /** Our own name: Reporting-MTA, and the domain of MAILER-DAEMON. */
  readonly hostname: string;
  /** The id of the original message, as it is shown. */
  readonly id: string;
  /** Letters and digits that occur nowhere else, at least 8: boundary and Message-ID are made of it. */
  readonly unique: string;
  /** The reverse-path of the original: where the report goes, itself with the null reverse-path. */
  readonly sender: string;
  /** ENVID as the client gave it, in xtext. RFC 3461 section 4.4. */
  readonly envelopeId?: string | undefined;
  /** When the original came, and when this report is made; milliseconds since the epoch. */
  readonly arrivedAt: number;
  readonly now: number;
  /** For `delayed`: when we give up. Milliseconds since the epoch. */
  readonly retryUntilAt?: number | undefined;
  readonly recipients: readonly ReportedRecipient[];
  /** The header section of the original; its first 32 KB are returned. */
  readonly header: Uint8Array;
  /** The whole original, returned instead of its header; plain text (`isPlainText`). */
  readonly message?: Uint8Array | undefined;
}

/** How much of the original's header a report returns, in octets. */
export const maxReturnedHeaderOctets = 32_768;

const maxDiagnosticLength = 900;
const encoder = new TextEncoder();

/**
 * Builds a multipart/report (RFC 6522) with a text for people, a message/delivery-status (RFC 3464) and the header of
 * the original, or all of it. To be sent with the null reverse-path. All in ASCII with lines that any server takes, unless the
 * sender's own address is not ASCII.
 * @throws RangeError when there is nobody to report to: a message with the null reverse-path is never answered
 */
export function buildBounce(report: BounceReport): Uint8Array {
  if (report.sender === "") throw new RangeError("A message with the null reverse-path gets no report");
  if (report.recipients.length === 0) throw new RangeError("A report needs at least one recipient");
  if (!/^[A-Za-z0-9]{8,64}$/.test(report.unique)) throw new RangeError("unique must be 8 to 64 letters or digits");
  const boundary = `=_waypost_${report.unique}`;
  const parts = [
    formatTextPart("text/plain; charset=utf-8", "Notification", encoder.encode(formatText(report))),
    formatPart("message/delivery-status", "Delivery report", "7bit", formatStatus(report)),
    report.message
      ? formatPart("message/rfc822", "The message", "7bit", new TextDecoder().decode(report.message))
      : formatTextPart("text/rfc822-headers", "Header of the message", cutHeader(report.header)),
  ];
  const lines = [
    ...formatHeader(report),
    `Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="${boundary}"`,
    "",
    "This is a report on the delivery of a message.",
    "",
    // The CRLF before a delimiter belongs to it (RFC 2046 section 5.1.1): each part ends with a CRLF of its own.
    ...parts.map((part) => `--${boundary}\r\n${part}`),
    `--${boundary}--`,
    "",
  ];
  return encoder.encode(lines.join("\r\n"));
}

function formatHeader(report: BounceReport): string[] {
  const original = readFields(report.header, ["message-id", "subject"]);
  const messageId = original.get("message-id") ?? "";
  const about = original.get("subject");
  const what = reportTexts[report.kind].subject;
  const subject = about ? `${what}: ${about}` : `${what}: your message to ${nameRecipients(report.recipients)}`;
  const lines = [
    `Date: ${formatMailDate(report.now)}`,
    foldUnits("From:", ["Mail Delivery System", `<MAILER-DAEMON@${report.hostname}>`]),
    `To: <${report.sender}>`,
    foldUnits("Subject:", encodeHeaderWords(subject)),
    `Message-ID: <${report.unique}@${report.hostname}>`,
    "Auto-Submitted: auto-replied",
    "MIME-Version: 1.0",
  ];
  if (/^<[\x21-\x3b\x3d\x3f-\x7e]{3,250}>$/.test(messageId)) {
    lines.push(foldUnits("In-Reply-To:", [messageId]), foldUnits("References:", [messageId]));
  }
  return lines;
}

/** What differs in words between the kinds of reports. */
const reportTexts: Readonly<Record<BounceReport["kind"], { subject: string; first: string; last: string[] }>> = {
  failed: {
    subject: "Not delivered",
    first: "Your message could not be delivered.",
    last: ["What failed will not be tried again. Once the cause is mended, please send the message anew."],
  },
  delayed: { subject: "Delayed", first: "Your message has not been delivered yet.", last: [] },
  relayed: {
    subject: "Handed on",
    first: "Your message was handed on to the next mail server, as far as this relay can tell.",
    last: ["You asked to be told of the delivery. Whether the message has arrived, only its recipients can say."],
  },
};

const RELAYED = "Handed on to a mail server that sends no confirmations of delivery.";

/** Beside recipients that were given up. */
const STILL_TRIED = "This one is not given up: delivery will be tried again.";

/** The part that a user reads. */
function formatText(report: BounceReport): string {
  const texts = reportTexts[report.kind];
  const original = readFields(report.header, ["subject", "date"]);
  const lines = [
    texts.first,
    "",
    `  Subject: ${original.get("subject") || "(none)"}`,
    `  Sent:    ${original.get("date") || formatMailDate(report.arrivedAt)}`,
    "",
  ];
  for (const recipient of report.recipients) {
    const relayed = (recipient.action ?? report.kind) === "relayed";
    lines.push(
      `To ${recipient.address}:`,
      `  ${relayed ? RELAYED : explainStatus(recipient.status, recipient.diagnostic?.type === "x-waypost")}`,
    );
    if (recipient.diagnostic) {
      const text = cleanText(recipient.diagnostic.text);
      const who = recipient.remoteMta ? `The server ${recipient.remoteMta}` : "The mail server";
      lines.push(recipient.diagnostic.type === "smtp" ? `  ${who} answered: ${text}` : `  Details: ${text}`);
    }
    if (recipient.action === "delayed" && report.kind !== "delayed") lines.push(`  ${STILL_TRIED}`);
    lines.push("");
  }
  lines.push(...texts.last);
  if (report.kind === "delayed") {
    const until = report.retryUntilAt === undefined ? "" : ` until ${formatMailDate(report.retryUntilAt)}`;
    lines.push(`You need not do anything: delivery will be tried again${until}.`, "Should it fail, you will be told.");
  }
  lines.push(
    "",
    `This report was written by the mail relay ${report.hostname}; there the message has the id ${report.id}.`,
    "",
  );
  return lines.join("\r\n");
}

/** RFC 3464 section 2: a block of fields for the message, one for each recipient. */
function formatStatus(report: BounceReport): string {
  const message = [`Reporting-MTA: dns; ${report.hostname}`];
  if (report.envelopeId) message.unshift(`Original-Envelope-Id: ${cleanField(decodeXtext(report.envelopeId))}`);
  message.push(`Arrival-Date: ${formatMailDate(report.arrivedAt)}`, `X-Waypost-Id: ${report.id}`);
  const blocks = report.recipients.map((recipient) => formatRecipient(report, recipient));
  return [message, ...blocks].map((block) => block.join("\r\n") + "\r\n").join("\r\n");
}

function formatRecipient(report: BounceReport, recipient: ReportedRecipient): string[] {
  const lines: string[] = [];
  const { originalRecipient, remoteMta, diagnostic, lastAttemptAt } = recipient;
  if (originalRecipient) {
    lines.push(`Original-Recipient: ${formatOriginalRecipient(originalRecipient)}`);
  }
  lines.push(`Final-Recipient: ${formatTypedAddress(recipient.address)}`);
  lines.push(`Action: ${recipient.action ?? report.kind}`, `Status: ${recipient.status}`);
  if (remoteMta) lines.push(`Remote-MTA: dns; ${cleanField(remoteMta)}`);
  if (diagnostic) {
    const words = cleanField(diagnostic.text).slice(0, maxDiagnosticLength).split(" ");
    lines.push(foldUnits("Diagnostic-Code:", [`${diagnostic.type};`, ...words]));
  }
  if (lastAttemptAt !== undefined) lines.push(`Last-Attempt-Date: ${formatMailDate(lastAttemptAt)}`);
  if ((recipient.action ?? report.kind) === "delayed" && report.retryUntilAt !== undefined) {
    lines.push(`Will-Retry-Until: ${formatMailDate(report.retryUntilAt)}`);
  }
  return lines;
}

/** An address in ASCII as it is; beyond that in the utf-8-addr-xtext of RFC 6533 section 3. */
function formatTypedAddress(address: string): string {
  if (/^[\x20-\x7e]*$/.test(address)) return `rfc822; ${address}`;
  return `utf-8; ${escapeBeyondAscii(address)}`;
}

/** RFC 3461 section 6.3: the address of ORCPT without its xtext. */
function formatOriginalRecipient(given: string): string {
  const [type = "", ...rest] = given.split(";");
  const address = decodeXtext(rest.join(";"));
  const written = /^[\x20-\x7e]*$/.test(address) ? address : escapeBeyondAscii(address);
  return `${cleanField(type)}; ${cleanField(written)}`;
}

function formatTextPart(type: string, description: string, octets: Uint8Array): string {
  return isPlainText(octets)
    ? formatPart(type, description, "7bit", new TextDecoder().decode(octets))
    : formatPart(type, description, "quoted-printable", encodeQuotedPrintable(octets));
}

function formatPart(type: string, description: string, encoding: string, content: string): string {
  return [
    `Content-Type: ${type}`,
    `Content-Description: ${description}`,
    `Content-Transfer-Encoding: ${encoding}`,
    "",
    content,
  ].join("\r\n");
}

/** Whole lines of a header within the limit, each ended with CRLF. */
function cutHeader(header: Uint8Array): Uint8Array {
  // Latin-1 keeps each octet one character, so that those beyond ASCII come back as they were.
  let text = Buffer.from(header.subarray(0, maxReturnedHeaderOctets)).toString("latin1");
  if (header.length > maxReturnedHeaderOctets) text = text.slice(0, text.lastIndexOf("\n") + 1);
  const lines = text.replace(/[\r\n]+$/, "").split(/\r?\n/).join("\r\n");
  return Buffer.from(`${lines}\r\n`, "latin1");
}

function nameRecipients(recipients: readonly ReportedRecipient[]): string {
  const first = recipients[0]?.address ?? "";
  return recipients.length > 1 ? `${first} and ${recipients.length - 1} more` : first;
}

/** A value on one line. */
function cleanText(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, " ").trim();
}

/** A value on one line in ASCII. */
function cleanField(text: string): string {
  return cleanText(text).replace(/[^\x20-\x7e]/gu, "?");
}
