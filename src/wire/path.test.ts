import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseEhloArgument, parseMailArguments, parseRcptArguments } from "./path.ts";

function mail(text: string, supported?: string[]) {
  const read = parseMailArguments(text, supported);
  if (!read.ok) throw new Error(`refused: ${read.text}`);
  return read;
}

function refusal(read: ReturnType<typeof parseRcptArguments>) {
  if (read.ok) throw new Error(`accepted as ${read.address}`);
  return `${read.code} ${read.enhanced} ${read.text}`;
}

test("the arguments of RFC 5321 appendix D are read", () => {
  expect(mail("FROM:<Smith@bar.com>").address).toBe("Smith@bar.com");
  expect(mail("FROM:<JQP@bar.com>").address).toBe("JQP@bar.com");
  const recipient = parseRcptArguments("TO:<Jones@foo.com>");
  expect(recipient).toMatchObject({ ok: true, address: "Jones@foo.com", needsSmtpUtf8: false });
});

test("a source route is dropped, RFC 5321 section 4.1.1.3", () => {
  expect(parseRcptArguments("TO:<@hosta.int,@jkl.org:userc@d.bar.org>")).toMatchObject({ address: "userc@d.bar.org" });
  expect(parseRcptArguments("TO:<@[IPv6:::1], @b.example:c@d.example>")).toMatchObject({ address: "c@d.example" });
});

test("parameters are read in any case, their keywords in upper case", () => {
  const read = mail("from:<a@b.example> size=10 Body=8bitmime smtputf8");
  expect([...read.parameters]).toEqual([["SIZE", "10"], ["BODY", "8BITMIME"], ["SMTPUTF8", true]]);
});

test.each([
  ["FROM: <a@b.example>", "a@b.example"],
  ["FROM : <a@b.example>  ", "a@b.example"],
  ["  FROM:< a@b.example >", "a@b.example"],
  ["FROM:a@b.example SIZE=10", "a@b.example"],
  ["FROM:<>", ""],
  ["FROM: < >", ""],
  ['FROM:<"a b"@c.example>', '"a b"@c.example'],
  ['FROM:<"a>b"@c.example>', '"a>b"@c.example'],
  ['FROM:"a b"@c.example SIZE=1', '"a b"@c.example'],
  ['FROM:<"a\\"b\\\\"@c.example>', '"a\\"b\\\\"@c.example'],
  ['FROM:<"plain"@c.example>', "plain@c.example"],
  ['FROM:<""@c.example>', '""@c.example'],
  ["FROM:<a@[127.0.0.1]>", "a@[127.0.0.1]"],
  ["FROM:<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"],
  ["FROM:<a@[x-tag:anything]>", "a@[x-tag:anything]"],
  ["FROM:<root@localhost>", "root@localhost"],
  ["FROM:<scan@my_printer.lan>", "scan@my_printer.lan"],
  ["FROM:<a..b.@docomo.example>", "a..b.@docomo.example"],
  ["FROM:<a+tag=x!y%z@b.example>", "a+tag=x!y%z@b.example"],
])("%s is taken as %s", (text, address) => {
  expect(mail(text)).toMatchObject({ address, needsSmtpUtf8: false });
});

test("an address beyond ASCII is flagged, in either part", () => {
  expect(mail("FROM:<josé@example.net> SMTPUTF8").needsSmtpUtf8).toBe(true);
  expect(mail("FROM:<a@bücher.example>").needsSmtpUtf8).toBe(true);
});

test.each([
  ["<a@b.example>", "501 5.5.4 MAIL needs FROM:<address>"],
  ["", "501 5.5.4 MAIL needs FROM:<address>"],
  ["TO:<a@b.example>", "501 5.5.4 MAIL needs FROM:<address>"],
  ["FROM:", "501 5.1.7 The sender address is missing; write it as <name@example.net>"],
  ["FROM:<a@b.example", "501 5.1.7 The sender address has no closing >"],
  ['FROM:<"a@b.example>', "501 5.1.7 The sender address has no closing >"],
  ["FROM:<a@b.example>SIZE=10", "501 5.1.7 The sender address is followed by something other than a space"],
  [
    "FROM:Alice <a@b.example>",
    "501 5.5.4 MAIL has a parameter that is not KEYWORD or KEYWORD=value",
  ],
  ["FROM:<@b.example>", "553 5.1.7 The sender address has nothing before the @"],
  ["FROM:<a@>", "553 5.1.7 The sender address has no domain after the @"],
  ["FROM:<a@b@c.example>", "553 5.1.7 The sender address has more than one @"],
  ["FROM:<a b@c.example>", "553 5.1.7 The sender address has a character before the @ that is not allowed there"],
  ["FROM:<a@b..example>", "553 5.1.7 The sender address has an empty label in its domain"],
  ["FROM:<a@b.example.>", "553 5.1.7 The sender address has an empty label in its domain"],
  ["FROM:<a@-b.example>", "553 5.1.7 The sender address has a label in its domain that begins or ends with a hyphen"],
  ["FROM:<a@b!.example>", "553 5.1.7 The sender address has a character in its domain that is not allowed there"],
  [
    "FROM:<a@[127.0.0.256]>",
    "553 5.1.7 The sender address has a wrong address literal; write [192.0.2.1] or [IPv6:2001:db8::1]",
  ],
  [
    "FROM:<a@[IPv6:fe80::1%eth0]>",
    "553 5.1.7 The sender address has a wrong address literal; write [192.0.2.1] or [IPv6:2001:db8::1]",
  ],
  ["FROM:<a\u0007@b.example>", "553 5.1.7 The sender address has a character before the @ that is not allowed there"],
  ["FROM:<\ufffd@b.example>", "553 5.1.7 The sender address has a character before the @ that is not allowed there"],
  ["FROM:<a@b.example> SIZE=ten", "501 5.5.4 MAIL parameter SIZE must be 1 to 20 digits"],
  ["FROM:<a@b.example> SIZE", "501 5.5.4 MAIL parameter SIZE must be 1 to 20 digits"],
  ["FROM:<a@b.example> BODY=9BIT", "501 5.5.4 MAIL parameter BODY must be 7BIT or 8BITMIME"],
  ["FROM:<a@b.example> SMTPUTF8=yes", "501 5.5.4 MAIL parameter SMTPUTF8 must be no value"],
  ["FROM:<a@b.example> SIZE=1 size=2", "501 5.5.4 MAIL parameter SIZE is given twice"],
  ["FROM:<a@b.example> X=", "501 5.5.4 MAIL has a parameter that is not KEYWORD or KEYWORD=value"],
  ["FROM:<a@b.example> =1", "501 5.5.4 MAIL has a parameter that is not KEYWORD or KEYWORD=value"],
])("MAIL %s is refused", (text, reply) => {
  expect(refusal(parseMailArguments(text))).toBe(reply);
});

test("a parameter that is not offered is refused with 555", () => {
  expect(refusal(parseMailArguments("FROM:<a@b.example> RET=HDRS", ["SIZE"]))).toBe(
    "555 5.5.4 MAIL parameter RET is not supported",
  );
  expect(mail("FROM:<a@b.example> SIZE=1", ["SIZE"]).parameters.get("SIZE")).toBe("1");
});

test("lengths are those of RFC 5321 section 4.5.3.1, counted in octets", () => {
  const label = "d".repeat(61);
  const domain = (count: number) => Array(count).fill(label).join(".");
  expect(mail(`FROM:<${"a".repeat(64)}@b.example>`).address).toHaveLength(74);
  expect(refusal(parseMailArguments(`FROM:<${"a".repeat(65)}@b.example>`))).toContain(
    "more than 64 octets before the @",
  );
  expect(refusal(parseMailArguments(`FROM:<${"ü".repeat(33)}@b.example>`))).toContain(
    "more than 64 octets before the @",
  );
  expect(refusal(parseMailArguments(`FROM:<a@${domain(5)}>`))).toContain("domain of more than 255 octets");
  expect(refusal(parseMailArguments(`FROM:<${"a".repeat(64)}@${domain(4)}>`))).toContain("longer than 256 octets");
  expect(refusal(parseMailArguments(`FROM:<a@${"d".repeat(64)}.example>`))).toContain("label of more than 63 octets");
});

test("RCPT knows postmaster without a domain, but no empty path", () => {
  expect(parseRcptArguments("TO:<Postmaster>")).toMatchObject({ ok: true, address: "postmaster" });
  expect(refusal(parseRcptArguments("TO:<>"))).toBe("553 5.1.3 The recipient address is empty");
});

test("a name without a domain is told apart from an address", () => {
  for (const text of ["TO:<root>", "TO: root", "TO: <root> "]) {
    expect(parseRcptArguments(text)).toMatchObject({ ok: true, address: "root", isLocalName: true });
  }
  expect(parseMailArguments("FROM:<postmaster>")).toMatchObject({ ok: true, address: "postmaster", isLocalName: true });
  expect(parseRcptArguments("TO:<root@b.example>")).toMatchObject({ ok: true, isLocalName: false });
  expect(refusal(parseRcptArguments("TO:<ro(ot>"))).toBe("553 5.1.3 The recipient address has no domain");
  expect(refusal(parseRcptArguments("TO:<root@>"))).toBe("553 5.1.3 The recipient address has no domain after the @");
});

test("the parameters of delivery status notifications are read, RFC 3461 section 4", () => {
  const read = parseRcptArguments("TO:<a@b.example> NOTIFY=success,failure ORCPT=rfc822;Bob+2Btag@b.example");
  expect(read.ok && [...read.parameters]).toEqual([
    ["NOTIFY", "SUCCESS,FAILURE"],
    ["ORCPT", "rfc822;Bob+2Btag@b.example"],
  ]);
  expect(parseRcptArguments("TO:<a@b.example> NOTIFY=NEVER,DELAY").ok).toBe(false);
  expect(mail("FROM:<a@b.example> RET=hdrs ENVID=QQ314159 AUTH=<>").parameters.get("RET")).toBe("HDRS");
});

test.each([
  ["foo.example", "foo.example", true],
  [" [192.0.2.7] ", "[192.0.2.7]", true],
  ["[IPv6:::1]", "[IPv6:::1]", true],
  ["localhost", "localhost", true],
  ["my printer", "my printer", false],
  ["[192.0.2]", "[192.0.2]", false],
])("EHLO %s gives a name", (text, name, valid) => {
  expect(parseEhloArgument(text)).toEqual({ ok: true, name, valid });
});

test.each(["", "   ", "a\u0000b", "a".repeat(256)])(
  "EHLO refuses a name that is empty, too long or not printable",
  (text) => {
    expect(parseEhloArgument(text)).toMatchObject({ ok: false, code: 501, enhanced: "5.5.4" });
  },
);

test("no argument makes the parsers throw, and what they accept they accept again in the same form", () => {
  const piece = fc.constantFrom(
    "<",
    ">",
    "@",
    '"',
    "\\",
    " ",
    "a",
    "b.c",
    ":",
    ",",
    "[",
    "]",
    "ü",
    "=",
    "SIZE",
    "\t",
    "*",
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
    const read = parseRcptArguments(`TO:${pieces.join("")}`);
    if (!read.ok) return;
    const again = parseRcptArguments(`TO:<${read.address}>`);
    expect(again).toMatchObject({ ok: true, address: read.address });
  }));
});

test("a long hostile path is read in linear time", () => {
  const route = "@a,".repeat(20_000);
  expect(parseRcptArguments(`TO:<${route}`).ok).toBe(false);
  expect(parseRcptArguments(`TO:<${route}>`).ok).toBe(false);
  expect(parseRcptArguments(`TO:<${'"\\'.repeat(20_000)}>`).ok).toBe(false);
});
