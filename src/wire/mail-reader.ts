import { Buffer } from "node:buffer";
import { type ParameterizedField, readParameters } from "./field-parameters.ts";
import { valuesOfField } from "./header.ts";
import { type MimeEntity, type MimeVisitor, MimeWalker } from "./mime-walk.ts";
import { createTransferDecoder, type TransferDecoder } from "./transfer-decoding.ts";

/** A part of a message that holds something: neither a multipart nor the message around it. */
export interface MailPart {
  /** Its number within the message, in the order in which the parts begin. */
  readonly id: number;
  /** In lower case, "text/plain". */
  readonly type: string;
  /** As its field names it, "" where it does not. */
  readonly charset: string;
  /** The name of the file, as the message gives it: it may hold anything. "" when it has none. */
  readonly name: string;
  readonly disposition: "inline" | "attachment" | "none";
  /** Without angle brackets, "" when it has none. */
  readonly contentId: string;
  /** It stands in a multipart/alternative. */
  readonly isAlternative: boolean;
}

/** Gets a message, part by part. */
export interface MailSink {
  /** The header of the message itself: as much of it as is kept. */
  header?(octets: Uint8Array): void;
  /** A part begins. What is given gets its octets, without their encoding; null: they are passed over. */
  begin(part: MailPart): ((octets: Uint8Array) => void) | null;
  /** It has ended. */
  end?(part: MailPart): void;
}

/** Of each header so many octets are looked at; of all parts' headers together so many are kept at a time. */
const MAX_HEADER_OCTETS = 65_536;
const LF = 10;
const CR = 13;
const CRLF = new Uint8Array([CR, LF]);

/**
 * Reads a message that comes in pieces of any size into its parts, with memory for a line and a header. Nothing that a
 * message holds is an error: what is malformed is read as far as it goes. Lines may end with LF alone. A message within
 * the message is one part as it stands there.
 */
export class MailReader {
  readonly #sink: MailSink;
  readonly #walker: MimeWalker;
  readonly #headers = new Map<number, { readonly lines: Uint8Array[]; octets: number }>();
  #last = -1;
  #current: { readonly part: MailPart; readonly take: ((octets: Uint8Array) => void) | null } | null = null;
  #decoder: TransferDecoder | null = null;
  /** Of multiparts: what kind they are. */
  readonly #types = new WeakMap<MimeEntity, string>();

  constructor(sink: MailSink) {
    this.#sink = sink;
    this.#walker = new MimeWalker(this.#visitor(), { messages: "whole", signed: "walk" });
  }

  /** Takes the next octets. */
  push(piece: Uint8Array): void {
    let from = 0;
    for (let lf = piece.indexOf(LF); lf >= 0; lf = piece.indexOf(LF, lf + 1)) {
      if ((lf > 0 ? piece[lf - 1] : this.#last) === CR) continue;
      if (lf > from) this.#walker.push(piece.subarray(from, lf));
      this.#walker.push(CRLF);
      from = lf + 1;
    }
    if (from < piece.length) this.#walker.push(piece.subarray(from));
    if (piece.length > 0) this.#last = piece[piece.length - 1]!;
  }

  /** The message has ended, or no more of it is given: what was begun ends here. */
  finish(): void {
    this.#walker.finish();
    // A message that ends within its header.
    const rest = this.#headers.get(0);
    if (rest) this.#sink.header?.(Buffer.concat(rest.lines));
    this.#endPart();
  }

  #visitor(): MimeVisitor {
    return {
      headerLine: (entity, line) => this.#keepHeader(entity, line),
      headerEnd: (entity) => this.#beginEntity(entity),
      body: (_, octets) => {
        if (!this.#current?.take) return;
        const decoded = this.#decoder!.push(octets);
        if (decoded.length > 0) this.#current.take(decoded);
      },
      bodyEnd: () => this.#endPart(),
      between: () => undefined,
    };
  }

  #keepHeader({ id }: MimeEntity, line: Uint8Array): void {
    const kept = this.#headers.get(id) ?? { lines: [], octets: 0 };
    this.#headers.set(id, kept);
    const part = Uint8Array.from(line.subarray(0, MAX_HEADER_OCTETS - kept.octets));
    if (part.length > 0) kept.lines.push(part);
    kept.octets += part.length;
  }

  #beginEntity(entity: MimeEntity): void {
    const header = Buffer.concat(this.#headers.get(entity.id)?.lines ?? []);
    this.#headers.delete(entity.id);
    if (entity.id === 0) this.#sink.header?.(header);
    const type = fieldOf(header, "content-type");
    if (entity.kind === "multipart") return void this.#types.set(entity, type.value);
    const part = partOf(entity, header, type, entity.parent ? this.#types.get(entity.parent) ?? "" : "");
    this.#current = { part, take: this.#sink.begin(part) };
    this.#decoder = createTransferDecoder(valuesOfField(header, "content-transfer-encoding")[0] ?? "");
  }

  #endPart(): void {
    if (!this.#current) return;
    const { part, take } = this.#current;
    const rest = take ? this.#decoder!.end() : null;
    if (rest && rest.length > 0) take!(rest);
    this.#current = null;
    this.#sink.end?.(part);
  }
}

function fieldOf(header: Uint8Array, name: string): ParameterizedField {
  return readParameters(valuesOfField(header, name)[0] ?? "");
}

function partOf({ id }: MimeEntity, header: Uint8Array, type: ParameterizedField, parentType: string): MailPart {
  const disposition = fieldOf(header, "content-disposition");
  const { value } = disposition;
  return {
    id,
    type: /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type.value) ? type.value : "text/plain",
    charset: type.parameters.get("charset") ?? "",
    name: disposition.parameters.get("filename") ?? type.parameters.get("name") ?? "",
    disposition: value === "" ? "none" : value === "inline" ? "inline" : "attachment",
    contentId: (valuesOfField(header, "content-id")[0] ?? "").replace(/^<(.*)>$/s, "$1"),
    isAlternative: parentType === "multipart/alternative",
  };
}
