import { Buffer } from "node:buffer";

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
const COLON = 58;
const DEL = 127;
const CRLF = new Uint8Array([CR, LF]);
const NOTHING = new Uint8Array(0);

/** So much of a line must have come before it is judged: a field's name and its colon stand within it. */
const lookedAtOctets = 1000;
/** Longest From field whose content is kept, in octets. */
const maxFromOctets = 65_536;
/** So much of a header section is held until all of it is known, in octets. */
const maxHeldOctets = 65_536;
/** More pieces than this are joined: each of them takes more memory than its octets. */
const maxHeldPieces = 64;

/** What a header section has, told at its end. */
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
  /** Fields to add, each with its CRLF; "" for none. */
  readonly missing: (facts: HeaderFacts) => string;
}

/** Where octets go. They are the caller's again afterwards. */
type Emit = (octets: Uint8Array) => void;

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
  /** The From field that is to be replaced, as far as it has come; null: outside of it. */
  #from: Uint8Array[] | null = null;
  #fromOctets = 0;
  /** What the From field said that was replaced. */
  #replyTo: Uint8Array | null = null;
  /** The section as far as it is known, until something can be put in front of it; null: it was too long for that. */
  #held: Uint8Array[] | null = [];
  #heldOctets = 0;
  /** Pieces held that are our own; those behind them are the caller's. */
  #ownPieces = 0;

  constructor(mending: HeaderMending) {
    this.#mending = mending;
  }

  /** Takes the next octets, undotted. */
  push(piece: Uint8Array, emit: Emit): void {
    if (this.#ended) return emit(piece);
    this.#scan(this.#line.length > 0 ? Buffer.concat([this.#line, piece]) : piece, emit);
    this.#keepHeld(emit);
  }

  /** The message has ended. */
  finish(emit: Emit): void {
    if (this.#ended) return;
    const line = this.#line;
    const isBody = line.length > 0 && this.#endsBefore(line, 0, line.length);
    if (line.length > 0 && !isBody) {
      this.#beginLine(line, 0, line.length, emit);
      if (this.#from) this.#keepFrom(line);
      else this.#give(line, emit);
    }
    const isOpen = this.#from === null && !isBody && (line.length > 0 || this.#inLine);
    this.#end(!isBody, isOpen, emit);
    if (isBody) emit(line);
  }

  #scan(octets: Uint8Array, emit: Emit): void {
    this.#line = NOTHING;
    // What stands from `from` to `at` passes and was not given out yet.
    let from = 0;
    const giveTo = (to: number) => {
      if (to > from) this.#give(from === 0 && to === octets.length ? octets : octets.subarray(from, to), emit);
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
        if (this.#beginLine(octets, at, end, emit)) giveTo(at);
      }
      if (this.#from) {
        this.#keepFrom(octets.slice(at, end));
        from = end;
      }
      this.#inLine = lf < 0;
      at = end;
    }
    giveTo(octets.length);
  }

  /** Gives out octets, or holds them while something may still be put in front of them. */
  #give(octets: Uint8Array, emit: Emit): void {
    if (this.#held === null) return emit(octets);
    this.#held.push(octets);
    this.#heldOctets += octets.length;
  }

  /** What is held past the end of `push` must be our own; what is too much is given out. */
  #keepHeld(emit: Emit): void {
    if (this.#held === null) return;
    if (this.#heldOctets > maxHeldOctets) return this.#giveHeld(emit);
    for (; this.#ownPieces < this.#held.length; this.#ownPieces++) {
      this.#held[this.#ownPieces] = this.#held[this.#ownPieces]!.slice();
    }
    if (this.#held.length <= maxHeldPieces) return;
    this.#held = [Buffer.concat(this.#held)];
    this.#ownPieces = 1;
  }

  #giveHeld(emit: Emit): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const octets of held) emit(octets);
  }

  /** Whether the section ends before this line. */
  #endsBefore(octets: Uint8Array, at: number, end: number): boolean {
    const first = octets[at];
    if (first === SPACE || first === TAB) return this.#isFirstLine;
    // Programs that read mailbox files sometimes leave their separator in front.
    return nameEndOf(octets, at, end) < 0 && !(this.#isFirstLine && isMailboxSeparator(octets, at, end));
  }

  /** Takes note of a line's beginning. @returns whether a From field begins that is to be replaced */
  #beginLine(octets: Uint8Array, at: number, end: number, emit: Emit): boolean {
    this.#isFirstLine = false;
    if (octets[at] === SPACE || octets[at] === TAB) return false;
    if (this.#from) this.#replaceFrom(emit);
    const isFrom = this.#noteName(octets, at, nameEndOf(octets, at, end));
    if (!isFrom) return false;
    if (this.#mending.from === null) {
      this.#facts.hasFrom = true;
      return false;
    }
    this.#from = [];
    this.#fromOctets = 0;
    return true;
  }

  /** Notes that there is such a field. @returns whether it is From */
  #noteName(octets: Uint8Array, at: number, end: number): boolean {
    // By length first: most names are none of these, and this runs for every field of every message.
    switch (end - at) {
      case 4:
        if (isName(octets, at, "date")) this.#facts.hasDate = true;
        return isName(octets, at, "from");
      case 8:
        if (isName(octets, at, "received")) this.received++;
        else if (isName(octets, at, "reply-to")) this.#hasReplyTo = true;
        return false;
      case 10:
        if (isName(octets, at, "message-id")) this.#facts.hasMessageId = true;
        return false;
      case 14:
        if (isName(octets, at, "dkim-signature")) this.#facts.isSigned = true;
        return false;
      default:
        return false;
    }
  }

  #keepFrom(octets: Uint8Array): void {
    this.#fromOctets += octets.length;
    if (this.#fromOctets <= maxFromOctets) this.#from?.push(octets);
  }

  /** The From field has come whole. Of several the first counts, the others are left out. RFC 5322 section 3.6. */
  #replaceFrom(emit: Emit): void {
    const field = Buffer.concat(this.#from ?? []);
    this.#from = null;
    const address = this.#mending.from;
    if (address === null || this.#facts.hasFrom) return;
    this.#facts.hasFrom = true;
    const value = field.subarray(field.indexOf(COLON) + 1);
    const isWhole = this.#fromOctets <= maxFromOctets;
    if (isWhole && addressIn(value.toString("utf8")) === address.toLowerCase()) {
      this.#give(field, emit);
      // At the end of a message that breaks off within it.
      if (field.at(-1) !== LF) this.#give(CRLF, emit);
      return;
    }
    this.#give(Buffer.from(`From: ${address}\r\n`), emit);
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
    if (this.#from) this.#replaceFrom(emit);
    const added = this.#added();
    const isBehind = this.#held === null;
    if (!isBehind) {
      for (const octets of added) emit(octets);
      this.#giveHeld(emit);
    }
    if (added.length === 0) return;
    if (isOpen && (isBehind || !isEmptyLine)) emit(CRLF);
    if (isBehind) { for (const octets of added) emit(octets); }
    if (!isEmptyLine) emit(CRLF);
  }

  #added(): Uint8Array[] {
    const added: Uint8Array[] = [];
    if (this.#replyTo && !this.#hasReplyTo) {
      added.push(Buffer.from("Reply-To:"), this.#replyTo);
      if (this.#replyTo.at(-1) !== LF) added.push(CRLF);
    }
    const missing = this.#mending.missing(this.#facts);
    if (missing !== "") added.push(Buffer.from(missing));
    return added;
  }
}

function isEmptyLine(octets: Uint8Array, at: number, end: number): boolean {
  return octets[at] === LF || (octets[at] === CR && at + 2 === end);
}

/**
 * Where the field name ends that begins at `start`, or -1 when none stands there. RFC 5322 sections 2.2 and 4.5.8; octets
 * beyond ASCII are let pass in it, or what follows such a field would become text.
 */
function nameEndOf(octets: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && octets[at]! > SPACE && octets[at] !== DEL && octets[at] !== COLON) at++;
  const nameEnd = at;
  while (at < end && (octets[at] === SPACE || octets[at] === TAB)) at++;
  return nameEnd > start && octets[at] === COLON && at < end ? nameEnd : -1;
}

/** @param name in lower case; letters and hyphens */
function isName(octets: Uint8Array, at: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    // 32 makes a letter lower case and leaves a hyphen as it is.
    if ((octets[at + index]! | 32) !== name.charCodeAt(index)) return false;
  }
  return true;
}

function isMailboxSeparator(octets: Uint8Array, at: number, end: number): boolean {
  return end - at > 5 && Buffer.from(octets.subarray(at, at + 5)).toString("latin1") === "From ";
}

/** The address in a From field, in lower case, where there is one alone. */
function addressIn(value: string): string | null {
  const text = value.replace(/\r?\n(?=[ \t])/g, "").trim();
  const found = /^(?:[^<>@]*<([^<>,]+)>|([^<>,\s]+))$/.exec(text);
  return found && (found[1] ?? found[2])!.trim().toLowerCase();
}
