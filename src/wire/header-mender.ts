import { Buffer } from "node:buffer";
import {
  addressIn,
  COLON,
  isBlank,
  isEmptyLine,
  isFolded,
  isMailboxSeparator,
  isName,
  LF,
  nameEndOf,
} from "./header-lines.ts";
import { type Emit, HeldSection } from "./held-section.ts";

const CRLF = new Uint8Array([13, 10]);
const NOTHING = new Uint8Array(0);

/** So much of a line must have come before it is judged: a field's name and its colon stand within it. */
const lookedAtOctets = 1000;
/** Longest From field whose content is kept, in octets. */
const maxFromOctets = 65_536;

/** What a header section has, told at its end. A field that says nothing ("Message-ID: <>") does not count. */
export interface HeaderFacts {
  readonly hasDate: boolean;
  readonly hasMessageId: boolean;
  readonly hasFrom: boolean;
  /** It carries a DKIM-Signature (RFC 6376). */
  readonly isSigned: boolean;
}

/** What is done to a header section. */
export interface HeaderMending {
  /**
   * The address that must stand in From; null: whatever stands there. Another From field is replaced, and what it said
   * goes to Reply-To unless there is one.
   */
  readonly from: string | null;
  /** Fields to add, each with its CRLF; "" for none. Those of their name that say nothing are left out then. */
  readonly missing: (facts: HeaderFacts) => string;
}

/** A field that has to be there once, and say something. RFC 5322 section 3.6; Message-ID should. */
type Needed = "from" | "date" | "message-id";

const factOf = { "from": "hasFrom", "date": "hasDate", "message-id": "hasMessageId" } as const;

/** A field that does not pass, as far as it has come. */
interface Taken {
  readonly name: Needed;
  /** It is the From field that is to be replaced; else one that says nothing so far. */
  readonly isReplaced: boolean;
  readonly pieces: Uint8Array[];
  octets: number;
}

/**
 * Mends the header section of a message that passes in pieces of any size; every octet that needs no mending passes as
 * it came, and the outcome does not depend on where the octets were cut. What is added stands in front of the section;
 * behind it where the section is so long that it is not held until all of it is known. Memory is bounded.
 *
 * The section ends at the first empty line, or before the first line that can be no field; then, where something is
 * added, an empty line comes behind it.
 */
export class HeaderMender {
  /** Received fields so far: what a message's hops are counted by. RFC 5321 section 6.3. */
  received = 0;
  readonly #mending: HeaderMending;
  readonly #facts = { hasDate: false, hasMessageId: false, hasFrom: false, isSigned: false };
  #hasReplyTo = false;
  #ended = false;
  /** The beginning of a line, too short to be judged. */
  #line: Uint8Array = NOTHING;
  /** Within a line that was judged by its beginning. */
  #inLine = false;
  #isFirstLine = true;
  /** The field that does not pass; null: outside of one. */
  #taken: Taken | null = null;
  /** What the From field said that was replaced. */
  #replyTo: Uint8Array | null = null;
  readonly #held = new HeldSection<Needed>();

  constructor(mending: HeaderMending) {
    this.#mending = mending;
  }

  /** Takes the next octets, undotted. */
  push(piece: Uint8Array, emit: Emit): void {
    if (this.#ended) return emit(piece);
    this.#scan(this.#line.length > 0 ? Buffer.concat([this.#line, piece]) : piece, emit);
    for (const name of this.#held.keep(emit)) this.#facts[factOf[name]] = true;
  }

  /** The message has ended. */
  finish(emit: Emit): void {
    if (this.#ended) return;
    const line = this.#line;
    const isBody = line.length > 0 && this.#endsBefore(line, 0, line.length);
    if (line.length > 0 && !isBody) {
      this.#beginLine(line, 0, line.length, emit);
      if (this.#taken) keep(this.#taken, line);
      else this.#held.give(line, emit);
    }
    const isOpen = this.#taken === null && !isBody && (line.length > 0 || this.#inLine);
    this.#end(!isBody, isOpen, emit);
    if (isBody) emit(line);
  }

  #scan(octets: Uint8Array, emit: Emit): void {
    this.#line = NOTHING;
    // What stands from `from` to `at` passes and was not given out yet.
    let from = 0;
    const giveTo = (to: number) => {
      if (to > from) this.#held.give(from === 0 && to === octets.length ? octets : octets.subarray(from, to), emit);
      from = to;
    };
    for (let at = 0; at < octets.length;) {
      const lf = octets.indexOf(LF, at);
      const end = lf < 0 ? octets.length : lf + 1;
      if (!this.#inLine) {
        if (lf < 0 && end - at < lookedAtOctets) {
          this.#line = octets.slice(at);
          return giveTo(at);
        }
        if (this.#endsBefore(octets, at, end)) {
          giveTo(at);
          this.#end(isEmptyLine(octets, at, end), false, emit);
          return giveTo(octets.length);
        }
        this.#beginLine(octets, at, end, emit);
      }
      if (this.#taken) {
        giveTo(at);
        keep(this.#taken, octets.slice(at, end));
        from = end;
      }
      this.#inLine = lf < 0;
      at = end;
    }
    giveTo(octets.length);
  }

  /** Whether the section ends before this line. */
  #endsBefore(octets: Uint8Array, at: number, end: number): boolean {
    if (isFolded(octets, at)) return this.#isFirstLine;
    return nameEndOf(octets, at, end) < 0 && !(this.#isFirstLine && isMailboxSeparator(octets, at, end));
  }

  /** Takes note of a line's beginning, and whether its field is to pass. */
  #beginLine(octets: Uint8Array, at: number, end: number, emit: Emit): void {
    this.#isFirstLine = false;
    if (isFolded(octets, at)) {
      const taken = this.#taken;
      if (!taken || taken.isReplaced) return;
      if (taken.octets > lookedAtOctets || !isBlankLine(octets, at, at, end)) this.#giveTaken(taken, emit);
      return;
    }
    this.#endField(emit);
    const nameEnd = nameEndOf(octets, at, end);
    const name = this.#noteName(octets, at, nameEnd);
    if (name === null) return;
    const isReplaced = name === "from" && this.#mending.from !== null;
    if (isReplaced || isBlankLine(octets, at, valueOf(octets, nameEnd), end)) {
      this.#taken = { name, isReplaced, pieces: [], octets: 0 };
    } else this.#facts[factOf[name]] = true;
  }

  /** Notes that there is such a field. @returns its name where it has to say something */
  #noteName(octets: Uint8Array, at: number, end: number): Needed | null {
    // By length first: most names are none of these, and this runs for every field of every message.
    switch (end - at) {
      case 4:
        return isName(octets, at, "from") ? "from" : isName(octets, at, "date") ? "date" : null;
      case 8:
        if (isName(octets, at, "received")) this.received++;
        else if (isName(octets, at, "reply-to")) this.#hasReplyTo = true;
        return null;
      case 10:
        return isName(octets, at, "message-id") ? "message-id" : null;
      case 14:
        if (isName(octets, at, "dkim-signature")) this.#facts.isSigned = true;
        return null;
      default:
        return null;
    }
  }

  /** A field that was taken has ended. */
  #endField(emit: Emit): void {
    const taken = this.#taken;
    if (taken === null) return;
    if (taken.isReplaced) this.#replaceFrom(taken, emit);
    else if (this.#held.isHeld) this.#held.setAside(taken.name, Buffer.concat(taken.pieces));
    else this.#giveTaken(taken, emit);
    this.#taken = null;
  }

  /** A field passes that seemed to say nothing. */
  #giveTaken({ name, pieces }: Taken, emit: Emit): void {
    this.#taken = null;
    this.#facts[factOf[name]] = true;
    for (const octets of pieces) this.#held.give(octets, emit);
  }

  /** The From field has come whole. Of several the first counts, the others are left out. RFC 5322 section 3.6. */
  #replaceFrom({ pieces, octets }: Taken, emit: Emit): void {
    const field = Buffer.concat(pieces);
    const address = this.#mending.from;
    if (address === null || this.#facts.hasFrom) return;
    this.#facts.hasFrom = true;
    const value = field.subarray(field.indexOf(COLON) + 1);
    const isWhole = octets <= maxFromOctets;
    if (isWhole && addressIn(value.toString("utf8")) === address.toLowerCase()) {
      this.#held.give(field, emit);
      // At the end of a message that breaks off within it.
      if (field.at(-1) !== LF) this.#held.give(CRLF, emit);
      return;
    }
    this.#held.give(Buffer.from(`From: ${address}\r\n`), emit);
    // Without an @ it names nobody who could be answered.
    if (isWhole && value.includes("@")) this.#replyTo = value;
  }

  /**
   * The section has ended: adds what is missing.
   * @param isEmptyLine whether an empty line follows, or nothing
   * @param isOpen whether its last line has no end
   */
  #end(isEmptyLine: boolean, isOpen: boolean, emit: Emit): void {
    this.#ended = true;
    this.#endField(emit);
    const missing = this.#mending.missing(this.#facts);
    const added = this.#added(missing);
    const isBehind = !this.#held.isHeld;
    if (!isBehind) {
      for (const octets of added) emit(octets);
      this.#held.release(emit, (name) => !hasField(missing, name));
    }
    if (added.length === 0) return;
    if (isOpen && (isBehind || !isEmptyLine)) emit(CRLF);
    if (isBehind) { for (const octets of added) emit(octets); }
    if (!isEmptyLine) emit(CRLF);
  }

  #added(missing: string): Uint8Array[] {
    const added: Uint8Array[] = [];
    if (this.#replyTo && !this.#hasReplyTo) {
      added.push(Buffer.from("Reply-To:"), this.#replyTo);
      if (this.#replyTo.at(-1) !== LF) added.push(CRLF);
    }
    if (missing !== "") added.push(Buffer.from(missing));
    return added;
  }
}

function keep(taken: Taken, octets: Uint8Array): void {
  taken.octets += octets.length;
  if (taken.octets <= maxFromOctets) taken.pieces.push(octets);
}

/** Where the value begins behind a name. */
function valueOf(octets: Uint8Array, nameEnd: number): number {
  let at = nameEnd;
  while (octets[at] !== COLON) at++;
  return at + 1;
}

/** Whether the value from `from` on says nothing, in a line that is short enough to come whole before it is judged. */
function isBlankLine(octets: Uint8Array, at: number, from: number, end: number): boolean {
  return end - at < lookedAtOctets && isBlank(octets, from, end);
}

function hasField(fields: string, name: string): boolean {
  return fields.toLowerCase().split("\r\n").some((line) => line.startsWith(`${name}:`));
}
