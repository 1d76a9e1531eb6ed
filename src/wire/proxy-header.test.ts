import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeProxyHeader, ProxyHeaderError } from "./proxy-header.ts";

const ascii = (text: string) => new TextEncoder().encode(text);
const signature = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10];

/** A header of version 2. */
function binary(command: number, family: number, body: readonly number[], length = body.length): Uint8Array {
  return Uint8Array.from([...signature, command, family, length >> 8, length & 255, ...body]);
}

const v4 = [192, 0, 2, 9, 198, 51, 100, 1, 0xdc, 0x04, 0x00, 0x19];
const v6 = [
  ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9],
  ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  ...[0xdc, 0x04, 0x00, 0x19],
];
const mapped = [
  ...new Array<number>(10).fill(0),
  255,
  255,
  192,
  0,
  2,
  9,
  ...new Array<number>(16).fill(0),
  0,
  5,
  0,
  25,
];
/** An ALPN extension and one that nobody knows. */
const extensions = [1, 0, 2, 104, 50, 0xee, 0, 3, 1, 2, 3];

const whole: readonly [string, Uint8Array, object][] = [
  ["TCP4", ascii("PROXY TCP4 192.0.2.9 198.51.100.1 56324 25\r\n"), { address: "192.0.2.9", port: 56324 }],
  ["TCP6", ascii("PROXY TCP6 2001:DB8::9 2001:db8:0:0::1 56324 25\r\n"), { address: "2001:db8::9", port: 56324 }],
  ["mapped TCP6", ascii("PROXY TCP6 ::ffff:192.0.2.9 ::1 1 25\r\n"), { address: "192.0.2.9", port: 1 }],
  ["UNKNOWN", ascii("PROXY UNKNOWN\r\n"), { kind: "own" }],
  ["UNKNOWN with more", ascii("PROXY UNKNOWN ffff:f...f:ffff ffff 65535 65535\r\n"), { kind: "own" }],
  ["v2 over IPv4", binary(0x21, 0x11, v4), { address: "192.0.2.9", port: 56324 }],
  ["v2 over IPv6", binary(0x21, 0x21, v6), { address: "2001:db8::9", port: 56324 }],
  ["v2 over IPv6, mapped", binary(0x21, 0x21, mapped), { address: "192.0.2.9", port: 5 }],
  ["v2 with extensions", binary(0x21, 0x11, [...v4, ...extensions]), { address: "192.0.2.9", port: 56324 }],
  ["v2 LOCAL", binary(0x20, 0x00, []), { kind: "own" }],
  ["v2 LOCAL with addresses", binary(0x20, 0x11, v4), { kind: "own" }],
  ["v2 of a UNIX socket", binary(0x21, 0x31, new Array<number>(216).fill(1)), { kind: "own" }],
  ["v2 without a family", binary(0x21, 0x00, extensions), { kind: "own" }],
];

test.each(whole)("%s", (_, octets, header) => {
  expect(decodeProxyHeader(octets)).toMatchObject({ header, octets: octets.length });
});

test.each(whole)("%s leaves what follows, wherever it is cut", (_, octets) => {
  const all = Uint8Array.from([...octets, ...ascii("EHLO a\r\n")]);
  for (let length = 0; length < octets.length; length++) expect(decodeProxyHeader(all.subarray(0, length))).toBeNull();
  for (let length = octets.length; length <= all.length; length++) {
    expect(decodeProxyHeader(all.subarray(0, length))).toEqual(decodeProxyHeader(octets));
  }
});

test.each<[string, Uint8Array]>([
  ["a command", ascii("EHLO a\r\n")],
  ["lower case", ascii("proxy TCP4 192.0.2.9 198.51.100.1 56324 25\r\n")],
  ["a bare LF", ascii("PROXY TCP4 192.0.2.9 198.51.100.1 56324 25\n")],
  ["no end", ascii(`PROXY TCP4 ${"1".repeat(101)}`)],
  ["another family", ascii("PROXY TCP4 2001:db8::9 2001:db8::1 56324 25\r\n")],
  ["a zone", ascii("PROXY TCP6 fe80::1%eth0 fe80::2 56324 25\r\n")],
  ["a port that is none", ascii("PROXY TCP4 192.0.2.9 198.51.100.1 66000 25\r\n")],
  ["a port with a zero in front", ascii("PROXY TCP4 192.0.2.9 198.51.100.1 056 25\r\n")],
  ["a word too many", ascii("PROXY TCP4 192.0.2.9 198.51.100.1 56324 25 1\r\n")],
  ["a word too few", ascii("PROXY TCP4 192.0.2.9 198.51.100.1 56324\r\n")],
  ["two spaces", ascii("PROXY  TCP4 192.0.2.9 198.51.100.1 56324 25\r\n")],
  ["UDP", ascii("PROXY UDP4 192.0.2.9 198.51.100.1 56324 25\r\n")],
  ["version 1 in binary", binary(0x11, 0x11, v4)],
  ["an unknown command", binary(0x22, 0x11, v4)],
  ["addresses that do not fit", binary(0x21, 0x11, v4.slice(0, 8))],
  ["extensions without end", binary(0x21, 0x11, v4, 65_535)],
  ["TLS", Uint8Array.of(0x16, 3, 1, 2, 0)],
])("%s is no header", (_, octets) => {
  expect(() => decodeProxyHeader(octets)).toThrow(ProxyHeaderError);
});

test("whatever comes, what is decided stays decided when more comes", () => {
  const beginnings = fc.constantFrom<number[]>([], [...ascii("PROXY ")], [...ascii("PROXY TCP4 ")], signature, [
    ...signature,
    0x21,
    0x11,
    0,
    12,
  ]);
  fc.assert(
    fc.property(beginnings, fc.uint8Array({ maxLength: 150 }), (beginning, rest) => {
      const all = Uint8Array.from([...beginning, ...rest]);
      let decided: unknown = null;
      for (let length = 0; length <= all.length; length++) {
        const outcome = outcomeOf(all.subarray(0, length));
        if (decided !== null) expect(outcome).toEqual(decided);
        decided = outcome;
      }
    }),
    { numRuns: 500 },
  );
});

function outcomeOf(octets: Uint8Array): unknown {
  try {
    return decodeProxyHeader(octets);
  } catch (error) {
    return error instanceof ProxyHeaderError ? error.message : error;
  }
}
