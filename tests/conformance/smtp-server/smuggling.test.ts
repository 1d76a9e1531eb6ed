import { Buffer } from "node:buffer";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureCertificates } from "../../../src/net/certificates.ts";
import { listen, type Listener } from "../../../src/net/listener.ts";
import { TlsAcceptor } from "../../../src/net/tls.ts";
import { cutAt, octetByOctet, playOctets } from "../../support/half-closed.ts";
import { falseEnds } from "../../support/line-ends.ts";
import { RawSmtp } from "../../support/raw-smtp.ts";
import { codesOf, memorySubmissions, serveConnection } from "../../support/smtp-session.ts";

const ENVELOPE = "EHLO client.example\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\n";
const HIDDEN = "MAIL FROM:<evil@example.net>\r\nRCPT TO:<victim@example.org>\r\nDATA\r\nhidden\r\n.\r\n";
const AFTER = "MAIL FROM:<c@example.net>\r\nRCPT TO:<d@example.org>\r\nDATA\r\nnext\r\n.\r\nQUIT\r\n";

/** What came of a session: the replies behind the greeting and EHLO, and who sent what was taken. */
async function outcomeOf(pieces: readonly Uint8Array[]) {
  const submissions = memorySubmissions();
  const { output } = await playOctets((server) => serveConnection(server, { submissions }).record, pieces);
  const senders = submissions.taken.map(({ reversePath }) => reversePath);
  return { codes: codesOf(output).slice(2).join(" "), senders: senders.join(" "), taken: submissions.taken };
}

/** The octets whole, one by one, and cut on each side of every octet of the false end. */
function cuts(text: string, end: string): Uint8Array[][] {
  const octets = Buffer.from(text, "latin1");
  const at = text.indexOf(`first${end}`) + "first".length;
  const around = Array.from({ length: end.length + 1 }, (_, offset) => cutAt(octets, [at + offset]));
  return [[octets], octetByOctet(octets), ...around];
}

const ends = falseEnds(3);

test(`a message hidden behind any of ${ends.length} false ends of the data is never a second message`, async () => {
  const wrong: string[] = [];
  for (const end of ends) {
    const text = `${ENVELOPE}DATA\r\nfirst${end}${HIDDEN}${AFTER}`;
    const outcomes = await Promise.all(cuts(text, end).map(outcomeOf));
    for (const { codes, senders, taken } of outcomes) {
      const asOne = codes === "250 250 354 250 250 250 354 250 221" && senders === "a@example.net c@example.net" &&
        taken[0]?.text.includes("hidden");
      const refused = codes === "250 250 354 550 250 250 354 250 221" && senders === "c@example.net";
      if (!asOne && !refused) wrong.push(`${JSON.stringify(end)}: ${codes}, taken from ${senders}`);
    }
  }
  expect(wrong).toEqual([]);
}, 60_000);

test("nothing in a chunk ends the message or is a command, whatever stands around its dots", async () => {
  const wrong: string[] = [];
  for (const end of [...falseEnds(2), "\r\n.\r\n"]) {
    const data = `first${end}${HIDDEN}`;
    const cut = Math.floor(data.length / 2);
    const chunks = `BDAT ${cut}\r\n${data.slice(0, cut)}BDAT ${data.length - cut} LAST\r\n${data.slice(cut)}`;
    for (const octets of [[Buffer.from(`${ENVELOPE}${chunks}${AFTER}`, "latin1")]]) {
      const { codes, senders, taken } = await outcomeOf(octets);
      const asOne = codes === "250 250 250 250 250 250 354 250 221" && senders === "a@example.net c@example.net" &&
        taken[0]?.text === data;
      const refused = codes === "250 250 250 550 250 250 354 250 221" && senders === "c@example.net";
      if (!asOne && !refused) wrong.push(`${JSON.stringify(end)}: ${codes}, taken from ${senders}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("a device whose bare LF is mended gets no second message past us either", async () => {
  const device = { name: "scanner", minTls: "off", bareLf: true } as const;
  const wrong: string[] = [];
  for (const end of falseEnds(2)) {
    const text = `${ENVELOPE}DATA\r\nfirst${end}${HIDDEN}${AFTER}`;
    for (const pieces of cuts(text, end)) {
      const submissions = memorySubmissions({
        senderWithoutLogin: () => ({ account: null, name: device.name, device }),
      });
      await playOctets((server) => serveConnection(server, { submissions }).record, pieces);
      const senders = submissions.taken.map(({ reversePath }) => reversePath).join(" ");
      const isBare = submissions.taken.some((message) => /\r(?!\n)|(?<!\r)\n/.test(message.text));
      if (!/^(a@example\.net )?c@example\.net$/.test(senders) || isBare) {
        wrong.push(`${JSON.stringify(end)}: ${senders}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

/* Commands injected before STARTTLS, over sockets, by a client that shares nothing with the engine. */

let folder: string;
let ca: string;
let acceptor: TlsAcceptor;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waypost-smuggling-"));
  const own = await ensureCertificates(folder, ["127.0.0.1"], Date.now());
  ca = readFileSync(own.caPath, "utf8");
  acceptor = new TlsAcceptor(own);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function startServer() {
  const submissions = memorySubmissions();
  const listener: Listener = await listen({ address: "127.0.0.1", port: 0 }, (server) => {
    serveConnection(server, { submissions, policy: { tls: { mode: "starttls", acceptor } } });
  });
  return { listener, submissions };
}

const PLAIN = Buffer.from("\0alice@example.net\0correct horse").toString("base64");

test.each([
  ["a whole transaction", `EHLO evil\r\nMAIL FROM:<evil@example.net>\r\nRCPT TO:<b@example.org>\r\n`],
  ["a message", `${ENVELOPE}DATA\r\nhidden\r\n.\r\n`],
  ["a login", `EHLO evil\r\nAUTH PLAIN ${PLAIN}\r\n`],
  ["half a command, to be ended under TLS", "MAIL FROM:<evil@example.net> ENVID=x"],
  ["a chunk that would swallow what comes", "EHLO evil\r\nBDAT 100 LAST\r\n"],
  ["a line end", "\r\n"],
  ["a second STARTTLS", "STARTTLS\r\n"],
])("%s in one segment with STARTTLS is never run", async (_, injected) => {
  const { listener, submissions } = await startServer();
  const smtp = await RawSmtp.connect({ port: listener.endpoint.port });
  await smtp.ask(250, "EHLO client.example");
  await smtp.client.write(`STARTTLS\r\n${injected}`);
  await smtp.expect(220);
  await smtp.client.secure(ca);
  // The state is that of the beginning: no EHLO, no transaction, no login, nothing half read.
  await smtp.ask(503, "MAIL FROM:<a@example.net>");
  const { lines } = await smtp.ask(250, "EHLO client.example");
  expect(lines).toContain("PIPELINING");
  await smtp.ask(503, "RCPT TO:<b@example.org>");
  await smtp.ask(235, `AUTH PLAIN ${PLAIN}`);
  await smtp.send("a@example.net", ["b@example.org"], Buffer.from("Text.\r\n"));
  await smtp.quit();
  expect(submissions.taken.map(({ reversePath, text }) => [reversePath, text])).toEqual([[
    "a@example.net",
    "Text.\r\n",
  ]]);
  await listener.close();
});
