import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { beginsWithTls, recogniseLine } from "./foreign.ts";

test.each<[string, number[], boolean]>([
  ["TLS 1.0 to 1.3", [0x16, 3, 1, 2, 0, 1], true],
  ["the hello of SSL 2 that offers TLS", [0x80, 0x2e, 1, 3, 1, 0], true],
  ["SSL 2", [0x80, 0x2e, 1, 0, 2, 0], true],
  ["a command", [...Buffer.from("EHLO a\r\n")], false],
  ["an empty line", [13, 10], false],
  ["a letter beyond ASCII", [...Buffer.from("é\r\n")], false],
  ["a handshake of no version", [0x16, 9, 1], false],
  ["nothing that anybody knows", [0xff, 0xff, 0xff, 0xff], false],
])("%s", (_, octets, expected) => {
  const decisions = octets.map((_, at) => beginsWithTls(Uint8Array.from(octets.slice(0, at + 1))));
  // Once decided it stays so, wherever the octets are cut.
  expect(decisions.filter((decision) => decision !== undefined)).toEqual(
    new Array(decisions.filter((decision) => decision !== undefined).length).fill(expected),
  );
  expect(decisions.at(-1)).toBe(expected);
  expect(beginsWithTls(new Uint8Array(0))).toBeUndefined();
});

test.each([
  ["GET / HTTP/1.1", "http"],
  ["POST /mail HTTP/1.0", "http"],
  ["GET /", "http"],
  ["CONNECT 127.0.0.1:25 HTTP/1.1", "http"],
  ["PRI * HTTP/2.0", "http"],
  ["PROXY TCP4 192.0.2.9 198.51.100.1 56324 25", "proxy"],
  ["PROXY UNKNOWN", "proxy"],
  ["\0", "proxy"],
  ["\x16\x03\x01\x02", "tls"],
  ["PROXY", null],
  ["GETS", null],
  ["Host: waypost.lan", null],
  ["EHLO GET", null],
  ["", null],
])("%j is %s", (line, speech) => expect(recogniseLine(Buffer.from(line))).toBe(speech));
