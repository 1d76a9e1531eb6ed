import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { HOSTILE_HTML, hostileLetter } from "../../tests/support/hostile-letters.ts";
import { oddMessages, oddOctets } from "../../tests/support/odd-messages.ts";
import { sampleMessage } from "../../tests/support/sample-messages.ts";
import { textOfHtml } from "../wire/html-text.ts";
import { dispositionOf, safeFileName } from "./file-name.ts";
import { readAttachment, readHtml, readLetter, sliceOf } from "./letter.ts";
import { makeSafe } from "./safe-html.ts";

async function* pieces(message: string | Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  const octets = typeof message === "string" ? Buffer.from(message) : message;
  for (let at = 0; at < octets.length; at += size) yield await Promise.resolve(octets.subarray(at, at + size));
}

async function joined(octets: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const piece of octets) all.push(piece);
  return Buffer.concat(all).toString("latin1");
}

/** What must not be left in HTML that was made safe, wherever it stands as markup. */
function expectInert(html: string): void {
  // Every tag that is left, with its attributes; what is text has no "<" any more.
  for (const [tag, name = "", attributes = ""] of html.matchAll(/<(\/?[^\s>]*)([^>]*)>/g)) {
    expect(name.replace("/", ""), tag).toMatch(/^(a|b|body|br|div|i|img|mark|p|span|style|table|td|tr)$/);
    const names = [...attributes.matchAll(/([^\s=]+)="[^"]*"/g)].map((match) => match[1]);
    expect(
      names.filter((attribute) => /^on|^(ping|background|poster|srcset|action|formaction|srcdoc)$/.test(attribute!)),
    )
      .toEqual([]);
    expect(attributes.replaceAll(/[^\s=]+="[^"]*"/g, "").trim(), tag).toBe("");
    for (const [, src] of attributes.matchAll(/src="([^"]*)"/g)) expect(src).toMatch(/^data:image\/png;base64,/);
    for (const [, href] of attributes.matchAll(/href="([^"]*)"/g)) expect(href).toMatch(/^(https?|mailto):/);
  }
  expect(html).not.toMatch(/url\(|@import|@font-face/i);
}

test.each(HOSTILE_HTML.map((html) => [html.slice(0, 60), html]))("%s is made inert", async (_, html) => {
  const { html: safe } = await makeSafe(`${html}<p>after</p>`, () => null);
  expectInert(safe);
});

test("what is harmless stays, links say where they lead, and what came from elsewhere is counted", async () => {
  const html = `<p style="color:red; background:url(x)">Hi <b>you</b></p><img src="cid:a%40b"><img src="http://x/y">` +
    `<a href="https://example.org/a?b=1&amp;c=2">read <i>more</i></a><style>p{margin:0}</style>`;
  const safe = await makeSafe(html, (id) => id === "a@b" ? "data:image/png;base64,AAAA" : null);
  expect(safe.html).toContain('<p style="color:red">Hi <b>you</b></p><img src="data:image/png;base64,AAAA"><img>');
  expect(safe.html).toContain('target="_blank" rel="noopener noreferrer nofollow">read <i>more</i></a>');
  expect(safe.html).toContain("<style>p{margin:0}</style>");
  expect(safe.links).toEqual([{ text: "read more", target: "https://example.org/a?b=1&c=2" }]);
  expect(safe.blocked).toBe(1);
});

test("hostile HTML takes no more time than other HTML", async () => {
  const nasty = [
    "<i>",
    "<",
    "<a ",
    "<!--",
    "&nbsp;\n",
    "<p> ",
    '<p style="a:b;/*">',
    "<style>a{b:url(",
    "<table><tr><td>",
  ];
  const begun = performance.now();
  for (const piece of nasty) {
    const html = piece.repeat(Math.floor(300_000 / piece.length));
    await makeSafe(html, () => null);
    textOfHtml(html);
  }
  // Seconds, where a square of the length would take hours; the machine may be busy.
  expect(performance.now() - begun).toBeLessThan(15_000);
});

test("a hostile letter is shown with its own picture and nothing else", async () => {
  const letter = await readLetter(pieces(hostileLetter(), 700));
  expect(letter).toMatchObject({ hasHtml: true, text: null, hasMore: false });
  expect(letter.attachments.map(({ name, type, isInline }) => [name, type, isInline])).toEqual([
    ["part-3", "image/png", true],
    ["script_.html", "text/html", false],
    ["_gpj. X-Evil_ 1", "image/svg+xml", false],
  ]);
  const safe = await readHtml(pieces(hostileLetter(), 700), true);
  expectInert(safe!.html);
  expect(safe!.html).toContain("The harmless part.");
  expect(safe!.html.match(/data:image\/png/g)).toHaveLength(1);
  const page = await readHtml(pieces(hostileLetter("<a href='https://example.org'>x</a>")), false);
  expect(page!.links).toEqual([{ text: "x", target: "https://example.org/" }]);
});

test("odd messages are read, whatever they hold", async () => {
  for (const { octets } of [...oddMessages(), ...oddOctets()]) {
    const letter = await readLetter(pieces(octets, 8_000));
    expect(letter.state).toBe("here");
    expect(await readHtml(pieces(octets), true)).toBeNull();
    expect(await readAttachment(pieces(octets), 77)).toBeNull();
  }
});

test("the text is shown as far as its limit, and thousands of parts as far as theirs", async () => {
  const long = await readLetter(pieces(`\r\n${"0123456789".repeat(100_000)}`));
  expect([long.text!.length, long.isTextCut]).toEqual([262_144, true]);
  const many = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${
    "--b\r\nContent-Type: x/y\r\n\r\nx\r\n".repeat(50_000)
  }`;
  const letter = await readLetter(pieces(many));
  expect([letter.attachments.length, letter.hasMore]).toEqual([500, true]);
});

test("an attachment comes without its encoding, in pieces, and reading stops behind it", async () => {
  const large = sampleMessage(5_000_000);
  const letter = await readLetter(pieces(large));
  const part = letter.attachments[0]!;
  const attachment = await readAttachment(pieces(large), part.number);
  expect((await joined(attachment!.octets)).length).toBe(part.octets);
  const svg = await readAttachment(pieces(hostileLetter(), 100), 5);
  expect(await joined(svg!.octets)).toBe('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
});

test("a source is given from any octet on", async () => {
  const text = "0123456789";
  expect(await joined(sliceOf(pieces(text, 3), 0, 100))).toBe(text);
  expect(await joined(sliceOf(pieces(text, 3), 4, 3))).toBe("456");
  expect(await joined(sliceOf(pieces(text, 3), 20, 3))).toBe("");
});

test.each([
  ["report.pdf", "report.pdf"],
  ["../../etc/passwd", "passwd"],
  ["C:\\temp\\a.exe", "a.exe"],
  ["...", "part"],
  ["", "part"],
  ["\u202egpj.exe", "_gpj.exe"],
  ["a\r\nb.txt", "a_b.txt"],
  ['a"b;c.txt', "a_b;c.txt"],
  [`${"x".repeat(300)}.tar`, `${"x".repeat(116)}.tar`],
])("the file name %j becomes %j", (name, expected) => {
  expect(safeFileName(name, "part")).toBe(expected);
});

test("a disposition is one line of ASCII, and never lets a browser show the file", () => {
  const value = dispositionOf('naïve "plan"\\%.pdf');
  expect(value).toBe(`attachment; filename="na_ve _plan___.pdf"; filename*=UTF-8''na%C3%AFve%20%22plan%22%5C%25.pdf`);
});
