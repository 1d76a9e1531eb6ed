import * as fc from "fast-check";
import { decodeWords } from "postal-mime";
import { expect, test } from "vitest";
import { encodeHeaderWords, encodeQuotedPrintable, isPlainText } from "./mime-encoding.ts";

const encoder = new TextEncoder();

/** RFC 2045 section 6.7, for these tests alone. */
function decodeQuotedPrintable(text: string): Uint8Array {
  const joined = text.replaceAll("=\r\n", "");
  const octets = joined.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Uint8Array.from(octets, (character) => character.charCodeAt(0));
}

test("quoted-printable keeps lines and quotes what it must", () => {
  const text = encoder.encode("a = b \r\nGrüße\r\n\r\n\tx\t\r\nend ");
  expect(encodeQuotedPrintable(text)).toBe("a =3D b=20\r\nGr=C3=BC=C3=9Fe\r\n\r\n\tx=09\r\nend=20");
});

test("quoted-printable gives back any octets, in lines of at most 76 characters", () => {
  const octet = fc.constantFrom(13, 10, 32, 9, 61, 46, 65, 127, 200, 0);
  fc.assert(fc.property(fc.array(octet, { maxLength: 300 }), (list) => {
    const octets = Uint8Array.from(list);
    const encoded = encodeQuotedPrintable(octets);
    expect(decodeQuotedPrintable(encoded)).toEqual(octets);
    for (const line of encoded.split("\r\n")) expect(line).toMatch(/^[\t\x20-\x7e]{0,76}$/);
    expect(encoded).not.toMatch(/[ \t](\r\n|$)/);
  }));
});

test("plain text is ASCII in CRLF lines of at most 998 octets", () => {
  const plain = (text: string) => isPlainText(encoder.encode(text));
  expect(plain("a\r\n\tb\r\n")).toBe(true);
  expect(plain(`${"a".repeat(998)}\r\n${"b".repeat(998)}`)).toBe(true);
  expect([`${"a".repeat(999)}\r\n`, "a".repeat(999), "ü", "a\nb", "a\rb", "a\0"].map(plain)).not.toContain(true);
});

test("header words beyond ASCII are encoded in words of at most 75 characters that decode to the text", () => {
  expect(encodeHeaderWords("plain words")).toEqual(["plain", "words"]);
  expect(encodeHeaderWords("a".repeat(80))[0]).toMatch(/^=\?utf-8\?B\?/);
  expect(encodeHeaderWords("two  spaces")).toHaveLength(1);
  fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 80 }), (text) => {
    const words = encodeHeaderWords(text);
    expect(decodeWords(words.join(" "))).toBe(text);
    if (text.split(" ").length !== words.length) {
      for (const word of words) expect(word.length).toBeLessThanOrEqual(75);
    }
  }));
});
