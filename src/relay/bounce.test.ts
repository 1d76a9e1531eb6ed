import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import PostalMime from "postal-mime";
import { expect, test } from "vitest";
import { type BounceReport, buildBounce, maxReturnedHeaderOctets } from "./bounce.ts";
import { explainStatus } from "./status-text.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const hasPython = spawnSync("python3", ["-c", "import email"], { timeout: 10_000 }).status === 0;

const report: BounceReport = {
  kind: "failed",
  hostname: "waypost.lan",
  id: "0ABC",
  unique: "k3jx81mq20aa",
  sender: "alice@example.net",
  arrivedAt: Date.UTC(2026, 10, 24, 6, 0, 0),
  now: Date.UTC(2026, 10, 24, 6, 5, 0),
  recipients: [{
    address: "bob@example.org",
    status: "5.1.1",
    remoteMta: "mx.example.org",
    diagnostic: { type: "smtp", text: "550 5.1.1 <bob@example.org>: no such user" },
  }],
  header: encoder.encode(
    "From: Alice <alice@example.net>\r\nTo: bob@example.org\r\nSubject: Figures\r\n" +
      "Message-ID: <1@example.net>\r\nDate: Tue, 24 Nov 2026 07:00:00 +0100\r\n",
  ),
};

function build(changes: Partial<BounceReport> = {}): string {
  return decoder.decode(buildBounce({ ...report, ...changes }));
}

async function parse(changes: Partial<BounceReport> = {}) {
  const mail = await PostalMime.parse(buildBounce({ ...report, ...changes }), { attachmentEncoding: "utf8" });
  const part = (type: string) => {
    const found = mail.attachments.find((attachment) => attachment.mimeType === type);
    return typeof found?.content === "string" ? found.content : "";
  };
  return { mail, status: part("message/delivery-status"), returned: part("text/rfc822-headers") };
}

test("a failure report has a text, a delivery status and the header of the original", async () => {
  const { mail, status, returned } = await parse();
  expect(mail.from).toMatchObject({ name: "Mail Delivery System", address: "MAILER-DAEMON@waypost.lan" });
  expect(mail.to).toMatchObject([{ address: "alice@example.net" }]);
  expect(mail.subject).toBe("Not delivered: Figures");
  expect(mail.messageId).toBe("<k3jx81mq20aa@waypost.lan>");
  expect(mail.inReplyTo).toBe("<1@example.net>");
  expect(mail.headers.find((header) => header.key === "auto-submitted")?.value).toBe("auto-replied");
  expect(mail.text).toContain("Your message could not be delivered.");
  expect(mail.text).toContain("There is no mailbox with this address.");
  expect(mail.text).toContain("The server mx.example.org answered: 550 5.1.1 <bob@example.org>: no such user");
  expect(status.replaceAll("\r\n", "\n").trimEnd()).toBe([
    "Reporting-MTA: dns; waypost.lan",
    "Arrival-Date: Tue, 24 Nov 2026 06:00:00 +0000",
    "X-Waypost-Id: 0ABC",
    "",
    "Final-Recipient: rfc822; bob@example.org",
    "Action: failed",
    "Status: 5.1.1",
    "Remote-MTA: dns; mx.example.org",
    "Diagnostic-Code: smtp; 550 5.1.1 <bob@example.org>: no such user",
  ].join("\n"));
  expect(returned.trimEnd()).toBe(decoder.decode(report.header).replaceAll("\r\n", "\n").trimEnd());
});

test("a delay warning says that nothing is to be done, and until when delivery is tried", async () => {
  const { mail, status } = await parse({
    kind: "delayed",
    retryUntilAt: Date.UTC(2026, 10, 29),
    recipients: [{
      address: "bob@example.org",
      status: "4.4.1",
      diagnostic: { type: "x-waypost", text: "connection refused" },
      lastAttemptAt: report.now,
    }],
  });
  expect(mail.subject).toBe("Delayed: Figures");
  expect(mail.text).toContain("You need not do anything: delivery will be tried again until Sun, 29 Nov 2026");
  expect(mail.text).toContain("Details: connection refused");
  expect(status).toContain("Action: delayed");
  expect(status).toContain("Diagnostic-Code: x-waypost; connection refused");
  expect(status).toContain("Last-Attempt-Date: Tue, 24 Nov 2026 06:05:00 +0000");
  expect(status).toContain("Will-Retry-Until: Sun, 29 Nov 2026 00:00:00 +0000");
});

test("what the client asked to have returned is returned, RFC 3464 sections 2.2.1 and 2.3.1", async () => {
  const [recipient] = report.recipients;
  if (!recipient) throw new Error("no recipient");
  const { status } = await parse({
    envelopeId: "QQ314159",
    recipients: [{ ...recipient, originalRecipient: "rfc822;bob+2Btag@example.org" }],
  });
  expect(status).toMatch(/^Original-Envelope-Id: QQ314159\r?\n/);
  expect(status).toContain("Original-Recipient: rfc822; bob+tag@example.org");
});

test("a recipient that was handed on is told apart from one that failed", async () => {
  const relayed = {
    address: "carol@example.org",
    action: "relayed",
    status: "2.0.0",
    remoteMta: "mx.example.org",
    diagnostic: { type: "smtp", text: "250 2.0.0 taken" },
  } as const;
  const alone = await parse({ kind: "relayed", recipients: [relayed] });
  expect(alone.mail.subject).toBe("Handed on: Figures");
  expect(alone.mail.text).toContain("Handed on to a mail server that sends no confirmations of delivery.");
  expect(alone.status).toContain("Action: relayed\nStatus: 2.0.0");
  const both = await parse({ recipients: [...report.recipients, relayed] });
  expect(both.mail.subject).toBe("Not delivered: Figures");
  expect(both.status.match(/^Action: \w+/gm)).toEqual(["Action: failed", "Action: relayed"]);
});

test("the whole message is returned where it is given", () => {
  const message = encoder.encode("Subject: Figures\r\n\r\nOne, two.\r\n");
  expect(build({ message })).toContain(
    "Content-Type: message/rfc822\r\nContent-Description: The message\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" +
      "Subject: Figures\r\n\r\nOne, two.\r\n\r\n--=_waypost_",
  );
});

test("a report is ASCII in lines of at most 998 octets, whatever the original and the server said", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: "binary", maxLength: 2000 }),
    fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 40 }),
      fc.string({ unit: fc.constantFrom("a", " "), maxLength: 2000 }),
    ),
    (octets, text, subject) => {
      const header = Uint8Array.from([...encoder.encode(`Subject: ${subject}\r\nX: `), ...octets]);
      const recipients = [{ address: "bob@example.org", status: "5.0.0", diagnostic: { type: "smtp" as const, text } }];
      const lines = build({ header, recipients }).split("\r\n");
      for (const line of lines) expect(line).toMatch(/^[\t\x20-\x7e]{0,998}$/);
      expect(lines.filter((line) => line.startsWith("--=_waypost_"))).toHaveLength(4);
    },
  ));
});

test("a subject beyond ASCII and an 8-bit header come through", async () => {
  const header = encoder.encode("Subject: Grüße an alle, die sehr lange Betreffzeilen schreiben mögen\r\nX: ü\r\n");
  const { mail, returned } = await parse({ header });
  expect(mail.subject).toBe("Not delivered: Grüße an alle, die sehr lange Betreffzeilen schreiben mögen");
  expect(mail.text).toContain("Subject: Grüße an alle");
  expect(returned).toContain("X: ü");
});

test("a UTF-8 recipient is written as RFC 6533 section 3 says", async () => {
  const { status } = await parse({ recipients: [{ address: "jösé+x@example.org", status: "5.6.7" }] });
  expect(status).toContain("Final-Recipient: utf-8; j\\x{F6}s\\x{E9}\\x{2B}x@example.org");
});

test("each part ends where its last line ends, and the report with CRLF", () => {
  const text = build();
  expect(text).toContain("no such user\r\n\r\n--=_waypost_k3jx81mq20aa\r\n");
  expect(text).toContain("the id 0ABC.\r\n\r\n--=_waypost_");
  expect(text.endsWith("+0100\r\n\r\n--=_waypost_k3jx81mq20aa--\r\n")).toBe(true);
});

test("a long header is cut after a whole line, bare LF becomes CRLF", async () => {
  const header = encoder.encode("Subject: a\n" + "X-Filler: 0123456789\n".repeat(5_000));
  const { returned } = await parse({ header });
  expect(returned.length).toBeLessThan(maxReturnedHeaderOctets * 1.1);
  expect(returned.trimEnd().split(/\r?\n/).at(-1)).toBe("X-Filler: 0123456789");
  expect(build({ header })).not.toMatch(/[^\r]\n/);
});

test("without a subject the report names the recipients", async () => {
  const recipients = [{ address: "a@b.example", status: "5.2.2" }, { address: "c@d.example", status: "5.3.4" }];
  const { mail, status } = await parse({ header: new Uint8Array(0), recipients });
  expect(mail.subject).toBe("Not delivered: your message to a@b.example and 1 more");
  expect(status.match(/^Final-Recipient:/gm)).toHaveLength(2);
});

test("nobody is told of a failed report", () => {
  expect(() => build({ sender: "" })).toThrow("null reverse-path gets no report");
  expect(() => build({ recipients: [] })).toThrow("at least one recipient");
  expect(() => build({ unique: "a b" })).toThrow("unique must be");
});

test("every status has a sentence, the particular before the general", () => {
  expect(explainStatus("5.1.10")).toContain("takes no mail");
  expect(explainStatus("5.1.1")).toContain("no mailbox");
  expect(explainStatus("4.7.1")).toContain("by its rules");
  expect(explainStatus("5.0.0")).toContain("did not take");
  expect(explainStatus("5.0.0", true)).toContain("was not sent");
  expect(explainStatus("4.4.4")).toContain("typing mistake");
  expect(explainStatus("4.4.4", true)).toContain("looks after it");
});

test.skipIf(!hasPython)(`Python's email reads a report${hasPython ? "" : " (skipped: no python3 here)"}`, () => {
  const script = `
import email, email.policy, json, sys
message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
parts = list(message.iter_parts())
blocks = parts[1].get_payload()
print(json.dumps({
  "type": message.get_content_type(), "report": message.get_param("report-type"),
  "parts": [part.get_content_type() for part in parts], "text": parts[0].get_content(),
  "blocks": [{name: str(value) for name, value in block.items()} for block in blocks],
  "defects": [str(defect) for part in message.walk() for defect in part.defects],
}))`;
  const run = spawnSync("python3", ["-c", script], { input: buildBounce(report), encoding: "utf8", timeout: 20_000 });
  expect(run.stderr).toBe("");
  const seen = JSON.parse(run.stdout);
  expect(seen).toMatchObject({
    type: "multipart/report",
    report: "delivery-status",
    parts: ["text/plain", "message/delivery-status", "text/rfc822-headers"],
    defects: [],
  });
  expect(seen.blocks[0]["Reporting-MTA"]).toBe("dns; waypost.lan");
  expect(seen.blocks[1]).toMatchObject({
    Action: "failed",
    Status: "5.1.1",
    "Final-Recipient": "rfc822; bob@example.org",
  });
  expect(seen.text).toContain("Your message could not be delivered.");
});
