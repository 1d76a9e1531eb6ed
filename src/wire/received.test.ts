import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createHeaderReader, readFields } from "./header.ts";
import { formatMailDate, formatReceived, type ReceivedTrace } from "./received.ts";

const client = { helo: "printer", address: "192.168.1.20" };
const plain: ReceivedTrace = {
  from: client,
  by: "waypost.lan",
  protocol: "ESMTP",
  id: "0ABC",
  date: Date.UTC(2026, 10, 24, 6, 5, 0),
};

test("a Received field names the hop, folded at 78 characters", () => {
  expect(formatReceived(plain)).toBe(
    "Received: from printer ([192.168.1.20]) by waypost.lan (Waypost) with ESMTP\r\n" +
      "\tid 0ABC;\r\n" +
      "\tTue, 24 Nov 2026 06:05:00 +0000\r\n",
  );
});

test("a Received field carries the name looked up, TLS and a single recipient", () => {
  const field = formatReceived({
    ...plain,
    from: { ...client, reverse: "printer.lan" },
    protocol: "ESMTPSA",
    tls: "TLSv1.3 TLS_AES_256_GCM_SHA384",
    for: "bob@example.org",
  });
  expect(field).toBe(
    "Received: from printer (printer.lan [192.168.1.20]) by waypost.lan (Waypost)\r\n" +
      "\twith ESMTPSA (TLSv1.3 TLS_AES_256_GCM_SHA384) id 0ABC for <bob@example.org>;\r\n" +
      "\tTue, 24 Nov 2026 06:05:00 +0000\r\n",
  );
});

test("a Received field can keep the client to itself", () => {
  expect(formatReceived({ ...plain, from: undefined })).toBe(
    "Received: by waypost.lan (Waypost) with ESMTP id 0ABC;\r\n\tTue, 24 Nov 2026 06:05:00 +0000\r\n",
  );
});

test.each([
  ["2001:db8::1", "[IPv6:2001:db8::1]"],
  ["fe80::1%eth0", "[IPv6:fe80::1]"],
  ["::ffff:192.0.2.1", "[192.0.2.1]"],
])("the address %s is written as %s", (address, written) => {
  expect(formatReceived({ ...plain, from: { ...client, address } })).toContain(`(${written})`);
});

test("a client cannot write into the header by its name", () => {
  const field = formatReceived({
    ...plain,
    from: { ...client, helo: "a) by evil\r\nSubject: x (", reverse: "b\\)\u0000ü" },
  });
  expect(field).toContain("from a??by?evil??Subject:?x?? (b???? [192.168.1.20])");
  expect(field).not.toContain("\r\nSubject");
  expect(formatReceived({ ...plain, from: { ...client, helo: "  " } })).toContain("from unknown (");
});

test("a recipient that is not ASCII or no address is left out", () => {
  expect(formatReceived({ ...plain, for: "josé@example.net" })).not.toContain("for <");
  expect(formatReceived({ ...plain, for: "a> b" })).not.toContain("for <");
});

test("dates are those of RFC 5322 section 3.3, in UTC", () => {
  expect(formatMailDate(0)).toBe("Thu, 01 Jan 1970 00:00:00 +0000");
  expect(formatMailDate(Date.UTC(2026, 1, 3, 4, 5, 6))).toBe("Tue, 03 Feb 2026 04:05:06 +0000");
});

test("whatever a client says, the field stays one field of balanced ASCII", () => {
  const text = fc.string({ unit: "binary", maxLength: 60 });
  fc.assert(fc.property(text, text, text, text, (helo, reverse, tls, recipient) => {
    const field = formatReceived({ ...plain, from: { ...client, helo, reverse }, tls, for: recipient });
    expect(field).toMatch(/^(?:Received: [\x20-\x7e]*\r\n(?:\t[\x21-\x7e][\x20-\x7e]*\r\n)+)$/);
    expect(field.split("(").length).toBe(field.split(")").length);
    const reader = createHeaderReader();
    reader.push(new TextEncoder().encode(`${field}\r\n`));
    expect([...readFields(reader.finish().octets, ["received"]).keys()]).toEqual(["received"]);
  }));
});

test("lines stay within 78 characters where no single value is longer", () => {
  const name = fc.stringMatching(/^[a-z.]{1,50}$/);
  fc.assert(fc.property(name, name, name, (helo, reverse, by) => {
    for (const line of formatReceived({ ...plain, from: { ...client, helo, reverse }, by }).split("\r\n")) {
      expect(line.length).toBeLessThanOrEqual(78);
    }
  }));
});
