import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { reply } from "../../../src/smtp/reply.ts";
import { codesOf, memorySubmissions, sendAll, serveOnPipe, type SessionOptions } from "../../support/smtp-session.ts";
import { waitFor } from "../../support/wait.ts";

const START = "EHLO client.example\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\n";
const BINARY_START = START.replace("net>", "net> BODY=BINARYMIME");
const chunk = (text: string, last = "") => `BDAT ${text.length}${last}\r\n${text}`;

/** Plays a whole session; gives the codes behind the greeting and EHLO, and what was taken. */
async function play(input: string, options: SessionOptions = {}) {
  const memory = memorySubmissions();
  const { client, record } = serveOnPipe({ submissions: memory, ...options });
  const output = await sendAll(client, input);
  const { outcome, messages } = await record;
  client.destroy();
  return {
    codes: codesOf(output).slice(2).join(" "),
    texts: memory.taken.map(({ text }) => text),
    outcome,
    messages,
  };
}

test("chunks are joined as they came: nothing is stuffed, nothing ends them early", async () => {
  const input = `${START}${chunk("..a\r\n.\r")}${chunk("\n.\r\nQUIT\r\n", " LAST")}NOOP\r\nQUIT\r\n`;
  expect(await play(input)).toEqual({
    codes: "250 250 250 250 250 221",
    texts: ["..a\r\n.\r\n.\r\nQUIT\r\n"],
    outcome: "completed",
    messages: 1,
  });
});

test("a binary message is taken octet for octet", async () => {
  const every = Buffer.from(Uint8Array.from({ length: 256 }, (_, octet) => octet)).toString("latin1");
  const { texts } = await play(`${BINARY_START}${chunk(every)}${chunk(every, " last")}QUIT\r\n`);
  expect(texts).toEqual([every + every]);
});

test.each<[string, string, string, number]>([
  ["RSET", `${chunk("a\r\n")}RSET\r\nQUIT\r\n`, "250 250 250 250 221", 1],
  ["EHLO", `${chunk("a\r\n")}EHLO again.example\r\nQUIT\r\n`, "250 250 250 250 221", 1],
  ["QUIT", `${chunk("a\r\n")}QUIT\r\n`, "250 250 250 221", 1],
  ["a chunk too many", `${chunk("x".repeat(100_001))}${chunk("a\r\n", " LAST")}QUIT\r\n`, "250 250 552 503 221", 1],
  ["a bare LF", `${chunk("a\n", " LAST")}QUIT\r\n`, "250 250 550 221", 1],
  ["a size that is none", `${chunk("a\r\n")}BDAT -1\r\nQUIT\r\n`, "250 250 250 501", 1],
])("a message that %s breaks off is given up once", async (_, input, codes, aborted) => {
  const submissions = memorySubmissions();
  expect(await play(START + input, { submissions })).toMatchObject({ codes, texts: [], messages: 0 });
  await waitFor("the message to be given up", () => submissions.aborted > 0);
  expect(submissions.aborted).toBe(aborted);
});

test("a client that goes away within a chunk leaves nothing behind", async () => {
  const submissions = memorySubmissions();
  const { client, record } = serveOnPipe({ submissions });
  client.write(`${START}${chunk("Hello\r\n")}BDAT 1000\r\nhalf`);
  await client.end();
  expect((await record).outcome).toBe("dropped");
  await waitFor("the message to be given up", () => submissions.aborted === 1);
  expect(submissions.taken).toEqual([]);
});

test("a disk that is full by then refuses the first chunk, and the session goes on", async () => {
  const answers = [null, reply(452, "4.3.1", "The disk is full")];
  const submissions = memorySubmissions({ refuseForNow: () => answers.shift() ?? null });
  const { codes } = await play(`${START}${chunk("a\r\n", " LAST")}NOOP\r\nQUIT\r\n`, { submissions });
  expect(codes).toBe("250 250 452 250 221");
});
