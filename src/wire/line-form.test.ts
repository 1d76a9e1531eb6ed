import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LineForm } from "./line-form.ts";

function look(...pieces: string[]) {
  const form = new LineForm();
  for (const piece of pieces) form.push(Buffer.from(piece, "latin1"));
  return { bareLf: form.bareLf, bareCr: form.bareCr, isText: form.isText };
}

const TEXT = { bareLf: false, bareCr: false, isText: true };

test.each<[string, string, Partial<typeof TEXT>]>([
  ["nothing", "", {}],
  ["lines", "a\r\n\r\nb\xff\r\n", {}],
  ["a bare LF", "a\nb\r\n", { bareLf: true, isText: false }],
  ["a LF at the start", "\nb\r\n", { bareLf: true, isText: false }],
  ["a bare CR", "a\rb\r\n", { bareCr: true, isText: false }],
  ["a CR before CR LF", "a\r\r\n", { bareCr: true, isText: false }],
  ["a CR at the end", "a\r", { bareCr: true, isText: false }],
  ["a NUL", "a\0\r\n", { isText: false }],
  ["no line end at the end", "a\r\nb", { isText: false }],
  ["a line of 1000 octets", `${"x".repeat(998)}\r\n`, {}],
  ["a line of 1001 octets", `${"x".repeat(999)}\r\n`, { isText: false }],
])("%s", (_, text, expected) => expect(look(text)).toEqual({ ...TEXT, ...expected }));

test("wherever the octets are cut, the outcome is the same", () => {
  const octets = fc.string({ unit: fc.constantFrom("\r", "\n", "a", "\0"), maxLength: 12 });
  fc.assert(fc.property(octets, fc.nat(12), (text, cut) => {
    expect(look(text.slice(0, cut), text.slice(cut))).toEqual(look(text));
  }));
});
