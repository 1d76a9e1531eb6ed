import { Buffer } from "node:buffer";

/** An entity of RFC 2045 section 2.4: a message, or a part of one. */
export interface MimeEntity {
  /** 0 for the message itself, then in the order in which they begin. */
  readonly id: number;
  /** It is a message of its own, not a part. */
  readonly isMessage: boolean;
  /** The entity that it stands in. */
  readonly parent: MimeEntity | null;
  /** What it holds, known at the end of its header. "opaque": entities that nobody looks into. */
  readonly kind: "text" | "other" | "multipart" | "message" | "opaque";
  /** Its Content-Transfer-Encoding is none: what it holds stands there as it is. */
  readonly isPlain: boolean;
  readonly hasType: boolean;
  readonly hasVersion: boolean;
}

/** Gets every octet of a message once, in order, by what it is. Octets are the walker's again afterwards. */
export interface MimeVisitor {
  /** A line of a header, with its CRLF; `field` names the field it belongs to, where that is one of MIME. */
  headerLine(entity: MimeEntity, line: Uint8Array, field: MimeField | null): void;
  /** The header has ended; the empty line behind it. */
  headerEnd(entity: MimeEntity, line: Uint8Array): void;
  /** What an entity holds that is neither multipart nor a message. */
  body(entity: MimeEntity, octets: Uint8Array): void;
  /** Such an entity has ended; the message with it or not. */
  bodyEnd(entity: MimeEntity, isLast: boolean): void;
  /** Delimiters, and what stands before the first and behind the last of them. RFC 2046 section 5.1.1. */
  between(octets: Uint8Array): void;
}

/** The fields that say what an entity is. */
export type MimeField = "content-type" | "content-transfer-encoding" | "mime-version";

/** What is looked into. */
export interface WalkChoice {
  /** Messages within the message: their parts are entities of their own, or each is one part as it stands there. */
  readonly messages: "walk" | "whole";
  /** What is signed or encrypted, which must stay as it is (RFC 1847 section 2) where it is to be changed. */
  readonly signed: "walk" | "whole";
}

/** What may be changed is looked into, what is signed is not. */
const CHANGEABLE: WalkChoice = { messages: "walk", signed: "whole" };

const mimeField = /^(content-type|content-transfer-encoding|mime-version)[ \t]*:/i;
const CRLF = Buffer.from("\r\n");
const LINE_OF_DASHES = Buffer.from("\r\n--");
const DASH = 45;
/** Entities deeper than this are not looked into. */
const maxDepth = 20;
/** Longer lines are passed on in pieces, in octets. */
const maxLineOctets = 16_384;
/** Longest value of a field that is read, in characters. */
const maxFieldLength = 16_384;

/** An entity that has not ended. */
interface Open extends MimeEntity {
  kind: MimeEntity["kind"];
  isPlain: boolean;
  hasType: boolean;
  hasVersion: boolean;
  readonly depth: number;
  /** Where its reading stands. */
  at: "header" | "body" | "preamble" | "parts" | "epilogue";
  /** The values of its MIME fields as they are read: name and text. */
  readonly fields: [MimeField, string][];
  /** The field that a folded line goes on with. */
  field: MimeField | null;
  boundary: string | null;
}

/**
 * Walks through the entities of a message that comes in pieces of any size, whose lines end in CRLF. Memory is bounded:
 * a line, and the MIME fields of the entities that are open.
 */
export class MimeWalker {
  readonly #visitor: MimeVisitor;
  readonly #choice: WalkChoice;
  readonly #open: Open[] = [];
  #entities = 0;
  /** The beginning of a line. */
  #rest: Uint8Array = new Uint8Array(0);
  /** A part of the line has been passed on. */
  #inLine = false;
  /** The end of a line of a body, which belongs to a delimiter should one follow. */
  #heldEnd = false;

  constructor(visitor: MimeVisitor, choice: WalkChoice = CHANGEABLE) {
    this.#visitor = visitor;
    this.#choice = choice;
    this.#begin(null, true);
  }

  /** Takes the next octets, undotted. */
  push(piece: Uint8Array): void {
    const octets = Buffer.concat([this.#rest, piece]);
    let at = 0;
    for (;;) {
      if (!this.#inLine) at = this.#passBody(octets, at);
      const end = octets.indexOf(CRLF, at);
      if (end < 0) break;
      this.#take(octets.subarray(at, end), true);
      at = end + 2;
    }
    if (octets.length - at > maxLineOctets) {
      // The last octet may be half of a line end.
      this.#take(octets.subarray(at, octets.length - 1), false);
      at = octets.length - 1;
    }
    this.#rest = octets.subarray(at);
  }

  /** The message has ended. */
  finish(): void {
    if (this.#rest.length > 0) this.#take(this.#rest, false);
    this.#releaseEnd();
    while (this.#open.length > 0) this.#close(true);
  }

  /** Passes whole lines of a body together, none of which can be a delimiter; gives where the others begin. */
  #passBody(octets: Buffer, at: number): number {
    const entity = this.#open.at(-1)!;
    if (entity.at !== "body" || octets.length - at < 2 || startsWithDashes(octets, at)) return at;
    const dashes = octets.indexOf(LINE_OF_DASHES, at);
    const last = dashes >= 0 ? dashes : octets.lastIndexOf(CRLF);
    if (last < at) return at;
    this.#releaseEnd();
    if (last > at) this.#visitor.body(entity, octets.subarray(at, last));
    this.#heldEnd = true;
    return last + 2;
  }

  /** @param isEnded a CRLF follows it */
  #take(content: Uint8Array, isEnded: boolean): void {
    const isStart = !this.#inLine;
    this.#inLine = !isEnded;
    if (isStart && this.#takeDelimiter(content, isEnded)) return;
    this.#releaseEnd();
    const entity = this.#open.at(-1)!;
    if (entity.at === "header") return this.#takeHeader(entity, content, isStart, isEnded);
    if (entity.at !== "body") {
      this.#visitor.between(content);
      if (isEnded) this.#visitor.between(CRLF);
      return;
    }
    if (content.length > 0) this.#visitor.body(entity, content);
    this.#heldEnd = isEnded;
  }

  #releaseEnd(): void {
    if (this.#heldEnd) this.#visitor.body(this.#open.at(-1)!, CRLF);
    this.#heldEnd = false;
  }

  /** A delimiter of an outer multipart ends all that stands in it. */
  #takeDelimiter(content: Uint8Array, isEnded: boolean): boolean {
    if (!startsWithDashes(content, 0)) return false;
    const index = this.#open.findIndex(({ boundary, at }) =>
      boundary !== null && (at === "preamble" || at === "parts") && isDelimiter(content, boundary)
    );
    const multipart = this.#open[index];
    if (!multipart) return false;
    const isEndHeld = this.#heldEnd;
    this.#heldEnd = false;
    while (this.#open.length > index + 1) this.#close(false);
    if (isEndHeld) this.#visitor.between(CRLF);
    this.#visitor.between(content);
    if (isEnded) this.#visitor.between(CRLF);
    multipart.at = isLastDelimiter(content, multipart.boundary!) ? "epilogue" : "parts";
    if (multipart.at === "parts") this.#begin(multipart, false);
    return true;
  }

  #takeHeader(entity: Open, content: Uint8Array, isStart: boolean, isEnded: boolean): void {
    if (isStart && content.length === 0 && isEnded) {
      settle(entity, this.#choice);
      this.#visitor.headerEnd(entity, CRLF);
      if (entity.kind === "multipart") entity.at = "preamble";
      else entity.at = "body";
      if (entity.kind === "message") this.#begin(entity, true);
      return;
    }
    noteField(entity, content, isStart);
    this.#visitor.headerLine(entity, isEnded ? Buffer.concat([content, CRLF]) : content, entity.field);
  }

  #begin(parent: Open | null, isMessage: boolean): void {
    this.#open.push({
      id: this.#entities++,
      isMessage,
      parent,
      kind: "opaque",
      isPlain: false,
      hasType: false,
      hasVersion: false,
      depth: (parent?.depth ?? -1) + 1,
      at: "header",
      fields: [],
      field: null,
      boundary: null,
    });
  }

  #close(isLast: boolean): void {
    const entity = this.#open.pop()!;
    if (entity.at === "body" && entity.kind !== "message") this.#visitor.bodyEnd(entity, isLast);
  }
}

function startsWithDashes(octets: Uint8Array, at: number): boolean {
  return octets[at] === DASH && octets[at + 1] === DASH;
}

function noteField(entity: Open, content: Uint8Array, isStart: boolean): void {
  const text = Buffer.from(content.buffer, content.byteOffset, content.length).toString("latin1");
  const last = entity.fields.at(-1);
  if (isStart && !/^[ \t]/.test(text)) {
    entity.field = (mimeField.exec(text)?.[1]?.toLowerCase() ?? null) as MimeField | null;
    if (entity.field) entity.fields.push([entity.field, text.slice(text.indexOf(":") + 1, maxFieldLength)]);
  } else if (entity.field && last && last[1].length < maxFieldLength) last[1] += text;
}

/** Decides at the end of a header what the entity is. What contradicts itself is opaque. */
function settle(entity: Open, choice: WalkChoice): void {
  const valuesOf = (name: MimeField) =>
    entity.fields.filter(([field]) => field === name).map(([, text]) => text.trim());
  const [types, encodings] = [valuesOf("content-type"), valuesOf("content-transfer-encoding")];
  entity.hasType = types.length > 0;
  entity.hasVersion = valuesOf("mime-version").length > 0;
  entity.isPlain = types.length <= 1 && encodings.length <= 1 && /^(?:7bit|8bit|binary)?$/i.test(encodings[0] ?? "");
  const type = types[0] ?? "text/plain";
  entity.kind = entity.depth > maxDepth ? "opaque" : kindOf(type.split(";")[0]!.trim().toLowerCase(), choice);
  if (entity.kind === "multipart") entity.boundary = boundaryOf(type);
  if (entity.kind === "multipart" && entity.boundary === null) entity.kind = "opaque";
}

function kindOf(type: string, { messages, signed }: WalkChoice): MimeEntity["kind"] {
  const isSealed = type === "multipart/signed" || type === "multipart/encrypted";
  if (isSealed && signed === "whole") return "opaque";
  if (type.startsWith("multipart/")) return "multipart";
  if (type === "message/rfc822" && messages === "walk") return "message";
  if (type.startsWith("message/")) return "opaque";
  return type.startsWith("text/") ? "text" : "other";
}

function boundaryOf(type: string): string | null {
  const found = /;\s*boundary\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(type);
  return (found?.[1]?.replace(/\\(.)/g, "$1") ?? found?.[2]) || null;
}

/** RFC 2046 section 5.1.1: white space behind it does not count. */
function isDelimiter(content: Uint8Array, boundary: string): boolean {
  const behind = behindBoundary(content, boundary);
  return behind !== null && /^(?:--)?[ \t]*$/.test(behind);
}

function isLastDelimiter(content: Uint8Array, boundary: string): boolean {
  return behindBoundary(content, boundary)?.startsWith("--") ?? false;
}

function behindBoundary(content: Uint8Array, boundary: string): string | null {
  if (content.length < boundary.length + 2) return null;
  const text = Buffer.from(content.buffer, content.byteOffset, content.length).toString("latin1");
  return text.startsWith(boundary, 2) ? text.slice(boundary.length + 2) : null;
}
