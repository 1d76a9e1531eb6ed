import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BareLineEndError, DotDecoder, DotEncoder } from "./dot-stuffing.ts";

/** Texts that are made of what matters here. */
const unit = fc.constantFrom("\r", "\n", ".", "\r\n", "\r\n.", "\r\n.\r\n", "a");
const text = fc.string({ unit, maxLength: 30 });

interface Decoded {
  readonly message: string;
  /** What stood behind the end of data; null when it never came. */
  readonly rest: string | null;
  readonly bareLf: boolean;
  readonly bareCr: boolean;
}

/** Decodes a whole input by its definition: cut at the first CRLF.CRLF, one dot off behind each CRLF. */
function decodeObviously(input: string): Decoded {
  const end = `\r\n${input}`.indexOf("\r\n.\r\n");
  const data = end < 0 ? `\r\n${input}` : `\r\n${input}`.slice(0, end + 2);
  // Without its end, the last octets may still become it: they are not content yet.
  const known = end < 0 ? data.replace(/\r\n\.\r?$/, "\r\n") : data;
  return {
    message: known.replaceAll("\r\n.", "\r\n").slice(2),
    rest: end < 0 ? null : input.slice(end + 3),
    bareLf: /(?<!\r)\n/.test(known),
    bareCr: /\r(?!\n)/.test(end < 0 ? known.replace(/\r$/, "") : known),
  };
}

function decode(pieces: readonly Uint8Array[]): Decoded {
  const decoder = new DotDecoder();
  let message = "";
  for (const [index, piece] of pieces.entries()) {
    const taken = decoder.decode(piece, (octets) => void (message += Buffer.from(octets).toString("latin1")));
    if (taken < 0) continue;
    const rest = Buffer.concat([piece.subarray(taken), ...pieces.slice(index + 1)]).toString("latin1");
    return { message, rest, bareLf: decoder.sawBareLf, bareCr: decoder.sawBareCr };
  }
  return { message, rest: null, bareLf: decoder.sawBareLf, bareCr: decoder.sawBareCr };
}

/** Encodes a whole message octet by octet; null: a strict encoder refuses it. */
function encodeObviously(message: string, strict: boolean): string | null {
  let sent = "";
  let before = "\r\n";
  for (const octet of message) {
    if (octet === "." && before === "\r\n") sent += ".";
    else if (octet === "." && strict && /[\r\n]$/.test(before)) return null;
    sent += octet;
    before = before.slice(1) + octet;
  }
  return sent + (before === "\r\n" ? ".\r\n" : "\r\n.\r\n");
}

/** What an encoder makes of the pieces; null: it refuses them, and nothing that it gave out ends the data. */
function encodeStrictly(pieces: readonly Uint8Array[]): string | null {
  const encoder = new DotEncoder(true);
  let sent = "";
  const emit = (octets: Uint8Array) => void (sent += Buffer.from(octets).toString("latin1"));
  try {
    for (const piece of pieces) encoder.encode(piece, emit);
  } catch (error) {
    if (!(error instanceof BareLineEndError)) throw error;
    expect(`\r\n${sent}`).not.toMatch(/[\r\n]\.[\r\n]/);
    return null;
  }
  emit(encoder.end());
  return sent;
}

function encode(pieces: readonly Uint8Array[]): string {
  const encoder = new DotEncoder();
  let sent = "";
  const emit = (octets: Uint8Array) => void (sent += Buffer.from(octets).toString("latin1"));
  for (const piece of pieces) encoder.encode(piece, emit);
  emit(encoder.end());
  return sent;
}

/** The pieces of an input that is cut at the given places. */
function cut(input: string, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (input.length + 1))), input.length].sort((a, b) => a - b);
  return ends.map((end, index) => Buffer.from(input.slice(ends[index - 1] ?? 0, end), "latin1"));
}

/** All texts of so many octets at most. */
function shortInputs(mostOctets: number): string[] {
  const inputs = [""];
  for (let length = 1; length <= mostOctets; length++) {
    for (const input of inputs.filter((shorter) => shorter.length === length - 1)) {
      inputs.push(...["\r", "\n", ".", "a"].map((octet) => input + octet));
    }
  }
  return inputs;
}

const octetByOctet = (input: string) => cut(input, Array.from({ length: input.length }, (_, index) => index));

test("wherever the data is cut, it decodes as its definition says", () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat()), (input, places) => {
      expect(decode(cut(input, places))).toEqual(decodeObviously(input));
    }),
    { numRuns: 5000 },
  );
});

test("every short input decodes alike in one piece, octet by octet, and cut at each place", () => {
  for (const input of shortInputs(6)) {
    const expected = JSON.stringify(decodeObviously(input));
    const ways = [cut(input, []), octetByOctet(input), ...Array.from(input, (_, place) => cut(input, [place]))];
    for (const way of ways) {
      if (JSON.stringify(decode(way)) !== expected) expect(decode(way), JSON.stringify(input)).toEqual(expected);
    }
  }
});

test("what is encoded decodes to the same message, and nothing of it ends the data early", () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat()), fc.array(fc.nat()), (message, places, others) => {
      const sent = encode(cut(message, places));
      expect(sent).toBe(encode([Buffer.from(message, "latin1")]));
      const { message: received, rest } = decode(cut(`${sent}QUIT\r\n`, others));
      expect(rest).toBe("QUIT\r\n");
      // A message without a line end at its end gets one: data ends with CRLF (RFC 5321 section 4.1.1.4).
      expect(received).toBe(message.endsWith("\r\n") || message === "" ? message : `${message}\r\n`);
    }),
    { numRuns: 3000 },
  );
});

test("wherever a message is cut, it is sent as octet by octet, or refused where it hides a line end", () => {
  const long = fc.array(fc.oneof(text, fc.string({ unit: fc.constantFrom("a", ".", "/", "\u00ae"), maxLength: 20 })));
  fc.assert(
    fc.property(long, fc.array(fc.nat()), (parts, places) => {
      const message = parts.join("");
      expect(encode(cut(message, places))).toBe(encodeObviously(message, false));
      expect(encodeStrictly(cut(message, places))).toBe(encodeObviously(message, true));
    }),
    { numRuns: 3000 },
  );
});

test("every short message is sent alike in one piece, octet by octet, and cut at each place", () => {
  for (const message of shortInputs(6)) {
    const expected = [encodeObviously(message, false), encodeObviously(message, true)];
    const ways = [cut(message, []), octetByOctet(message), ...Array.from(message, (_, place) => cut(message, [place]))];
    for (const way of ways) {
      const sent = [encode(way), encodeStrictly(way)];
      if (sent[0] !== expected[0] || sent[1] !== expected[1]) expect(sent, JSON.stringify(message)).toEqual(expected);
    }
  }
});

test("an empty message is the dot alone", () => {
  expect(encode([])).toBe(".\r\n");
  expect(decode([Buffer.from(".\r\n")])).toEqual({ message: "", rest: "", bareLf: false, bareCr: false });
});

/** What other servers have taken for the end of data. Only CRLF.CRLF is. */
const variants = ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\r\r\n.\r", "\n\r.\n\r", "\n.\r"]
  .flatMap((variant) => [variant, `${variant}\n`, `\r${variant}`, `x${variant}`]);

test.each(variants.filter((variant) => !variant.includes("\r\n.\r\n")))(
  "%j within the data ends nothing, and is told of",
  (variant) => {
    const smuggled = `first${variant}MAIL FROM:<a@b>\r\n`;
    for (const pieces of [cut(smuggled, []), octetByOctet(smuggled)]) {
      const { rest, bareLf, bareCr } = decode(pieces);
      expect(rest).toBeNull();
      expect(bareLf || bareCr).toBe(true);
    }
  },
);

test.each(variants)("a message with %j in it is sent so that a strict server sees one message", (variant) => {
  const sent = encode(octetByOctet(`first${variant}MAIL FROM:<a@b>\r\n`));
  expect(`\r\n${sent}`.indexOf("\r\n.\r\n")).toBe(sent.length - 3);
});

test.each([
  ["only CR", "\r"],
  ["only LF", "\n"],
  ["only dots", "."],
  ["no line end at all", "x"],
  ["only stuffed dots", "\r\n.."],
  ["dots behind bare CR", "\r."],
  ["dots behind bare LF", "\n."],
])("10 MB of %s pass, in no more views than octets", (_, unit) => {
  const total = 10 * 1024 * 1024;
  const piece = new Uint8Array(Buffer.from(unit.repeat(64 * 1024 / unit.length), "latin1"));
  const decoder = new DotDecoder();
  const encoder = new DotEncoder();
  let decoded = 0;
  let encoded = 0;
  let emits = 0;
  for (let octets = 0; octets < total; octets += piece.length) {
    decoder.decode(piece, (view) => {
      decoded += view.length;
      emits++;
    });
    encoder.encode(piece, (view) => {
      encoded += view.length;
      emits++;
    });
  }
  expect(decoded).toBeLessThanOrEqual(total);
  expect(encoded).toBeLessThanOrEqual(2 * total);
  expect(emits).toBeLessThan(3 * total);
});
