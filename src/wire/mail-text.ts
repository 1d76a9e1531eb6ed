import { Buffer } from "node:buffer";
import { decodeText } from "./charset.ts";
import { readFields } from "./header.ts";
import { textOfHtml } from "./html-text.ts";
import { type MailPart, MailReader } from "./mail-reader.ts";

/** What people look for in a message. */
export interface MailText {
  /** Decoded values of From, To and Cc. */
  readonly from: string;
  readonly to: string;
  /** Names of attached files. */
  readonly names: string;
  readonly text: string;
}

/** Parts that are looked at; a message may have thousands. */
const MAX_PARTS = 200;
/** HTML is mostly marks: so much more of it is read than is wanted of text. */
const HTML_FACTOR = 4;

/** Takes the text out of messages that come in pieces of any size, as much as is wanted. */
export interface MailTextReader {
  /** Takes the next octets. True: nothing more is needed. */
  push(octets: Uint8Array): boolean;
  finish(): MailText;
}

/**
 * Makes one.
 * @param limit characters of text that are wanted, about
 */
export function createMailTextReader(limit: number): MailTextReader {
  let fields: ReadonlyMap<string, string> = new Map();
  let parts = 0;
  let wanted = limit;
  let plain = "";
  const names: string[] = [];
  const texts: string[] = [];
  let pieces: Uint8Array[] = [];
  let room = 0;

  function begin(part: MailPart): ((octets: Uint8Array) => void) | null {
    parts++;
    if (part.name !== "") names.push(part.name);
    const isRead = part.type === "text/plain" || part.type === "text/html";
    if (!isRead || part.disposition === "attachment" || wanted <= 0) return null;
    pieces = [];
    room = part.type === "text/html" ? wanted * HTML_FACTOR : wanted;
    return (octets) => {
      const piece = Uint8Array.from(octets.subarray(0, room));
      room -= piece.length;
      if (piece.length > 0) pieces.push(piece);
    };
  }

  function end({ type, charset, isAlternative }: MailPart): void {
    if (pieces.length === 0) return;
    const text = decodeText(Buffer.concat(pieces), charset);
    pieces = [];
    const read = (type === "text/html" ? textOfHtml(text) : text).slice(0, Math.max(0, wanted));
    // The same once more, in HTML.
    if (isAlternative && type === "text/html" && plain.length >= read.length / 2) return;
    if (isAlternative && type === "text/plain") plain = read;
    wanted -= read.length;
    texts.push(read);
  }

  const reader = new MailReader({
    header: (octets) => void (fields = readFields(octets, ["from", "to", "cc"])),
    begin,
    end,
  });
  return {
    push(octets) {
      if (parts <= MAX_PARTS) reader.push(octets);
      return parts > MAX_PARTS;
    },
    finish() {
      reader.finish();
      const to = [fields.get("to") ?? "", fields.get("cc") ?? ""].filter((text) => text !== "").join(", ");
      return { from: fields.get("from") ?? "", to, names: names.join(" "), text: texts.join("\n") };
    },
  };
}
