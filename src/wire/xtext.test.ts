import { expect, test } from "vitest";
import { decodeXtext, escapeBeyondAscii } from "./xtext.ts";

test.each([
  ["QQ314159", "QQ314159"],
  ["Bob+2Btag@example.org", "Bob+tag@example.org"],
  ["a+3Db+20c", "a=b c"],
  ["j+C3+B6rg", "jörg"],
  ["+2B+2B", "++"],
  ["50+2", "50+2"],
  ["", ""],
])("the xtext %s says %s", (text, decoded) => expect(decodeXtext(text)).toBe(decoded));

test("an address beyond ASCII is written in ASCII, RFC 6533 section 3", () => {
  expect(escapeBeyondAscii("jösé+x@example.org")).toBe("j\\x{F6}s\\x{E9}\\x{2B}x@example.org");
  expect(escapeBeyondAscii("bob@example.org")).toBe("bob@example.org");
});
