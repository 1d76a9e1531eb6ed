import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import PostalMime from "postal-mime";
import { expect, test } from "vitest";
import { convertToSevenBit } from "./seven-bit.ts";

/** Converts a message given in UTF-8; the result must be ASCII. */
function convert(text: string): string | null {
  const converted = convertToSevenBit(Buffer.from(text));
  if (converted === null) return null;
  const shown = Buffer.from(converted).toString("latin1");
  expect(shown).toMatch(/^[\0-\x7f]*$/);
  return shown;
}

const lines = (...text: string[]) => text.map((line) => `${line}\r\n`).join("");

test("ASCII stays as it is", () => {
  const text = lines("Subject: one", "", "Text = text", ".", "");
  expect(convert(text)).toBe(text);
});

test("a text is encoded as quoted-printable, its encoding is replaced", () => {
  const header = ["Subject: one", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"];
  expect(convert(lines(...header, "Content-Transfer-Encoding:", " 8bit", "X: y", "", "Grüße =", "."))).toBe(
    lines(...header, "Content-Transfer-Encoding: quoted-printable", "X: y", "", "Gr=C3=BC=C3=9Fe =3D", "."),
  );
});

test("a message from before MIME says that its characters are unknown", () => {
  expect(convert(lines("Subject: one", "", "ü"))).toBe(lines(
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
  const converted = convert(mixed)!;
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
])("%s is left alone", (_, text) => expect(convert(text)).toBeNull());

test("any text comes out as it was", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: fc.constantFrom("ü", "=", " ", ".", "\r\n", "long ".repeat(20)) }),
      async (body) => {
        const header = lines("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8");
        const before = await PostalMime.parse(`${header}\r\n${body}`);
        expect((await PostalMime.parse(convert(`${header}\r\n${body}`)!)).text?.trimEnd()).toBe(before.text?.trimEnd());
      },
    ),
  );
});
