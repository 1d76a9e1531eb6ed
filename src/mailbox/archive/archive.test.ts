import fc from "fast-check";
import { expect, test } from "vitest";
import { looksLikeMbox, type MboxQuoting, readMbox } from "./mbox-reader.ts";
import { readMessageFile } from "./message-file.ts";
import type { MessageSink } from "./sink.ts";

async function* inPieces(text: string, octets: number): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(text, "latin1");
  for (let at = 0; at < all.length; at += octets) yield Uint8Array.from(all.subarray(at, at + octets));
}

function collector(): { sink: MessageSink; messages: string[] } {
  const messages: string[] = [];
  let text = "";
  const sink: MessageSink = {
    begin: () => void (text = ""),
    take: (octets) => void (text += Buffer.from(octets).toString("latin1")),
    end: () => Promise.resolve(void messages.push(text)),
  };
  return { sink, messages };
}

async function mbox(text: string, quoting: MboxQuoting = "mboxrd", octets = 7) {
  const { sink, messages } = collector();
  const notes = await readMbox(inPieces(text, octets), quoting, sink);
  return { messages, notes };
}

async function file(text: string, octets = 7): Promise<string> {
  const { sink, messages } = collector();
  await readMessageFile(inPieces(text, octets), "a file", sink);
  expect(messages).toHaveLength(1);
  return messages[0]!;
}

const FROM = "From alice@example.net Tue Nov 24 09:00:00 2026";

test("an mbox is cut at its separators; line ends become CRLF, the blank lines before separators are its own", async () => {
  const text = `${FROM}\nSubject: one\n\nbody\n\n\n${FROM}\nSubject: two\n\n\n${FROM}\n\n${FROM}\nSubject: last`;
  expect((await mbox(text)).messages).toEqual([
    "Subject: one\r\n\r\nbody\r\n\r\n",
    "Subject: two\r\n\r\n",
    "",
    "Subject: last\r\n",
  ]);
  expect((await mbox(text.replaceAll("\n", "\r\n"))).messages).toEqual((await mbox(text)).messages);
});

test("quoting is undone as mboxrd or mboxo wants it; where they differ is counted", async () => {
  const text = `${FROM}\n\n>From here\n>>From there\n>>> From nowhere\n>Fromage\n`;
  const rd = await mbox(text);
  expect(rd.messages).toEqual(["\r\nFrom here\r\n>From there\r\n>>> From nowhere\r\n>Fromage\r\n"]);
  expect(rd.notes).toEqual({ messages: 1, doubleQuoted: 1, unquoted: 0 });
  expect((await mbox(text, "mboxo")).messages).toEqual([
    "\r\nFrom here\r\n>>From there\r\n>>> From nowhere\r\n>Fromage\r\n",
  ]);
});

test("a line that only looks like a separator is text", async () => {
  const text = `${FROM}\n\nFrom my window\n\nFrom my door\n${FROM}\n`;
  const { messages, notes } = await mbox(text);
  expect(messages).toEqual([`\r\nFrom my window\r\n\r\nFrom my door\r\n${FROM}\r\n`]);
  expect(notes).toMatchObject({ messages: 1, unquoted: 2 });
});

test("separators of other programs are known", async () => {
  for (
    const line of ["From - Tue Nov 24 09:00:00 2026", "From - ", "From ", "From MAILER-DAEMON Tue Nov  4 9:00 2026"]
  ) {
    expect((await mbox(`${line}\nSubject: a\n\n${line}\nSubject: b\n`)).messages).toHaveLength(2);
  }
});

test("an empty file is an mbox without messages; a file that begins otherwise is none", async () => {
  expect((await mbox("")).messages).toEqual([]);
  expect([Buffer.from(""), Buffer.from("From "), Buffer.from("From:")].map(looksLikeMbox)).toEqual([true, true, false]);
});

test("where the pieces are cut makes no difference, also for long lines", async () => {
  const line = fc.constantFrom("", "From x", ">From y", FROM, "text", "\r", "x".repeat(9000), "\0\x80");
  const lines = fc.array(line, { maxLength: 12 });
  const end = fc.constantFrom("\n", "\r\n");
  await fc.assert(fc.asyncProperty(lines, end, fc.integer({ min: 1, max: 9000 }), async (text, lineEnd, octets) => {
    const whole = [FROM, ...text, ""].join(lineEnd);
    expect(await mbox(whole, "mboxrd", octets)).toEqual(await mbox(whole, "mboxrd", whole.length));
    expect(await file(whole, octets)).toBe(await file(whole, whole.length));
  }));
});

test("a message file is taken octet for octet where its first line ends with CRLF", async () => {
  expect(await file("a\r\nb\nc\rd\r\n")).toBe("a\r\nb\nc\rd\r\n");
  expect(await file("a\nb\r\nc\rd\n")).toBe("a\r\nb\r\nc\rd\r\n");
});

test("a last line without an end gets one: POP3 could not send it", async () => {
  expect(await file("a\r\nb")).toBe("a\r\nb\r\n");
  expect(await file("a\r\nb\r")).toBe("a\r\nb\r\n");
  expect(await file("a")).toBe("a\r\n");
  expect(await file("")).toBe("");
});
