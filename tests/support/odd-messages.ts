import { Buffer } from "node:buffer";
import { sampleMessage } from "./sample-messages.ts";

/** A message of an unusual shape. */
export interface OddMessage {
  /** What is odd about it. */
  readonly name: string;
  /** The message as it is. */
  readonly octets: Buffer;
}

/**
 * Messages whose shape has broken mail programs: at least 50, all with a header of their own and lines that end with
 * CRLF, one of 5 MB.
 */
export function oddMessages(): OddMessage[] {
  const bodies: readonly (readonly [string, string | Buffer])[] = [
    ["an empty body", ""],
    ["one empty line", "\r\n"],
    ["many empty lines", "\r\n".repeat(40)],
    ["a dot alone", ".\r\n"],
    ["two dots alone", "..\r\n"],
    ["a dot in the first place of every line", ".a\r\n..b\r\n...c\r\n.\r\n"],
    ["dots at the end", "text\r\n.\r\n"],
    ["what looks like the end of a message", "text\r\n.\r\nQUIT\r\n.\r\n"],
    ["what looks like a mailbox separator", "From alice Tue Nov 24 07:00:00 2026\r\n>From bob\r\n"],
    ["8-bit text in UTF-8", "Grüße aus Zürich, 東京, 🛰\r\n"],
    ["8-bit text in Latin-1", Buffer.from("Gr\xfc\xdfe\r\n", "latin1")],
    ["every octet from 128 to 255", Buffer.concat([octets(128, 256), Buffer.from("\r\n")])],
    ["control characters", Buffer.concat([octets(1, 10), octets(11, 13), octets(14, 32), Buffer.from("\r\n")])],
    ["a line of 998 octets", `${"x".repeat(998)}\r\n`],
    ["a line of 8,000 octets", `${"y".repeat(8_000)}\r\n`],
    ["a line of 100,000 octets", `${"z".repeat(100_000)}\r\n`],
    ["a dot at the start of a long line", `.${"d".repeat(5_000)}\r\n`],
    ["spaces and tabs at the end of lines", "a \r\nb\t\r\n \r\n\t\r\n"],
    ["a line as long as a chunk less its end", `${"c".repeat(65_534)}\r\n`],
  ];
  const odd = bodies.map(([name, body], index) => ({ name, octets: withHeader(index, name, body) }));
  // Where chunks of 64 KB and buffers of 16 KB end, a dot stands at every place once.
  const cuts = Array.from({ length: 30 }, (_, index) => {
    const size = (index < 15 ? 16_384 : 65_536) - 8 + index % 15;
    const name = `a dot near octet ${size}`;
    const start = withHeader(100 + index, name, "");
    const filler = `${"f".repeat(61)}\r\n`.repeat(2_000).slice(0, size - start.length - 2);
    const line = filler.endsWith("\r") ? `${filler.slice(0, -1)}f` : filler;
    return { name, octets: Buffer.concat([start, Buffer.from(`${line}\r\n.\r\n..\r\nend\r\n`)]) };
  });
  return [...odd, ...cuts, { name: "5 MB with an attachment", octets: sampleMessage(5_000_000) }];
}

function withHeader(index: number, subject: string, body: string | Buffer): Buffer {
  const header = [
    "Return-Path: <alice@example.net>",
    "From: alice@example.net",
    "To: bob@example.org",
    `Subject: ${subject}`,
    `Message-ID: <odd-${index}@example.net>`,
    "Date: Tue, 24 Nov 2026 07:00:00 +0000",
    "X-Folded: one",
    "\ttwo",
    "  three",
    "",
    "",
  ].join("\r\n");
  return Buffer.concat([Buffer.from(header), Buffer.from(body)]);
}

function octets(from: number, to: number): Buffer {
  return Buffer.from(Array.from({ length: to - from }, (_, index) => from + index));
}

/** Messages that are not made of lines that end with CRLF, or hold what no text holds, or are next to nothing. */
export function oddOctets(): OddMessage[] {
  const header = "Subject: odd\r\n\r\n";
  const odd: readonly (readonly [string, string])[] = [
    ["0 octets", ""],
    ["a header without a body", "Subject: header alone\r\n"],
    ["a header and the empty line", header],
    ["no header, one line", "text\r\n"],
    ["nothing but an empty line", "\r\n"],
    ["nothing but dots", ".\r\n..\r\n...\r\n.\r\n"],
    ["8-bit octets in the header", "Subject: Gr\xfc\xdfe \xff\xfe\r\nX-\xe4: \x80\r\n\r\ntext\r\n"],
    ["NUL", `${header}a\0b\r\n\0\r\n\0`.concat("\r\n")],
    [
      "all 256 octets",
      `${header}${Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet)).join("")}\r\n`,
    ],
    ["a bare LF", `${header}one\ntwo\r\n`],
    ["lines that end with LF alone", "Subject: unix\n\none\ntwo\n"],
    ["a bare CR", `${header}one\rtwo\r\n`],
    ["a CR before CRLF", `${header}one\r\r\ntwo\r\n`],
    ["a CR at the start of a line", `${header}\rone\r\n`],
    ["LF CR", `${header}one\n\rtwo\r\n`],
    ["a dot behind a bare LF", `${header}one\n.two\r\n`],
    ["a dot behind a bare CR", `${header}one\r.two\r\n`],
    ["a dot and a CR", `${header}.\rone\r\n.\r\r\n`],
    ["no end of the last line", `${header}text`],
    ["a CR at the very end", `${header}text\r`],
    ["a dot at the very end", `${header}text\r\n.`],
    ["a line of 100,000 octets", `${header}${"x".repeat(100_000)}\r\n`],
    ["a line of 100,000 dots", `${header}${".".repeat(100_000)}\r\n`],
  ];
  return [...odd, ...atBorders(header)].map(([name, text]) => ({ name, octets: Buffer.from(text, "latin1") }));
}

/** Where chunks of 64 KB and buffers of 16 KB end, and two octets to either side: an end, CRLF and a dot, a bare CR. */
function atBorders(header: string): [string, string][] {
  return [16_384, 65_536].flatMap((border) =>
    [-2, -1, 0, 1, 2].flatMap((offset): [string, string][] => {
      const start = `${header}${"x".repeat(border + offset - header.length - 1)}`;
      return [
        [`the last line ends at octet ${border + offset}`, `${start.slice(0, -1)}\r\n`],
        [`CR LF and a dot behind octet ${border + offset}`, `${start}\r\n.\r\n..x\r\n`],
        [`a bare CR behind octet ${border + offset}`, `${start}\rx\r\n`],
      ];
    })
  );
}
