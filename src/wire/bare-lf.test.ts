import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BareLfMender } from "./bare-lf.ts";
import { DotDecoder, DotEncoder } from "./dot-stuffing.ts";

/** What a server with the mender makes of raw data: the content, and what stood behind the end of data; null: no end came. */
function receive(raw: string, step = raw.length): { content: string; rest: string } | null {
  const decoder = new DotDecoder();
  const mender = new BareLfMender();
  let content = "";
  const emit = (octets: Uint8Array) => void (content += Buffer.from(octets).toString("latin1"));
  for (let at = 0; at < raw.length; at += step) {
    const taken = decoder.decode(
      Buffer.from(raw.slice(at, at + step), "latin1"),
      (octets) => mender.push(octets, emit),
    );
    if (taken >= 0) return { content, rest: raw.slice(at + taken) };
  }
  return null;
}

/** How content goes on to an upstream. */
function send(content: string): string {
  const encoder = new DotEncoder();
  let sent = "";
  encoder.encode(Buffer.from(content, "latin1"), (octets) => void (sent += Buffer.from(octets).toString("latin1")));
  return sent + Buffer.from(encoder.end()).toString("latin1");
}

test.each([
  ["bare LF becomes CR LF", "a\nb\r\nc\n\r\n.\r\n", "a\r\nb\r\nc\r\n\r\n"],
  ["empty lines stay", "a\n\n\nb\r\n.\r\n", "a\r\n\r\n\r\nb\r\n"],
  ["the first octet", "\na\r\n.\r\n", "\r\na\r\n"],
  ["a doubled dot behind a bare LF is one", "a\n..b\n...\n..\r\n.\r\n", "a\r\n.b\r\n..\r\n.\r\n"],
  ["a doubled dot behind CR LF is one", "a\r\n..b\r\n.\r\n", "a\r\n.b\r\n"],
  ["a single dot behind a bare LF stays", "a\n.b\nc\r\n.\r\n", "a\r\n.b\r\nc\r\n"],
])("%s", (_, raw, expected) => {
  for (let step = 1; step <= raw.length; step++) expect(receive(raw, step)).toEqual({ content: expected, rest: "" });
});

const smuggled = "MAIL FROM:<x@y>\r\nRCPT TO:<z@y>\r\nDATA\r\nSubject: two\r\n\r\nTwo\r\n";

test.each(["\n.\n", "\n.\r\n", "\r\n.\n", "\n.\n\r\n", "\n\n.\n", "\r\n\n.\r\n", "\n.\n.\n", "\n..\n", "\n..\r\n"])(
  "%j around a dot ends no message, and passes as none that another server could end it by",
  (end) => {
    const raw = `Subject: one\n\nOne${end}${smuggled}.\r\nNOOP\r\n`;
    const taken = receive(raw)!;
    expect(taken.rest).toBe("NOOP\r\n");
    const sent = send(taken.content);
    // No line end is left that anybody could read differently, and the only line of one dot is the last.
    expect(sent.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    expect(sent.split("\r\n").filter((line) => line === ".").length).toBe(1);
    expect(sent.endsWith(`${smuggled}.\r\n`)).toBe(true);
  },
);

test("a dot on a line of its own comes out as a line of one dot", () => {
  for (const end of ["\n.\n", "\n.\r\n"]) {
    expect(receive(`a${end}b\r\n.\r\n`)).toEqual({ content: "a\r\n.\r\nb\r\n", rest: "" });
  }
});

test("any data is one message with CR LF alone, whatever its cuts, unless it holds a bare CR", () => {
  const part = fc.constantFrom("\n", "\r\n", ".", "..", "a", "\n.\n", "\r\n.\n", "\n.\r\n");
  fc.assert(
    fc.property(fc.array(part, { maxLength: 14 }), fc.integer({ min: 1, max: 5 }), (parts, step) => {
      const raw = `${parts.join("")}x\r\n.\r\n`;
      const whole = receive(raw)!;
      expect(receive(raw, step)).toEqual(whole);
      const sent = send(whole.content);
      expect(sent.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
      const again = new DotDecoder();
      expect(again.decode(Buffer.from(sent, "latin1"), () => undefined)).toBe(sent.length);
    }),
    { numRuns: 2000 },
  );
});
