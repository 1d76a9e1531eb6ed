import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type HeaderFacts, HeaderMender } from "./header-mender.ts";

const OFFICE = "office@example.net";

/** Adds one field for each that is missing. */
function missing({ hasFrom, hasDate, hasMessageId, isSigned }: HeaderFacts): string {
  if (isSigned) return "";
  return [[hasFrom, "From: f"], [hasDate, "Date: d"], [hasMessageId, "Message-ID: m"]]
    .map(([has, field]) => has ? "" : `${field}\r\n`).join("");
}

function mend(message: string, from: string | null, cuts: readonly number[] = [], add = missing): string {
  const mender = new HeaderMender({ from, missing: add });
  let mended = "";
  const octets = Buffer.from(message, "latin1");
  // The caller uses its buffer again after each push.
  const emit = (piece: Uint8Array) => void (mended += Buffer.from(piece).toString("latin1"));
  let at = 0;
  for (const cut of [...cuts, octets.length].sort((one, other) => one - other)) {
    const piece = Uint8Array.from(octets.subarray(at, cut));
    mender.push(piece, emit);
    piece.fill(120);
    at = cut;
  }
  mender.finish(emit);
  return mended;
}

const nothing = () => "";
const whole = "Date: x\r\nMessage-ID: <x>\r\nFrom: a@b\r\n";

test.each([
  ["nothing is missing", `${whole}\r\nText\r\n`, `${whole}\r\nText\r\n`],
  [
    "names in any case, with spaces before the colon",
    "dATe : x\r\nMESSAGE-id:x\r\nfrom\t: a\r\n\r\n",
    "dATe : x\r\nMESSAGE-id:x\r\nfrom\t: a\r\n\r\n",
  ],
  [
    "something is missing",
    "Subject: s\r\nDate: x\r\n\r\nText",
    "From: f\r\nMessage-ID: m\r\nSubject: s\r\nDate: x\r\n\r\nText",
  ],
  [
    "a field in the body does not count",
    `Date: x\r\nFrom: a\r\n\r\nMessage-ID: x`,
    `Message-ID: m\r\nDate: x\r\nFrom: a\r\n\r\nMessage-ID: x`,
  ],
  [
    "a folded line is no field",
    "Date: x\r\nFrom: a\r\n Message-ID: x\r\n\r\n",
    "Message-ID: m\r\nDate: x\r\nFrom: a\r\n Message-ID: x\r\n\r\n",
  ],
  [
    "octets beyond ASCII in the name of a field",
    "Subject: s\r\nX-\xe4: x\r\nDate: x\r\n\r\nText",
    "From: f\r\nMessage-ID: m\r\nSubject: s\r\nX-\xe4: x\r\nDate: x\r\n\r\nText",
  ],
  ["no header", "Hello\r\nyou: there\r\n", "From: f\r\nDate: d\r\nMessage-ID: m\r\n\r\nHello\r\nyou: there\r\n"],
  ["an empty header", "\r\nDate: x\r\n", "From: f\r\nDate: d\r\nMessage-ID: m\r\n\r\nDate: x\r\n"],
  [
    "a body without an empty line before it",
    "Date: x\r\nHello\r\n",
    "From: f\r\nMessage-ID: m\r\nDate: x\r\n\r\nHello\r\n",
  ],
  ["the same, with nothing missing", `${whole}Hello\r\n`, `${whole}Hello\r\n`],
  ["no body", "Date: x\r\n", "From: f\r\nMessage-ID: m\r\nDate: x\r\n"],
  ["a last line without an end", "From: x\r\nDate: x", "Message-ID: m\r\nFrom: x\r\nDate: x"],
  ["an empty message", "", "From: f\r\nDate: d\r\nMessage-ID: m\r\n"],
  ["a signed message", "DKIM-Signature: x\r\n\r\n", "DKIM-Signature: x\r\n\r\n"],
  ["lines that end with LF alone", "Date: x\nFrom: a\n\nText", "Message-ID: m\r\nDate: x\nFrom: a\n\nText"],
])("missing fields are added: %s", (_, message, expected) => expect(mend(message, null)).toBe(expected));

test.each([
  [
    "From",
    "From:\r\nSubject: s\r\nDate: x\r\nMessage-ID: <x>\r\n\r\n",
    "From: f\r\nSubject: s\r\nDate: x\r\nMessage-ID: <x>\r\n\r\n",
  ],
  ["From of <>", "Date: x\r\nFrom: <>\r\nMessage-ID: <x>\r\n\r\nT", "From: f\r\nDate: x\r\nMessage-ID: <x>\r\n\r\nT"],
  ["Message-ID", "Date: x\r\nMESSAGE-ID : \r\nFrom: a\r\n\r\nT", "Message-ID: m\r\nDate: x\r\nFrom: a\r\n\r\nT"],
  [
    "Message-ID of < >",
    "Date: x\r\nMessage-ID: < >\t\r\nFrom: a\r\n\r\n",
    "Message-ID: m\r\nDate: x\r\nFrom: a\r\n\r\n",
  ],
  ["Date", "date:\nFrom: a\nMessage-ID: <x>\n\n", "Date: d\r\nFrom: a\nMessage-ID: <x>\n\n"],
  ["folded", "From: a\r\nMessage-ID:\r\n \t\r\n <>\r\nDate: x\r\n\r\n", "Message-ID: m\r\nFrom: a\r\nDate: x\r\n\r\n"],
  ["all of them", "From:\r\nDate:\r\nMessage-ID:\r\n", "From: f\r\nDate: d\r\nMessage-ID: m\r\n"],
  [
    "in front of no body",
    "From: a\r\nDate: x\r\nMessage-ID:\r\nHello\r\n",
    "Message-ID: m\r\nFrom: a\r\nDate: x\r\n\r\nHello\r\n",
  ],
])("a field that says nothing is as one that is missing: %s", (_, message, expected) => {
  expect(mend(message, null)).toBe(expected);
});

test.each([
  ["in a folded line", "From:\r\n a\r\nMessage-ID:\r\n\t\r\n <x>\r\nDate: x\r\n\r\n"],
  ["in another field of its name", `Message-ID:\r\n${whole}From: <>\r\n\r\n`],
  [
    "in a message that is signed, even further down",
    "From:\r\nDate:\r\nX: y\r\nMessage-ID: <>\r\nDKIM-Signature: x\r\n\r\n",
  ],
  ["with less than an address", "From: <\r\nDate: >\r\nMessage-ID: <><>\r\n\r\n"],
  ["at the end, without one", "Date: x\r\nMessage-ID: <x>\r\nFrom: "],
])("a field passes as it came that says something: %s", (_, message) => expect(mend(message, null)).toBe(message));

test("where no From can be added one that says nothing passes, in its place", () => {
  const many = Array.from({ length: 200 }, (_, index) => `X-${index}: y\r\n`);
  const message = [...many.slice(0, 90), "From: <>\r\n", ...many.slice(90), "From:\r\n", "Message-ID:\r\n", "\r\n"]
    .join("");
  const cuts = Array.from({ length: 100 }, (_, index) => index * 13);
  const noFrom = () => "Message-ID: m\r\n";
  expect(mend(message, null, cuts, noFrom)).toBe(`Message-ID: m\r\n${message.replace("Message-ID:\r\n", "")}`);
});

test("fields that say nothing pass, and count, in a section that is too long to be held", () => {
  for (const field of ["Message-ID:\r\n", "Message-ID:\r\n \r\n"]) {
    const message = `${field.repeat(7000)}From: a\r\n\r\n`;
    const cuts = Array.from({ length: 20 }, (_, index) => index * 4000);
    expect(mend(message, null, cuts) === message.replace("a\r\n\r\n", "a\r\nDate: d\r\n\r\n")).toBe(true);
  }
  const folded = `Date: x\r\nFrom: a\r\nMessage-ID:\r\n${" \r\n".repeat(40_000)}\r\n`;
  expect(mend(folded, null, [20_000, 70_000]) === folded).toBe(true);
});

test.each([
  [
    "the original goes to Reply-To",
    "Subject: s\r\nFrom: Scanner <s@local>\r\nTo: b\r\n\r\nFrom: s@local\r\n",
    "Reply-To: Scanner <s@local>\r\nSubject: s\r\nFrom: office@example.net\r\nTo: b\r\n\r\nFrom: s@local\r\n",
  ],
  [
    "unless there is one before",
    "Reply-To: r\r\nFrom: s@local\r\n\r\n",
    "Reply-To: r\r\nFrom: office@example.net\r\n\r\n",
  ],
  ["or behind it", "From: s@local\r\nreply-TO: r\r\n\r\n", "From: office@example.net\r\nreply-TO: r\r\n\r\n"],
  [
    "a folded field",
    "From:\r\n =?utf-8?Q?=C3=BC?=\r\n\t<s@local>\r\nTo: b\r\n\r\n",
    "Reply-To:\r\n =?utf-8?Q?=C3=BC?=\r\n\t<s@local>\r\nFrom: office@example.net\r\nTo: b\r\n\r\n",
  ],
  [
    "a field that is right stays octet for octet",
    'From:  "O, K"  <OFFICE@example.net>\r\n\r\n',
    'From:  "O, K"  <OFFICE@example.net>\r\n\r\n',
  ],
  [
    "two addresses are not one",
    "From: office@example.net, s@local\r\n\r\n",
    "Reply-To: office@example.net, s@local\r\nFrom: office@example.net\r\n\r\n",
  ],
  ["a name that nobody can answer", "From: scanner\r\n\r\n", "From: office@example.net\r\n\r\n"],
  [
    "the second of two",
    "From: a@local\r\nX: y\r\nFrom: b@local\r\n c\r\nTo: d\r\n\r\n",
    "Reply-To: a@local\r\nFrom: office@example.net\r\nX: y\r\nTo: d\r\n\r\n",
  ],
  ["the last field", "From: s@local\r\n\r\nText", "Reply-To: s@local\r\nFrom: office@example.net\r\n\r\nText"],
  ["the last line, without an end", "From: s@local", "Reply-To: s@local\r\nFrom: office@example.net\r\n"],
  [
    "octets beyond ASCII",
    "From: \xfc <s@local>\r\n\r\n",
    "Reply-To: \xfc <s@local>\r\nFrom: office@example.net\r\n\r\n",
  ],
  ["Resent-From and X-From are others", "Resent-From: a\r\nX-From: b\r\n\r\n", "Resent-From: a\r\nX-From: b\r\n\r\n"],
  [
    "a signature makes no difference to what the owner asked for",
    "DKIM-Signature: x\r\nFrom: s@local\r\n\r\n",
    "Reply-To: s@local\r\nDKIM-Signature: x\r\nFrom: office@example.net\r\n\r\n",
  ],
])("From is replaced: %s", (_, message, expected) => expect(mend(message, OFFICE, [], nothing)).toBe(expected));

test("a header section that is too long to be held is mended all the same, behind it", () => {
  const filler = "X-Filler: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(3000);
  const message = `${filler}From: Scanner\r\n <s@local>\r\n${filler}\r\nText\r\n`;
  const expected =
    `${filler}From: office@example.net\r\n${filler}Reply-To: Scanner\r\n <s@local>\r\nDate: d\r\nMessage-ID: m\r\n\r\nText\r\n`;
  for (const step of [1000, 7001, 65_536]) {
    const cuts = Array.from({ length: Math.floor(message.length / step) }, (_, index) => (index + 1) * step);
    expect(mend(message, OFFICE, cuts) === expected, String(step)).toBe(true);
  }
});

test("a line of any length is judged by its beginning", () => {
  const long = `From: s@local,${"a".repeat(100_000)}\r\n`;
  expect(mend(`${long}To: b\r\n\r\n`, OFFICE, [500, 1500, 70_000], nothing)).toBe(
    "From: office@example.net\r\nTo: b\r\n\r\n",
  );
  const body = "b".repeat(100_000);
  expect(mend(body, null, [10, 2000])).toBe(`From: f\r\nDate: d\r\nMessage-ID: m\r\n\r\n${body}`);
});

test("Received fields are counted", () => {
  const mender = new HeaderMender({ from: null, missing: nothing });
  mender.push(
    Buffer.from(
      "Received: a\r\n\tby Received: b\r\nreceived:c\r\nX-Received: d\r\nRECEIVED : e\r\n\r\nReceived: f\r\n",
    ),
    () => undefined,
  );
  expect(mender.received).toBe(3);
});

test("the outcome does not depend on where the octets are cut", () => {
  const part = fc.constantFrom(
    "From: a@b\r\n",
    "Date: x\r\n",
    " folded\r\n",
    "\r\n",
    "\n",
    "\r",
    "Reply-To: r\r\n",
    "text",
    ": ",
    "fRoM:",
    "\t",
    "Message-ID:",
    "<>\r\n",
    "DKIM-Signature: x\r\n",
  );
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 12 }),
      fc.array(fc.nat(120), { maxLength: 8 }),
      fc.boolean(),
      (parts, cuts, rewrite) => {
        const message = parts.join("");
        const from = rewrite ? OFFICE : null;
        const within = cuts.filter((cut) => cut < message.length);
        expect(mend(message, from, within)).toBe(mend(message, from));
        const every = Array.from({ length: message.length }, (_, index) => index);
        expect(mend(message, from, every)).toBe(mend(message, from));
        // What came in comes out, but for From.
        if (!rewrite) expect(mend(message, null, [], nothing)).toBe(message);
      },
    ),
    { numRuns: 2000 },
  );
});
