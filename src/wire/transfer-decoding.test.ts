import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { createTransferDecoder } from "./transfer-decoding.ts";

/** Decodes a text in pieces of every size: the outcome must be the same. */
function decode(encoding: string, text: string): string {
  const octets = Buffer.from(text, "latin1");
  const outcomes = new Set<string>();
  for (let size = 1; size <= Math.min(octets.length, 9) + 1; size++) {
    const decoder = createTransferDecoder(encoding);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < octets.length; at += size) {
      pieces.push(Uint8Array.from(decoder.push(octets.subarray(at, at + size))));
    }
    pieces.push(decoder.end());
    outcomes.add(Buffer.concat(pieces).toString("latin1"));
  }
  expect(outcomes.size).toBe(1);
  return [...outcomes][0]!;
}

test.each([
  ["aGVsbG8=", "hello"],
  ["aGVs\r\nbG8=\r\n", "hello"],
  ["aGVsbG8", "hello"],
  ["aGVs!bG8=", "hello"],
  ["aGk=aGk=", "hihi"],
  ["", ""],
  ["====", ""],
])("base64 %j is %j however it is cut", (text, expected) => {
  expect(decode("BASE64", text)).toBe(expected);
});

test.each([
  ["a=20b", "a b"],
  ["a=\r\nb", "ab"],
  ["a= \t\r\nb", "ab"],
  ["a=\nb", "ab"],
  ["caf=c3=A9", "caf\xc3\xa9"],
  ["a=zzb", "a=zzb"],
  ["a=4", "a=4"],
  ["a=", "a="],
  ["a\r\nb", "a\r\nb"],
])("quoted-printable %j is %j however it is cut", (text, expected) => {
  expect(decode("quoted-printable", text)).toBe(expected);
});

test("an encoding that is not known leaves octets as they are", () => {
  expect(decode("x-uuencode", "a=20b")).toBe("a=20b");
});
