import { Buffer } from "node:buffer";
import { isBeyondAscii } from "./ascii.ts";
import { Base64Encoder, QuotedPrintableEncoder } from "./mime-encoding.ts";
import { type MimeEntity, type MimeField, type MimeVisitor, MimeWalker } from "./mime-walk.ts";

/** Reads the octets of a message; it may be called several times. */
export type ReadMessage = () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** A message in ASCII. */
export interface SevenBitMessage {
  readonly size: number;
  readonly octets: () => AsyncIterable<Uint8Array>;
}

type Encoding = "7bit" | "quoted-printable" | "base64";

/** Entities that are to be converted, by their ids, and the encoding that they have then. */
type Plan = ReadonlyMap<number, Encoding>;

/** More entities with 8-bit text than this are not converted: what is planned for each takes memory. */
const maxConverted = 10_000;

/**
 * Converts a message with 8-bit text into one of ASCII, RFC 6152 section 3: what parts hold is encoded as
 * quoted-printable or base64 and comes out of them as it was. Everything that is ASCII stays as it is.
 *
 * The message is read three times, each time in memory for little more than a piece: to see which parts are to be
 * converted, since that stands in their headers before them; to count; and to send.
 * @param size octets of the message: fewer are only a part of it
 * @returns null where that cannot be done without loss: 8-bit text in a header or between parts, parts that are signed
 * or encrypted, or whose encoding says what it is not
 * @throws what `read` throws, and where it does not give the whole message
 */
export async function convertToSevenBit(read: ReadMessage, size: number): Promise<SevenBitMessage | null> {
  const scout = new Scout();
  const walker = new MimeWalker(scout);
  let given = 0;
  for await (const piece of read()) {
    given += piece.length;
    walker.push(piece);
    if (scout.plan === null) return null;
  }
  if (given !== size) throw new Error(`the message has ${given} octets, ${size} were expected`);
  walker.finish();
  const { plan } = scout;
  if (plan === null) return null;
  let converted = 0;
  for await (const piece of convert(read, plan)) converted += piece.length;
  return { size: converted, octets: () => convert(read, plan) };
}

async function* convert(read: ReadMessage, plan: Plan): AsyncIterable<Uint8Array> {
  const converter = new Converter(plan);
  const walker = new MimeWalker(converter);
  for await (const piece of read()) {
    walker.push(piece);
    const converted = converter.take();
    if (converted.length > 0) yield converted;
  }
  walker.finish();
  const last = converter.take();
  if (last.length > 0) yield last;
}

/** Finds what is to be converted. */
class Scout implements MimeVisitor {
  /** Null: it cannot be done. */
  plan: Map<number, Encoding> | null = new Map();

  headerLine(_: MimeEntity, line: Uint8Array): void {
    this.between(line);
  }

  headerEnd(): void {
    // An empty line is ASCII.
  }

  body(entity: MimeEntity, octets: Uint8Array): void {
    if (this.plan?.has(entity.id) || !isBeyondAscii(octets)) return;
    for (let one: MimeEntity | null = entity; one; one = one.parent) {
      if (!one.isPlain || one.kind === "opaque") this.plan = null;
      if (this.plan === null || this.plan.has(one.id)) return;
      this.plan.set(one.id, encodingOf(one));
      if (this.plan.size > maxConverted) this.plan = null;
    }
  }

  bodyEnd(): void {
    // What it holds has been seen.
  }

  between(octets: Uint8Array): void {
    if (isBeyondAscii(octets)) this.plan = null;
  }
}

function encodingOf({ kind }: MimeEntity): Encoding {
  if (kind === "text") return "quoted-printable";
  return kind === "other" ? "base64" : "7bit";
}

/** Converts by plan. */
class Converter implements MimeVisitor {
  readonly #plan: Plan;
  #out: Uint8Array[] = [];
  #encoder: QuotedPrintableEncoder | Base64Encoder | null = null;
  /** The encoding of the entity whose header is being read has been written. */
  #hasEncoding = false;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** What has been converted since. */
  take(): Uint8Array {
    const taken = Buffer.concat(this.#out);
    this.#out = [];
    return taken;
  }

  headerLine({ id }: MimeEntity, line: Uint8Array, field: MimeField | null): void {
    const encoding = this.#plan.get(id);
    if (encoding === undefined || field !== "content-transfer-encoding") return this.#give(line);
    // In the place of the one that was there, folded lines and all.
    if (!this.#hasEncoding) this.#say(`Content-Transfer-Encoding: ${encoding}`);
    this.#hasEncoding = true;
  }

  headerEnd({ id, isMessage, hasVersion, hasType }: MimeEntity, line: Uint8Array): void {
    const encoding = this.#plan.get(id);
    if (encoding !== undefined) {
      // A message from before MIME becomes one whose characters nobody knows. RFC 1428 section 3.
      if (isMessage && !hasVersion) this.#say("MIME-Version: 1.0");
      if (isMessage && !hasType) this.#say("Content-Type: text/plain; charset=unknown-8bit");
      if (!this.#hasEncoding) this.#say(`Content-Transfer-Encoding: ${encoding}`);
    }
    this.#hasEncoding = false;
    this.#encoder = encoding === "base64"
      ? new Base64Encoder()
      : encoding === "quoted-printable"
      ? new QuotedPrintableEncoder()
      : null;
    this.#give(line);
  }

  body(_: MimeEntity, octets: Uint8Array): void {
    this.#give(this.#encoder ? this.#encoder.push(octets) : octets);
  }

  bodyEnd(_: MimeEntity, isLast: boolean): void {
    if (!this.#encoder) return;
    this.#give(this.#encoder.end());
    // Its own line end went into base64.
    if (isLast && this.#encoder instanceof Base64Encoder) this.#give(Buffer.from("\r\n"));
    this.#encoder = null;
  }

  between(octets: Uint8Array): void {
    this.#give(octets);
  }

  #say(field: string): void {
    this.#give(Buffer.from(`${field}\r\n`));
  }

  #give(octets: Uint8Array): void {
    if (octets.length > 0) this.#out.push(octets);
  }
}
