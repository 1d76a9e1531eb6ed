import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { oddMessages, oddOctets } from "../../tests/support/odd-messages.ts";
import { createMailTextReader } from "./mail-text.ts";
import { type MailPart, MailReader } from "./mail-reader.ts";

interface ReadPart extends MailPart {
  readonly content: string;
}

function read(message: string | Uint8Array, size = 65_536): ReadPart[] {
  const octets = typeof message === "string" ? Buffer.from(message, "latin1") : message;
  const parts: { part: MailPart; pieces: Uint8Array[] }[] = [];
  const reader = new MailReader({
    begin(part) {
      const pieces: Uint8Array[] = [];
      parts.push({ part, pieces });
      return (piece) => void pieces.push(Uint8Array.from(piece));
    },
  });
  for (let at = 0; at < octets.length; at += size) reader.push(octets.subarray(at, at + size));
  reader.finish();
  return parts.map(({ part, pieces }) => ({ ...part, content: Buffer.concat(pieces).toString("latin1") }));
}

const MIXED = [
  "From: a@example.net",
  'Content-Type: multipart/mixed; boundary="b"',
  "",
  "preamble",
  "--b",
  "Content-Type: multipart/alternative; boundary=c",
  "",
  "--c",
  "Content-Type: text/plain; charset=utf-8",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "gr=C3=BC=C3=9Fe",
  "--c",
  "Content-Type: text/html",
  "",
  "<b>hi</b>",
  "--c--",
  "--b",
  "Content-Type: image/png",
  "Content-ID: <pic@x>",
  "Content-Disposition: inline; filename=dot.png",
  "Content-Transfer-Encoding: base64",
  "",
  "aGVs",
  "bG8=",
  "--b",
  "Content-Type: message/rfc822",
  "Content-Disposition: attachment",
  "",
  "Subject: within",
  "",
  "text",
  "--b--",
  "epilogue",
  "",
].join("\r\n");

test("a message is read into its parts, without their encodings", () => {
  const parts = read(MIXED);
  expect(parts.map(({ type, content }) => [type, content])).toEqual([
    ["text/plain", "gr\xc3\xbc\xc3\x9fe"],
    ["text/html", "<b>hi</b>"],
    ["image/png", "hello"],
    ["message/rfc822", "Subject: within\r\n\r\ntext"],
  ]);
  expect(parts.map(({ isAlternative }) => isAlternative)).toEqual([true, true, false, false]);
  expect(parts[2]).toMatchObject({ contentId: "pic@x", name: "dot.png", disposition: "inline" });
});

test("however a message is cut and its lines end, its parts are the same", () => {
  const whole = read(MIXED).map(({ type, content }) => [type, content.replaceAll("\r\n", "\n")]);
  for (const size of [1, 2, 3, 7, 64]) {
    expect(read(MIXED, size).map(({ type, content }) => [type, content.replaceAll("\r\n", "\n")])).toEqual(whole);
    const unix = read(MIXED.replaceAll("\r\n", "\n"), size);
    expect(unix.map(({ type, content }) => [type, content.replaceAll("\r\n", "\n")])).toEqual(whole);
  }
});

test("no odd message is an error, and whatever has a body has a part", () => {
  for (const { name, octets } of [...oddMessages(), ...oddOctets()]) {
    const parts = read(octets);
    expect(parts.length, name).toBeLessThanOrEqual(2);
    const text = createMailTextReader(1_000);
    text.push(octets);
    expect(text.finish().text.length, name).toBeLessThanOrEqual(1_001);
  }
});

test("thousands of parts, deep nests and endless headers are read quickly", () => {
  const many = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\r\n\r\nx\r\n".repeat(5_000)}`;
  expect(read(many)).toHaveLength(5_000);
  const deep = Array.from(
    { length: 2_000 },
    (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`,
  );
  expect(read(deep.join("")).length).toBeLessThan(3);
  expect(read(`${"X: y\r\n".repeat(200_000)}\r\ntext`)).toHaveLength(1);
  expect(read(`X: ${"y".repeat(1_000_000)}\r\n\r\ntext`)).toHaveLength(1);
  const text = createMailTextReader(1_000);
  expect(text.push(Buffer.from(many))).toBe(true);
});

test("the text of a message is what people read of it, as much as is wanted", () => {
  const textOf = (message: string, limit = 1_000) => {
    const reader = createMailTextReader(limit);
    reader.push(Buffer.from(message, "latin1"));
    return reader.finish();
  };
  expect(textOf(MIXED)).toEqual({ from: "a@example.net", to: "", names: "dot.png", text: "grüße" });
  const html =
    "Content-Type: text/html\r\n\r\n<style>p{}</style><script>x()</script><p>One</p><p>two &amp; <b>three</b>";
  expect(textOf(html).text).toBe("One\n\ntwo & three");
  expect(textOf(`\r\n${"word ".repeat(10_000)}`, 100).text).toHaveLength(100);
  expect(textOf("Content-Type: text/plain; charset=iso-8859-1\r\n\r\ngr\xfc\xdfe").text).toBe("grüße");
  expect(textOf("\r\ngr\xfc\xdfe").text).toBe("grüße");
  expect(textOf("Content-Type: text/plain; charset=none-such\r\n\r\n\xff").text).toBe("ÿ");
});
