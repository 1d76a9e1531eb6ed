import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { sendAll, serveOnPipe } from "../../support/smtp-session.ts";

const ESTABLISHMENT = "EHLO client.example\r\n";
const TRANSFER =
  "MAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nSubject: x\r\n\r\nQUIT\r\n.\r\nMAIL FROM:<>\r\nRSET\r\n";
const TERMINATION = "QUIT\r\n";
const LATE = "this comes after the end";

test.each([
  ["all at once", (octets: Uint8Array) => [octets]],
  ["octet by octet", (octets: Uint8Array) => Array.from(octets, (octet) => Uint8Array.of(octet))],
])("each octet counts in the phase to which it belongs, however it comes: %s", async (_, cut) => {
  const { client, record } = serveOnPipe({ cut });
  const output = await sendAll(client, ESTABLISHMENT + TRANSFER + TERMINATION + LATE);
  const { phases } = await record;
  expect(phases.map(({ phase, octetsIn }) => [phase, octetsIn])).toEqual([
    ["establishment", ESTABLISHMENT.length],
    ["transfer", TRANSFER.length],
    // What comes too late came all the same.
    ["termination", expect.toSatisfy((octets: number) => octets >= TERMINATION.length)],
  ]);
  const replies = /^(220 [^]*?)(250 2\.1\.0 [^]*)(221 [^]*)$/.exec(output)!.slice(1);
  expect(phases.map(({ octetsOut }) => octetsOut)).toEqual(replies.map((text) => Buffer.byteLength(text)));
});
