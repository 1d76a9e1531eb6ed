import { Buffer } from "node:buffer";

/** Takes the encoding off octets that come in pieces of any size (RFC 2045 section 6). Wrong octets are passed over. */
export interface TransferDecoder {
  /** Takes the next octets; gives what they have become so far. */
  push(octets: Uint8Array): Uint8Array;
  /** The octets have ended; gives the rest. */
  end(): Uint8Array;
}

const NOTHING = new Uint8Array(0);
const EQUALS = 61;
const CR = 13;
const LF = 10;
const SPACE = 32;
const TAB = 9;
/** A soft line break may have white space before its end: so much of it is waited for. */
const MAX_WAITING = 1000;

/** Makes the decoder of a Content-Transfer-Encoding; one that is not known leaves octets as they are. */
export function createTransferDecoder(encoding: string): TransferDecoder {
  const name = encoding.trim().toLowerCase();
  if (name === "base64") return createBase64Decoder();
  if (name === "quoted-printable") return createQuotedPrintableDecoder();
  return { push: (octets) => octets, end: () => NOTHING };
}

/** Base64: what is no letter of its alphabet does not count; a padding ends four letters early (several may be joined). */
function createBase64Decoder(): TransferDecoder {
  let rest = "";
  const take = (letters: string, isLast: boolean): Uint8Array => {
    const pieces: Uint8Array[] = [];
    const runs = letters.split(/=+/);
    runs.forEach((run, index) => {
      const isOpen = index === runs.length - 1 && !isLast;
      const whole = isOpen ? run.length - run.length % 4 : run.length;
      pieces.push(Buffer.from(run.slice(0, whole), "base64"));
      if (isOpen) rest = run.slice(whole);
    });
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  };
  return {
    push(octets) {
      const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("latin1");
      return take(rest + text.replace(/[^A-Za-z0-9+/=]+/g, ""), false);
    },
    end() {
      const last = take(rest, true);
      rest = "";
      return last;
    },
  };
}

/** Quoted-printable, RFC 2045 section 6.7: an equals sign that says nothing stands for itself. */
function createQuotedPrintableDecoder(): TransferDecoder {
  let rest: Uint8Array = NOTHING;
  function decode(octets: Uint8Array, isLast: boolean): Uint8Array {
    const decoded = Buffer.allocUnsafe(octets.length);
    let length = 0;
    let at = 0;
    while (at < octets.length) {
      const octet = octets[at]!;
      if (octet !== EQUALS) {
        decoded[length++] = octet;
        at++;
        continue;
      }
      const [taken, value] = escapeAt(octets, at);
      if (taken === 0 && !isLast && octets.length - at < MAX_WAITING) break;
      if (value !== null) decoded[length++] = value;
      at += Math.max(1, taken);
    }
    rest = octets.slice(at);
    return decoded.subarray(0, length);
  }
  return {
    push: (octets) => decode(rest.length > 0 ? Buffer.concat([rest, octets]) : octets, false),
    end: () => decode(rest, true),
  };
}

/** What an equals sign begins: how many octets, 0 where more must be seen, and what they stand for; null: nothing. */
function escapeAt(octets: Uint8Array, at: number): [taken: number, value: number | null] {
  let next = at + 1;
  const [high, low] = [hexOf(octets[next]), hexOf(octets[next + 1])];
  if (high >= 0 && low >= 0) return [3, high * 16 + low];
  if (high >= 0 && next + 1 === octets.length) return [0, EQUALS];
  while (octets[next] === SPACE || octets[next] === TAB) next++;
  if (octets[next] === LF) return [next + 1 - at, null];
  if (octets[next] === CR && next + 1 < octets.length) {
    return [octets[next + 1] === LF ? next + 2 - at : next + 1 - at, null];
  }
  if (next === octets.length || octets[next] === CR) return [0, EQUALS];
  return [1, EQUALS];
}

function hexOf(octet: number | undefined): number {
  if (octet === undefined) return -1;
  if (octet >= 48 && octet <= 57) return octet - 48;
  const upper = octet & 0xdf;
  return upper >= 65 && upper <= 70 ? upper - 55 : -1;
}
