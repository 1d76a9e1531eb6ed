import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import type { RefusedAttempt, Sender, SenderDevice, Submissions } from "../../../src/smtp/server/ports.ts";
import { reply } from "../../../src/smtp/reply.ts";
import { refuseProtection } from "../../../src/smtp/server/sender-rules.ts";
import type { SmtpContext } from "../../../src/smtp/server/state.ts";
import { DotEncoder } from "../../../src/wire/dot-stuffing.ts";
import { cutAt, octetByOctet, playOctets } from "../../support/half-closed.ts";
import { falseEnds } from "../../support/line-ends.ts";
import { codesOf, memorySubmissions, sendAll, serveConnection, serveOnPipe } from "../../support/smtp-session.ts";

/** Submissions to which every client is this device. */
function submissionsOf(rules: Partial<SenderDevice>, changes: Partial<Submissions> = {}) {
  const device: SenderDevice = { name: "scanner", minTls: "off", bareLf: false, ...rules };
  const sender: Sender = { account: null, name: "scanner", device };
  return memorySubmissions({ senderWithoutLogin: () => sender, ...changes });
}

/** What an old scanner says: HELO, stray spaces, no brackets, LF alone, neither Date nor Message-ID. */
const OLD_SCANNER = "helo SCANNER_01\nMail From: scanner@local\nRCPT TO: bob@example.org\nData\n" +
  "Subject: Scan\nTo: bob@example.org\n\nPage 1\n..\n.one\n\r\n.\r\nQuit\n";

test("an old scanner's session is taken from a device with bare_lf, with CR LF alone", async () => {
  const submissions = submissionsOf({ bareLf: true });
  for (const cut of [undefined, (octets: Uint8Array) => [...octets].map((octet) => Uint8Array.of(octet))]) {
    const { client } = serveOnPipe({ submissions, ...(cut ? { cut } : {}) });
    expect(codesOf(await sendAll(client, OLD_SCANNER))).toEqual([220, 250, 250, 250, 354, 250, 221]);
  }
  expect(submissions.taken).toMatchObject(
    Array(2).fill({
      helo: "SCANNER_01",
      esmtp: false,
      reversePath: "scanner@local",
      text: "Subject: Scan\r\nTo: bob@example.org\r\n\r\nPage 1\r\n.\r\n.one\r\n\r\n",
    }),
  );
});

test("from every other client a bare LF is refused, in commands and in messages", async () => {
  const submissions = submissionsOf({ bareLf: false });
  const first = serveOnPipe({ submissions });
  expect(codesOf(await sendAll(first.client, "HELO a\nHELO a\r\nQUIT\r\n"))).toEqual([220, 500, 250, 221]);
  const second = serveOnPipe({ submissions });
  const message = "HELO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nDATA\r\nSubject: Scan\n\r\n.\r\nQUIT\r\n";
  const output = await sendAll(second.client, message);
  expect(codesOf(output)).toEqual([220, 250, 250, 250, 354, 550, 221]);
  expect(output).toContain("550 5.6.0 A line of the message ends with a bare LF");
  expect(submissions.taken).toEqual([]);
});

const ENVELOPE = "EHLO client.example\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n";
const HIDDEN = "MAIL FROM:<evil@example.net>\r\nRCPT TO:<victim@example.org>\r\nDATA\r\nhidden\r\n.\r\n";
const AFTER = "MAIL FROM:<c@example.net>\r\nRCPT TO:<d@example.org>\r\nDATA\r\nnext\r\n.\r\nQUIT\r\n";

test(
  "a message hidden behind any false end of the data is never a second one, nor can it become one upstream",
  async () => {
    const wrong: string[] = [];
    for (const end of falseEnds(3)) {
      const octets = Buffer.from(`${ENVELOPE}first${end}${HIDDEN}${AFTER}`, "latin1");
      const at = ENVELOPE.length + "first".length;
      for (
        const pieces of [[octets], octetByOctet(octets), cutAt(octets, [at + 1]), cutAt(octets, [at + end.length])]
      ) {
        const submissions = submissionsOf({ bareLf: true });
        const { output } = await playOctets((server) => serveConnection(server, { submissions }).record, pieces);
        const codes = codesOf(output).slice(2).join(" ");
        const [first, second, third] = submissions.taken;
        const asOne = codes === "250 250 354 250 250 250 354 250 221" && first?.text.includes("hidden") &&
          second?.text === "next\r\n" && third === undefined;
        const refused = codes === "250 250 354 550 250 250 354 250 221" && first?.text === "next\r\n";
        if (!asOne && !refused) wrong.push(`${JSON.stringify(end)}: ${codes}`);
        if (!isOneUpstream(first?.text ?? "")) wrong.push(`${JSON.stringify(end)} goes on as two`);
      }
    }
    expect(wrong).toEqual([]);
  },
  60_000,
);

/** Whether servers of every kind see one message in what goes upstream: no bare CR or LF, one line of one dot, the last. */
function isOneUpstream(text: string): boolean {
  const encoder = new DotEncoder();
  let sent = "";
  encoder.encode(Buffer.from(text, "latin1"), (octets) => void (sent += Buffer.from(octets).toString("latin1")));
  sent += Buffer.from(encoder.end()).toString("latin1");
  const lines = sent.split("\r\n");
  return !/[\r\n]/.test(lines.join("")) && lines.indexOf(".") === lines.length - 2;
}

test("a bare CR is refused from such a device too", async () => {
  const submissions = submissionsOf({ bareLf: true });
  const { client } = serveOnPipe({ submissions });
  const output = await sendAll(client, `${ENVELOPE}one\rtwo\n\r\n.\r\nQUIT\r\n`);
  expect(output).toContain("550 5.6.0 The message holds a bare CR");
  expect(submissions.taken).toEqual([]);
});

test("a device's largest message is announced, and refused at MAIL, in data and in chunks", async () => {
  const submissions = submissionsOf({ maxMessageSize: 1000 });
  const { client } = serveOnPipe({ submissions });
  const large = `${"x".repeat(98)}\r\n`.repeat(11);
  const output = await sendAll(
    client,
    `EHLO a\r\nMAIL FROM:<a@b> SIZE=1001\r\nMAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nDATA\r\n${large}.\r\n` +
      `MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nBDAT ${large.length} LAST\r\n${large}QUIT\r\n`,
  );
  expect(output).toContain("250-SIZE 1000\r\n");
  expect(codesOf(output)).toEqual([220, 250, 552, 250, 250, 354, 552, 250, 250, 552, 221]);
  const all = serveOnPipe({ submissions: submissionsOf({ maxMessageSize: 1_000_000 }) });
  expect(await sendAll(all.client, "EHLO a\r\nQUIT\r\n")).toContain("250-SIZE 100000\r\n");
});

test("a device that must send with TLS is told how", async () => {
  const submissions = submissionsOf({ minTls: "1.2" });
  const { client } = serveOnPipe({ submissions });
  const output = await sendAll(client, "EHLO a\r\nMAIL FROM:<a@b>\r\nQUIT\r\n");
  expect(output).toContain("550 5.7.10 Your device must send with TLS 1.2 or newer: use a port with TLS\r\n");
});

test.each([
  ["off", null, "starttls", undefined],
  ["1.0", null, "starttls", 530],
  ["1.0", null, "off", 550],
  ["1.0", "TLSv1", "starttls", undefined],
  ["1.1", "TLSv1", "starttls", 550],
  ["1.2", "TLSv1.2", "implicit", undefined],
  ["1.2", "TLSv1.3", "implicit", undefined],
  ["1.3", "TLSv1.2", "implicit", 550],
])("min_tls %s on a connection with %s, listener %s: %s", (minTls, protocol, mode, expected) => {
  const context = {
    dialogue: { connection: { tls: protocol && { protocol, cipher: "x" } } },
    policy: { tls: { mode } },
  } as unknown as SmtpContext;
  const sender = { account: null, name: "scanner", device: { name: "scanner", minTls, bareLf: false } } as Sender;
  const refusal = refuseProtection(context, sender);
  expect(refusal?.code).toBe(expected);
  if (refusal && protocol) expect(refusal.lines[0]).toContain(protocol);
});

test("a sender without a domain is taken where another address takes its place, a recipient where it stands for somebody", async () => {
  const knowsLocalName = (name: string) => name === "root";
  const known = submissionsOf({ from: "office@example.net" }, { knowsLocalName });
  const session = "HELO a\r\nMAIL FROM:<scanner>\r\nRCPT TO:<toor>\r\nRCPT TO: root\r\nQUIT\r\n";
  expect(codesOf(await sendAll(serveOnPipe({ submissions: known }).client, session))).toEqual([
    220,
    250,
    250,
    553,
    250,
    221,
  ]);
  const unknown = submissionsOf({}, { knowsLocalName });
  const output = await sendAll(serveOnPipe({ submissions: unknown }).client, session);
  expect(output).toContain("553 5.1.7 The sender address has no domain\r\n");
});

test("a device that sends too fast has to wait, and only what is taken counts", async () => {
  let counted = 0;
  const submissions = submissionsOf({}, {
    refuseReversePath: (_, path) => path === "bad@b" ? reply(553, "5.7.1", "no") : null,
    refusePace: () => ++counted > 2 ? reply(450, "4.7.1", "Wait") : null,
  });
  const { client } = serveOnPipe({ submissions });
  const output = await sendAll(
    client,
    `HELO a\r\n${["bad@b", "a@b", "a@b", "a@b"].map((from) => `MAIL FROM:<${from}>\r\nRSET\r\n`).join("")}QUIT\r\n`,
  );
  expect(codesOf(output)).toEqual([220, 250, 553, 250, 250, 250, 250, 250, 450, 250, 221]);
});

test("who is refused for want of a login is noted, with whom it wrote to where it goes on", async () => {
  const noted: RefusedAttempt[] = [];
  const submissions = memorySubmissions({
    senderWithoutLogin: () => null,
    noteRefused: (attempt) => void noted.push(attempt),
  });
  const { client } = serveOnPipe({ submissions });
  const output = await sendAll(
    client,
    "HELO scanner\r\nRCPT TO:<early@b>\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nMAIL FROM:<>\r\nQUIT\r\n",
  );
  expect(codesOf(output)).toEqual([220, 250, 503, 530, 503, 503, 530, 221]);
  expect(noted.map(({ helo, sender, recipient }) => [helo, sender, recipient])).toEqual([
    ["scanner", "a@b", null],
    ["scanner", "a@b", "c@d"],
    ["scanner", "", null],
  ]);
});
