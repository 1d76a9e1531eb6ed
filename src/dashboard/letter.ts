import { Buffer } from "node:buffer";
import type { LetterField, LetterModel, LetterPart, SafeHtml } from "../../web/letter-models.ts";
import { decodeText } from "../wire/charset.ts";
import { readFields } from "../wire/header.ts";
import { type MailPart, MailReader } from "../wire/mail-reader.ts";
import { safeFileName } from "./file-name.ts";

/* What is in a message, read as it passes: memory for what is shown, not for the message. */

/** The octets of a message, piece by piece. */
export type Octets = AsyncIterable<Uint8Array>;

const FIELDS: readonly LetterField[] = ["from", "reply-to", "to", "cc", "date", "subject"];
/** Parts that are listed. */
const MAX_PARTS = 500;
/** Octets of plain text and of HTML that are shown. */
const TEXT_OCTETS = 256 * 1024;
const HTML_OCTETS = 1024 * 1024;
/** Pictures of a letter that are shown within it: of so many octets each, and in all. */
const PICTURE_OCTETS = 2 * 1024 * 1024;
const PICTURES_OCTETS = 6 * 1024 * 1024;
/** Pictures that no browser takes for a document. */
const PICTURES: ReadonlySet<string> = new Set([
  ...["image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "image/bmp", "image/avif"],
]);

/** Stands for a picture that is not looked for. */
const NO_PICTURE = "data:,";

/** What nobody sees of a message that is not here. */
export const EMPTY_LETTER: Omit<LetterModel, "state"> = {
  ...{ fields: [], text: null, isTextCut: false, hasHtml: false, attachments: [], hasMore: false },
};

/** Gathers octets up to a limit. */
function createGatherer(limit: number) {
  const pieces: Uint8Array[] = [];
  let octets = 0;
  return {
    take(piece: Uint8Array) {
      const part = Uint8Array.from(piece.subarray(0, Math.max(0, limit - octets)));
      if (part.length > 0) pieces.push(part);
      octets += piece.length;
    },
    get octets() {
      return octets;
    },
    get isCut() {
      return octets > limit;
    },
    joined: () => Buffer.concat(pieces),
  };
}

/** What is in a message: its fields, its plain text, what is attached. @throws StoreError */
export async function readLetter(octets: Octets): Promise<LetterModel> {
  let fields: LetterModel["fields"] = [];
  const texts: string[] = [];
  const listed: { part: MailPart; octets: number }[] = [];
  let textRoom = TEXT_OCTETS;
  let isTextCut = false;
  let hasHtml = false;
  let finishPart: () => void = () => undefined;
  const reader = new MailReader({
    header: (header) => void (fields = shownFields(header)),
    begin(part) {
      const isBody = part.disposition !== "attachment" && part.name === "";
      if (isBody && part.type === "text/html" && !hasHtml) {
        hasHtml = true;
        return null;
      }
      const isText = isBody && part.type === "text/plain";
      const entry = { part, octets: 0 };
      if (!isText) listed.push(entry);
      const gathered = createGatherer(isText ? textRoom : 0);
      finishPart = () => {
        entry.octets = gathered.octets;
        if (!isText) return;
        texts.push(decodeText(gathered.joined(), part.charset));
        textRoom = Math.max(0, textRoom - gathered.octets);
        isTextCut ||= gathered.isCut;
      };
      return gathered.take;
    },
    end() {
      finishPart();
      finishPart = () => undefined;
    },
  });
  const isWhole = await feed(reader, octets, () => listed.length > MAX_PARTS || texts.length > MAX_PARTS);
  const attachments = listed.slice(0, MAX_PARTS).map(({ part, octets: size }) => attachmentOf(part, size));
  const text = texts.length === 0 ? null : texts.join("\n").replaceAll("\r\n", "\n");
  return { state: "here", fields, text, isTextCut, hasHtml, attachments, hasMore: !isWhole };
}

/** Gives the reader all octets, or as many as are wanted. @returns whether they were all */
async function feed(reader: MailReader, octets: Octets, isEnough: () => boolean): Promise<boolean> {
  for await (const piece of octets) {
    reader.push(piece);
    if (isEnough()) return false;
  }
  reader.finish();
  return true;
}

function shownFields(header: Uint8Array): LetterModel["fields"] {
  const values = readFields(header, FIELDS);
  return FIELDS.flatMap((name) => values.has(name) ? [{ name, value: values.get(name)! }] : []);
}

/** How a part is listed. */
function attachmentOf({ id, name, type, contentId, disposition }: MailPart, octets: number): LetterPart {
  const isInline = PICTURES.has(type) && contentId !== "" && disposition !== "attachment";
  return { number: id, name: fileNameOf(id, name, type), type, octets, isInline };
}

function fileNameOf(id: number, name: string, type: string): string {
  return safeFileName(name, `part-${id}${type === "message/rfc822" ? ".eml" : type.startsWith("text/") ? ".txt" : ""}`);
}

/**
 * The HTML of a message, made safe; null: it has none.
 * @param withPictures whether its own pictures are put into it: they stand behind it in the message
 * @throws StoreError
 */
export async function readHtml(octets: Octets, withPictures: boolean): Promise<SafeHtml | null> {
  let html: string | null = null;
  let isReading = false;
  const pictures = new Map<string, string>();
  let room = PICTURES_OCTETS;
  let finishPart: () => void = () => undefined;
  const reader = new MailReader({
    begin(part) {
      const isBody = part.disposition !== "attachment" && part.name === "";
      if (part.type === "text/html" && isBody && html === null && !isReading) {
        isReading = true;
        const gathered = createGatherer(HTML_OCTETS);
        finishPart = () => void (html = decodeText(gathered.joined(), part.charset));
        return gathered.take;
      }
      if (!withPictures || !PICTURES.has(part.type) || part.contentId === "" || pictures.size >= MAX_PARTS) return null;
      const gathered = createGatherer(Math.min(PICTURE_OCTETS, room));
      finishPart = () => {
        if (gathered.isCut || pictures.has(part.contentId)) return;
        room -= gathered.octets;
        pictures.set(part.contentId, `data:${part.type};base64,${gathered.joined().toString("base64")}`);
      };
      return gathered.take;
    },
    end() {
      finishPart();
      finishPart = () => undefined;
    },
  });
  await feed(reader, octets, () => !withPictures && html !== null);
  if (html === null) return null;
  // Loaded when the first letter with HTML is shown.
  const { makeSafe } = await import("./safe-html.ts");
  return await makeSafe(html, (contentId) => withPictures ? pictures.get(contentId) ?? null : NO_PICTURE);
}

/** An attachment on its way. */
export interface Attachment {
  readonly name: string;
  readonly octets: AsyncGenerator<Uint8Array>;
}

/** A part of a message by its number, read as it is asked for; null: there is no such part. @throws StoreError */
export async function readAttachment(octets: Octets, number: number): Promise<Attachment | null> {
  const source = octets[Symbol.asyncIterator]();
  let ready: Uint8Array[] = [];
  const found: { part: MailPart | null; isOver: boolean } = { part: null, isOver: false };
  const reader = new MailReader({
    begin(part) {
      // Past it: parts come in the order of their numbers.
      if (part.id > number) found.isOver = true;
      if (part.id !== number) return null;
      found.part = part;
      return (piece) => void ready.push(Uint8Array.from(piece));
    },
    end: ({ id }) => void (found.isOver ||= id === number),
  });
  const step = async () => {
    const { done, value } = await source.next();
    if (done) {
      reader.finish();
      found.isOver = true;
    } else reader.push(value);
  };
  while (found.part === null && !found.isOver) await step();
  const { part } = found;
  if (part === null) {
    await source.return?.();
    return null;
  }
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const now = ready;
        ready = [];
        yield* now;
        if (found.isOver && ready.length === 0) return;
        if (!found.isOver) await step();
      }
    } finally {
      await source.return?.();
    }
  }
  return { name: fileNameOf(part.id, part.name, part.type), octets: pieces() };
}

/** Octets of a range, as they pass. @throws StoreError */
export async function* sliceOf(octets: Octets, from: number, length: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const piece of octets) {
    const part = piece.subarray(Math.max(0, from - at), Math.max(0, from + length - at));
    at += piece.length;
    if (part.length > 0) yield part;
    if (at >= from + length) return;
  }
}
