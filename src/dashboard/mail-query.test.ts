import { expect, test } from "vitest";
import { dayOf, parseMailQuery, termsOf } from "./mail-query.ts";

const any = (text: string, isPhrase = false) => ({ field: "any", text, isPhrase });

test.each([
  ["two words", [any("two"), any("words")]],
  ['"stand together" alone', [any("stand together", true), any("alone")]],
  ["from:mum@example.com", [{ field: "sender", text: "mum@example.com", isPhrase: false }]],
  ['FROM:"Mum Smith"', [{ field: "sender", text: "Mum Smith", isPhrase: true }]],
  ["to:a subject:b file:c.pdf", [
    { field: "recipients", text: "a", isPhrase: false },
    { field: "subject", text: "b", isPhrase: false },
    { field: "names", text: "c.pdf", isPhrase: false },
  ]],
  ["http://example.net/x", [any("http://example.net/x")]],
  ["is:nothing", [any("is:nothing")]],
  ["after:soon", [any("after:soon")]],
  ['"unfinished', [any("unfinished", true)]],
  ["!!! ---", []],
  ["from:", [any("from:")]],
  ["", []],
])("%j is read as its words", (text, terms) => {
  expect(parseMailQuery(text)).toEqual({ terms });
});

test("conditions are no words", () => {
  expect(parseMailQuery("is:waiting in:queue after:2026-11-01 before:2026-11-24 report")).toEqual({
    terms: [any("report")],
    state: "waiting",
    direction: "out",
    fromAt: Date.UTC(2026, 10, 1),
    toAt: Date.UTC(2026, 10, 24),
  });
});

test("a question has an end", () => {
  expect(parseMailQuery("a ".repeat(1_000)).terms).toHaveLength(30);
});

test("days that are none are none", () => {
  expect([dayOf("2026-02-31"), dayOf("2026-13-01"), dayOf("today"), dayOf("2026-1-1")]).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

test("a field of the form holds words of that field", () => {
  expect(termsOf("sender", 'mum "the boss"')).toEqual([
    { field: "sender", text: "mum", isPhrase: false },
    { field: "sender", text: "the boss", isPhrase: true },
  ]);
  expect(termsOf("sender", undefined)).toEqual([]);
});
