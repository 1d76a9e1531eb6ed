import { Buffer } from "node:buffer";
import { formatId } from "../store/ids.ts";
import { splitHeader } from "../wire/header.ts";

/** A message that stays on its source for its size. */
export interface NoticeOf {
  /** The id of the notice. */
  readonly id: number;
  readonly account: string;
  readonly host: string;
  /** Octets as the source says. */
  readonly octets: number;
  /** The header as TOP gave it; empty where the source does not give it. */
  readonly header: Uint8Array;
}

/** Fields that the notice takes over as they are: with them it stands where the message would stand. */
const KEPT = new Set(["from", "sender", "reply-to", "to", "cc", "date"]);

const CRLF = "\r\n";

/**
 * The notice of a message that was not fetched: a message of its own, from the same sender and of the same date, with the
 * whole header attached (RFC 6522 section 4). Its Message-ID is another one: the message itself may come later. Pure.
 */
export function composeNotice(notice: NoticeOf): Uint8Array {
  const { id, header } = notice;
  const shown = formatId(id);
  const boundary = `waypost-notice-${shown}`;
  const fields = splitHeader(header);
  const subject = fields.find(({ name }) => name === "subject");
  const size = megabytes(notice.octets);
  const head = [
    ...fields.filter(({ name }) => KEPT.has(name)).map(({ text }) => text),
    `Subject: [${size} MB, not fetched]${subject ? subject.text.slice(subject.text.indexOf(":") + 1) : ""}`,
    `Message-ID: <notice.${shown}@waypost.invalid>`,
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    "",
    `--${boundary}`,
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    ...textOf(notice, size, shown).map((line) => Buffer.from(line, "utf8").toString("latin1")),
    "",
    `--${boundary}`,
    "Content-Type: text/rfc822-headers",
    "",
  ].join(CRLF);
  return Buffer.concat([Buffer.from(head + CRLF, "latin1"), header, Buffer.from(`${CRLF}--${boundary}--${CRLF}`)]);
}

function textOf({ account, host }: NoticeOf, size: string, shown: string): string[] {
  return [
    `This message has ${size} MB and was left on ${host}: it is larger than the`,
    "settings allow to be fetched unasked. Its header is attached.",
    "",
    "To have it, open this notice in the dashboard of Waypost and choose",
    '"Fetch the message", or run',
    "",
    `    waypost fetch ${account} --message ${shown}`,
    "",
    "It comes in place of this notice.",
  ];
}

/** In megabytes, with one digit behind the point below 10. */
function megabytes(octets: number): string {
  const size = octets / 1_000_000;
  return size < 10 ? size.toFixed(1) : size.toFixed(0);
}
