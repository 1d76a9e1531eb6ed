import * as fc from "fast-check";
import { expect, test } from "vitest";
import { countReceivedBy, createHeaderReader, maxHeaderOctets, readFields } from "./header.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function octets(text: string): Uint8Array {
  return encoder.encode(text);
}

function read(message: Uint8Array, pieceSize = message.length || 1, limit = maxHeaderOctets) {
  const reader = createHeaderReader(limit);
  for (let at = 0; at < message.length; at += pieceSize) {
    if (reader.push(message.subarray(at, at + pieceSize))) break;
  }
  const section = reader.finish();
  return { text: decoder.decode(section.octets), complete: section.complete, octets: section.octets };
}

test.each([
  ["a plain message", "From: a\r\nTo: b\r\n\r\nbody\r\n", "From: a\r\nTo: b\r\n"],
  ["bare LF", "From: a\nTo: b\n\nbody\n", "From: a\nTo: b\n"],
  ["a folded field", "Subject: a\r\n b\r\n\tc\r\n\r\nx: y", "Subject: a\r\n b\r\n\tc\r\n"],
  ["a folded line of spaces", "Subject: a\r\n \r\nTo: b\r\n\r\n", "Subject: a\r\n \r\nTo: b\r\n"],
  ["an empty header", "\r\nbody: x\r\n", ""],
  ["no header at all", "Hello world,\r\nhow are you: fine?\r\n", ""],
  ["a body that begins with a space", " indented\r\nFrom: a\r\n\r\n", ""],
  ["no empty line before the body", "From: a\r\nHello world\r\n", "From: a\r\n"],
  ["no body", "From: a\r\n", "From: a\r\n"],
  ["an unfinished last line", "From: a\r\nTo: b", "From: a\r\nTo: b"],
  ["an empty message", "", ""],
  ["the separator of a mailbox file", "From a@b Mon Jan  1\r\nTo: b\r\n\r\n", "From a@b Mon Jan  1\r\nTo: b\r\n"],
  ["spaces before the colon", "Subject : a\r\n\r\n", "Subject : a\r\n"],
])("the header section is found: %s", (_, message, expected) => {
  expect(read(octets(message))).toMatchObject({ text: expected, complete: true });
});

test("every cut of the input gives the same section", () => {
  const piece = fc.constantFrom("From: a", "\r\n", "\n", "\r", " ", "x", ":", "Received: y", "\r\n\r\n", "é");
  fc.assert(fc.property(fc.array(piece, { maxLength: 15 }), fc.integer({ min: 1, max: 7 }), (pieces, pieceSize) => {
    const message = octets(pieces.join(""));
    expect(read(message, pieceSize)).toEqual(read(message));
  }));
});

test("a header section beyond the limit is cut after a whole line", () => {
  const message = octets("From: a\r\n" + "X-Filler: 0123456789\r\n".repeat(10_000) + "\r\nbody");
  const section = read(message, 777);
  expect(section.complete).toBe(false);
  expect(section.octets.length).toBeLessThanOrEqual(maxHeaderOctets);
  expect(section.text.endsWith("0123456789\r\n")).toBe(true);
  expect(read(octets("x".repeat(200)), 7, 100)).toMatchObject({ text: "", complete: false });
});

test("octets after the end are not kept", () => {
  const reader = createHeaderReader();
  expect(reader.push(octets("From: a\r\n\r"))).toBe(false);
  expect(reader.push(octets("\nTo: b\r\n"))).toBe(true);
  expect(reader.push(octets("To: c\r\n"))).toBe(true);
  expect(decoder.decode(reader.finish().octets)).toBe("From: a\r\n");
});

test("the examples of RFC 2047 section 8 are decoded", () => {
  const header = octets([
    "From: =?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>",
    "To: =?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>",
    "Subject: =?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=",
    " =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
    "Message-ID: <=?utf-8?q?1?=@example.net>",
    "Date: Fri, 21 Nov 1997 09:55:06 -0600",
    "",
  ].join("\r\n"));
  expect(Object.fromEntries(readFields(header))).toEqual({
    from: "Keith Moore <moore@cs.utk.edu>",
    to: "Keld Jørn Simonsen <keld@dkuug.dk>",
    subject: "If you can read this you understand the example.",
    "message-id": "<=?utf-8?q?1?=@example.net>",
    date: "Fri, 21 Nov 1997 09:55:06 -0600",
  });
});

test("octets beyond ASCII are read as UTF-8, else as Windows-1252", () => {
  expect(readFields(octets("Subject: Grüße\r\n")).get("subject")).toBe("Grüße");
  const latin = Uint8Array.from("Subject: Gr\xfc\xdfe\r\n", (character) => character.charCodeAt(0));
  expect(readFields(latin).get("subject")).toBe("Grüße");
});

test("a value is free of control characters and bounded, the first of two fields counts", () => {
  expect(readFields(octets("Subject: a\u0000b\u001b[1m\rc\r\nSubject: d\r\n")).get("subject")).toBe("a b [1m c");
  expect(readFields(octets("Subject: =?utf-8?q?a=0D=0Ab?=\r\n")).get("subject")).toBe("a b");
  const long = readFields(octets(`Subject: ${"ü".repeat(30_000)}\r\n`)).get("subject") ?? "";
  expect(long).toHaveLength(998);
  expect(long.startsWith("üü")).toBe(true);
});

test("only the fields asked for are read", () => {
  const header = octets("In-Reply-To: <1@x>\r\nSubject: a\r\n");
  expect([...readFields(header, ["in-reply-to"])]).toEqual([["in-reply-to", "<1@x>"]]);
});

test("no octets make the reader throw", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (message, pieceSize) => {
    const section = read(message, pieceSize);
    readFields(section.octets);
    expect(section.octets.length).toBeLessThanOrEqual(message.length);
  }));
});

test.each([
  ["Received: from a by waypost.lan (Waypost) with ESMTP id 1; Tue, 24 Nov 2026 07:00:00 +0000\r\n", 1],
  ["Received: by WAYPOST.lan. with SMTP; x\r\nReceived: from waypost.lan by b\r\n", 1],
  ["Received: from a\r\n\t(b [192.0.2.1])\r\n\tby waypost.lan;\r\n x\r\nreceived: from c by waypost.lan\r\n", 2],
  ["Received: from a (by waypost.lan (by waypost.lan)) by waypost.lan.example; x\r\n", 0],
  ["X-Received: by waypost.lan; x\r\nSubject: by waypost.lan\r\n", 0],
])("%j was written by us so many times", (header, count) => {
  expect(countReceivedBy(octets(header), "Waypost.lan")).toBe(count);
});
