import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isAddressPattern, matchAddress, parseAddress, sameAddress } from "./address.ts";

test.each([
  ["alice@example.net", "alice@EXAMPLE.net"],
  ['"alice"@example.net', "alice@example.net"],
  ["a@bücher.example", "a@xn--bcher-kva.example"],
  ["Postmaster@example.net", "postmaster@example.net"],
  ["Postmaster", "postmaster"],
  ["", ""],
])("%s and %s are the same", (one, other) => {
  expect(sameAddress(one, other)).toBe(true);
});

test.each([
  ["Alice@example.net", "alice@example.net"],
  ["alice@example.net", "alice@example.org"],
  ["alice@example.net", ""],
])("%s and %s differ", (one, other) => {
  expect(sameAddress(one, other)).toBe(false);
});

test.each([
  ["*", ""],
  ["*", "alice@example.net"],
  ["*@example.net", "Alice@Example.NET"],
  ["alice@*", "ALICE@example.org"],
  ["alice@example.net", "alice@example.net"],
  ["*@*.example.net", "a@mail.example.net"],
  ["news-*@example.net", "news-7@example.net"],
  ["a*b*c@example.net", "aXbYbZc@example.net"],
  ["*@bücher.example", "a@xn--bcher-kva.example"],
  ["a b@example.net", '"a b"@example.net'],
])("pattern %s fits %s", (pattern, address) => {
  expect(matchAddress(pattern, address)).toBe(true);
});

test.each([
  ["*@example.net", ""],
  ["*@example.net", "alice@example.net.evil.example"],
  ["*@example.net", "alice@notexample.net"],
  ["*@*.example.net", "a@example.net"],
  ["alice@*", "malice@example.net"],
  ["ab*ba@example.net", "aba@example.net"],
  ["example.net", "a@example.net"],
  ["*.net@example.net", '"x@y.org"@example.net'],
])("pattern %s does not fit %s", (pattern, address) => {
  expect(matchAddress(pattern, address)).toBe(false);
});

test("a pattern is told from a text that is none", () => {
  expect(["*", "*@example.net", "a@*", "*@*.example.net"].every(isAddressPattern)).toBe(true);
  expect(["", "example.net", "@example.net", "a@", "a@b@c"].some(isAddressPattern)).toBe(false);
});

test("every address fits itself, its domain and its local part as patterns", () => {
  const word = fc.stringMatching(/^[a-zA-Z0-9]{1,12}$/);
  fc.assert(fc.property(word, word, (local, domain) => {
    const address = `${local}@${domain}.example`;
    expect(parseAddress(address)).toMatchObject({ ok: true, address: { text: address, localPart: local } });
    for (const pattern of [address.toUpperCase(), `*@${domain}.example`, `${local}@*`, `${local.slice(0, 1)}*@*`]) {
      expect(matchAddress(pattern, address)).toBe(true);
    }
  }));
});

test("any content survives quoting", () => {
  const content = fc.string({ unit: fc.constantFrom("a", ".", " ", '"', "\\", "@", ">", ","), maxLength: 20 });
  fc.assert(fc.property(content, (text) => {
    const written = `"${text.replace(/["\\]/g, "\\$&")}"@example.net`;
    const read = parseAddress(written);
    if (!read.ok) throw new Error(read.problem);
    expect(sameAddress(read.address.text, written)).toBe(true);
    expect(parseAddress(read.address.text)).toEqual(read);
  }));
});
