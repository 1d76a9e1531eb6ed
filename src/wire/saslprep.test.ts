import * as fc from "fast-check";
import { expect, test } from "vitest";
import { saslprep, SaslprepError } from "./saslprep.ts";

test.each([
  ["I\u00adX", "IX", "soft hyphen mapped to nothing"],
  ["user", "user", "no transformation"],
  ["USER", "USER", "case preserved"],
  ["\u00aa", "a", "NFKC"],
  ["\u2168", "IX", "NFKC"],
])("RFC 4013 section 3: %j becomes %j: %s", (text, prepared) => expect(saslprep(text)).toBe(prepared));

test.each([
  ["\u0007", "a control character"],
  ["\u06271", "a right-to-left text that does not end in one"],
])("RFC 4013 section 3: %j is refused: %s", (text) => expect(() => saslprep(text)).toThrow(SaslprepError));

test.each([
  ["u\u0308ber", "\u00fcber", "composed"],
  ["a\u3000b\u00a0c\u200bd", "a b c d", "spaces"],
  ["pass\ufe0fword\ufeff", "password", "variation selector and BOM"],
  ["\u05d0\u05d1", "\u05d0\u05d1", "all from right to left"],
  ["\u{1f600}", "\u{1f600}", "what Unicode 3.2 did not know"],
  ["", "", "nothing"],
])("%j becomes %j: %s", (text, prepared) => expect(saslprep(text)).toBe(prepared));

test.each(["\u05d0a\u05d0", "\u05d0 1", "\ue000", "\ufffd", "\ud800", "\u200e", "\u2028", "a\0"])(
  "%j is refused, and the error does not show it",
  (text) => {
    expect(() => saslprep(`secret${text}`)).toThrow(SaslprepError);
    expect(() => saslprep(`secret${text}`)).not.toThrow("secret");
  },
);

test("what is prepared stays as it is when prepared again", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 8 }), (text) => {
    let prepared: string;
    try {
      prepared = saslprep(text);
    } catch (error) {
      expect(error).toBeInstanceOf(SaslprepError);
      return;
    }
    expect(saslprep(prepared)).toBe(prepared);
  }));
});
