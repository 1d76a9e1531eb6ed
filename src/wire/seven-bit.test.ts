import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import PostalMime from "postal-mime";
import { expect, test } from "vitest";
import { convertToSevenBit } from "./seven-bit.ts";

/** Converts a message given in UTF-8, in pieces of a size; the result must be ASCII and as long as was said. */
async function convert(text: string, pieceSize = Infinity): Promise<string | null> {
  const octets = Buffer.from(text);
  function* read() {
    for (let at = 0; at < octets.length; at += pieceSize) yield Uint8Array.from(octets.subarray(at, at + pieceSize));
  }
  const converted = await convertToSevenBit(read, octets.length);
  if (converted === null) return null;
  let shown = "";
  for await (const piece of converted.octets()) shown += Buffer.from(piece).toString("latin1");
  expect(shown).toMatch(/^[\0-\x7f]*$/);
  expect(converted.size).toBe(shown.length);
  return shown;
}

const lines = (...text: string[]) => text.map((line) => `${line}\r\n`).join("");

test("ASCII stays as it is", async () => {
  const text = lines("Subject: one", "", "Text = text", ".", "");
  expect(await convert(text)).toBe(text);
});

test("a text is encoded as quoted-printable, its encoding is replaced", async () => {
  const header = ["Subject: one", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"];
  expect(await convert(lines(...header, "Content-Transfer-Encoding:", " 8bit", "X: y", "", "Grüße =", "."))).toBe(
    lines(...header, "Content-Transfer-Encoding: quoted-printable", "X: y", "", "Gr=C3=BC=C3=9Fe =3D", "."),
  );
});

test("a message from before MIME says that its characters are unknown", async () => {
  expect(await convert(lines("Subject: one", "", "ü"))).toBe(lines(
    "Subject: one",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=unknown-8bit",
    "Content-Transfer-Encoding: quoted-printable",
    "",
    "=C3=BC",
  ));
});

const mixed = lines(
  "MIME-Version: 1.0",
  'Content-Type: multipart/mixed;\r\n\tboundary="b (1)"',
  "Content-Transfer-Encoding: 8bit",
  "",
  "Preamble",
  "--b (1)",
  "",
  "ASCII = stays",
  "--b (1) ",
  "Content-Type: text/html; charset=utf-8",
  "",
  "<p>Grüße</p>",
  "--b (1)x is no delimiter",
  "--b (1)",
  "Content-Type: application/octet-stream",
  "Content-Disposition: attachment; filename=a",
  "",
  "ü".repeat(60),
  "--b (1)",
  "Content-Type: message/rfc822",
  "",
  "Subject: inner",
  "Content-Type: text/plain; charset=utf-8",
  "",
  "inner ü",
  "--b (1)--",
  "Epilogue",
);

test("parts are converted each by its kind, all else keeps its place", async () => {
  const converted = (await convert(mixed))!;
  const parsed = await PostalMime.parse(converted, { forceRfc822Attachments: true, attachmentEncoding: "utf8" });
  expect(parsed.html).toContain("<p>Grüße</p>\n--b (1)x is no delimiter");
  expect(parsed.text).toContain("ASCII = stays");
  expect(parsed.attachments[0]!.content).toBe("ü".repeat(60));
  expect(parsed.attachments[1]!.content).toContain("Content-Transfer-Encoding: quoted-printable");
  expect(converted).toContain("Preamble\r\n--b (1)\r\n\r\nASCII = stays\r\n--b (1) \r\n");
  expect(converted.endsWith("inner =C3=BC\r\n--b (1)--\r\nEpilogue\r\n")).toBe(true);
  expect(converted.split("\r\n").every((line) => line.length <= 80)).toBe(true);
});

test.each<[string, string]>([
  ["a header with UTF-8", lines("Subject: ü", "", "ü")],
  ["no end of the header", "Subject: ü"],
  ["a signed part", mixed.replace("multipart/mixed", "multipart/signed")],
  ["a preamble with UTF-8", mixed.replace("Preamble", "ü")],
  ["an epilogue with UTF-8", mixed.replace("Epilogue", "ü")],
  ["a multipart without a boundary", lines("Content-Type: multipart/mixed", "", "ü")],
  ["base64 that is none", lines("Content-Transfer-Encoding: base64", "", "ü")],
  ["two types", lines("Content-Type: text/plain", "Content-Type: text/html", "", "ü")],
  ["a report", lines("Content-Type: message/delivery-status", "", "ü")],
])("%s is left alone", async (_, text) => expect(await convert(text)).toBeNull());

test("any text comes out as it was", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: fc.constantFrom("ü", "=", " ", ".", "\r\n", "long ".repeat(20)) }),
      async (body) => {
        const header = lines("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8");
        const before = await PostalMime.parse(`${header}\r\n${body}`);
        expect((await PostalMime.parse((await convert(`${header}\r\n${body}`))!)).text?.trimEnd()).toBe(
          before.text?.trimEnd(),
        );
      },
    ),
  );
});

/** Parts in parts, closed and not, with text, octets, messages and what looks like a delimiter. */
const nested = lines(
  "MIME-Version: 1.0",
  "Content-Type: multipart/mixed; boundary=outer",
  "",
  "--outer",
  "Content-Type: multipart/alternative; boundary=inner",
  "Content-Transfer-Encoding: 8bit",
  "",
  "--inner",
  "Content-Type: text/plain; charset=utf-8",
  "",
  "Grüße, plain ",
  "",
  "--inner",
  "Content-Type: text/html; charset=utf-8",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "<p>Gr=C3=BC=C3=9Fe</p>",
  "--outer",
  "Content-Type: message/rfc822",
  "",
  "Subject: forwarded",
  "Content-Type: multipart/mixed; boundary=deep",
  "MIME-Version: 1.0",
  "",
  "--deep",
  "",
  "--inner is no delimiter here",
  "--deep",
  "Content-Type: application/octet-stream",
  "",
  "öööö".repeat(40),
  "--deep--",
  "",
  "--outer",
  "",
  "ASCII",
  "--outer--",
);

test("nested parts are converted where they hold 8-bit text, and nowhere else", async () => {
  const converted = (await convert(nested))!;
  expect(converted).toContain("boundary=inner\r\nContent-Transfer-Encoding: 7bit\r\n\r\n--inner");
  expect(converted).toContain(
    "Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe, plain=20\r\n\r\n--inner",
  );
  expect(converted).toContain(
    "<p>Gr=C3=BC=C3=9Fe</p>\r\n--outer\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n",
  );
  expect(converted).toContain("--deep\r\n\r\n--inner is no delimiter here\r\n--deep\r\n");
  expect(converted.endsWith("--deep--\r\n\r\n--outer\r\n\r\nASCII\r\n--outer--\r\n")).toBe(true);
  const options = { forceRfc822Attachments: true, attachmentEncoding: "utf8" } as const;
  const [before, after] = [await PostalMime.parse(nested, options), await PostalMime.parse(converted, options)];
  expect(after.text).toBe(before.text);
  expect(after.html).toBe(before.html);
  // What the library reads of a plain part has the line end that belongs to the delimiter.
  const inner = async (mail: typeof before) => {
    const { attachments } = await PostalMime.parse(mail.attachments[0]!.content, options);
    return attachments.map(({ mimeType, content }) => [mimeType, String(content).trimEnd()]);
  };
  expect(await inner(after)).toEqual(await inner(before));
});

test("the outcome does not depend on where the octets are cut", async () => {
  for (const message of [mixed, nested, lines("Subject: one", "", "ü".repeat(50_000), "--", " ü ")]) {
    const whole = await convert(message);
    for (const pieceSize of message.length > 10_000 ? [1000, 4097] : [1, 2, 3, 7, 64, 1000]) {
      expect(await convert(message, pieceSize)).toBe(whole);
    }
  }
});

test("lines of any length and octets of any number are converted", async () => {
  const text = "ü ".repeat(100_000);
  const converted = (await convert(lines("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "", text)))!;
  expect((await PostalMime.parse(converted)).text).toBe(`${text}\n`);
  const binary = lines("MIME-Version: 1.0", "Content-Type: application/octet-stream", "", text.trim());
  const parsed = await PostalMime.parse((await convert(binary, 4096))!);
  expect(Buffer.from(parsed.attachments[0]!.content as ArrayBuffer).toString()).toBe(`${text.trim()}\r\n`);
});

test("a message that is not given whole is not converted", async () => {
  const octets = Buffer.from(lines("Subject: one", "", "ü"));
  await expect(convertToSevenBit(() => [octets.subarray(0, 10)], octets.length)).rejects.toThrow("10 octets");
  await expect(convertToSevenBit(() => [], octets.length)).rejects.toThrow("0 octets");
});

test("a large message is converted in memory for a few pieces", async () => {
  const head = Buffer.from(lines("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", ""));
  const piece = Buffer.from(`${"Grüße aus dem Keller. ".repeat(3)}\r\n`.repeat(900));
  const pieces = 200;
  function* read() {
    yield head;
    for (let count = 0; count < pieces; count++) yield piece;
  }
  const converted = (await convertToSevenBit(read, head.length + piece.length * pieces))!;
  let [octets, largest] = [0, 0];
  for await (const part of converted.octets()) {
    octets += part.length;
    largest = Math.max(largest, part.length);
  }
  expect(octets).toBe(converted.size);
  expect(octets).toBeGreaterThan(12_000_000);
  expect(largest).toBeLessThan(200_000);
});
