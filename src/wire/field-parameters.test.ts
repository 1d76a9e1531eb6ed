import { expect, test } from "vitest";
import { readParameters } from "./field-parameters.ts";

const name = (text: string, key = "filename") => readParameters(text).parameters.get(key);

test.each([
  ['attachment; filename="report.pdf"', "report.pdf"],
  ["attachment; filename=report.pdf; size=5", "report.pdf"],
  ['attachment; filename="a;b \\"c\\".pdf"', 'a;b "c".pdf'],
  ["attachment; filename*=UTF-8''na%C3%AFve%20plan.pdf", "naïve plan.pdf"],
  ["attachment; filename*=iso-8859-1'de'Gr%FC%DFe.txt", "Grüße.txt"],
  ['attachment; filename*0="long "; filename*1="name.pdf"', "long name.pdf"],
  ["attachment; filename*1*=%20b; filename*0*=utf-8''a%20", "a  b"],
  ["attachment; filename=plain.txt; filename*=UTF-8''best.txt", "best.txt"],
  ['attachment; filename="=?utf-8?B?R3LDvMOfZS50eHQ=?="', "Grüße.txt"],
  ["attachment; filename*=x-unknown''a%FFb", "aÿb"],
  ["attachment; filename*=UTF-8''%zz%4", "%zz%4"],
  ['attachment; filename="a\0b\r\nc.txt"', "a b c.txt"],
  ["attachment; filename", undefined],
  ["attachment; filename*99999=x", undefined],
])("%j names %j", (text, expected) => {
  expect(name(text)).toBe(expected);
});

test("the value is in lower case, and parameters are found in any case", () => {
  const field = readParameters(' Text/HTML ; CharSet="UTF-8"');
  expect([field.value, field.parameters.get("charset")]).toEqual(["text/html", "UTF-8"]);
});

test("what goes on for ever is read as far as it is kept", () => {
  expect(name(`a; filename="${"x".repeat(100_000)}"`)).toHaveLength(1_000);
  const parts = Array.from({ length: 10_000 }, (_, index) => `filename*${index}=x`).join(";");
  expect(name(`a; ${parts}`)).toHaveLength(100);
});
