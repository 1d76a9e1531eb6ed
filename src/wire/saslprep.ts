/** A text that SASLprep does not allow; the message says why and does not show the text. */
export class SaslprepError extends Error {
  override readonly name = "SaslprepError";
}

/** Table B.1 of RFC 3454: commonly mapped to nothing. */
const nothing = /[\u00ad\u034f\u1806\u180b-\u180d\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]/gu;
/** Table C.1.2: spaces beyond ASCII. */
const spaces = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;
/** Tables C.2.1 and C.2.2 (controls), C.3 to C.9; those of Unicode's own classes by their names. */
const prohibited = new RegExp(
  "[\\0-\\x1f\\x7f-\\x9f\\u06dd\\u070f\\u180e\\u200c\\u200d\\u2028\\u2029\\u2060-\\u2063\\u206a-\\u206f\\ufeff" +
    "\\ufff9-\\ufffd\\u{1d173}-\\u{1d17a}\\p{Co}\\p{Noncharacter_Code_Point}\\p{Cs}\\u2ff0-\\u2ffb\\u0340\\u0341" +
    "\\u200e\\u200f\\u202a-\\u202e\\u{e0001}\\u{e0020}-\\u{e007f}]",
  "u",
);
/** Table D.1: characters written from right to left. */
const rightToLeft = "\\u05be\\u05c0\\u05c3\\u05d0-\\u05ea\\u05f0-\\u05f4\\u061b\\u061f\\u0621-\\u063a\\u0640-\\u064a" +
  "\\u066d-\\u066f\\u0671-\\u06d5\\u06dd\\u06e5\\u06e6\\u06fa-\\u06fe\\u0700-\\u070d\\u0710\\u0712-\\u072c" +
  "\\u0780-\\u07a5\\u07b1\\u200f\\ufb1d\\ufb1f-\\ufb28\\ufb2a-\\ufb36\\ufb38-\\ufb3c\\ufb3e\\ufb40\\ufb41\\ufb43\\ufb44" +
  "\\ufb46-\\ufbb1\\ufbd3-\\ufd3d\\ufd50-\\ufd8f\\ufd92-\\ufdc7\\ufdf0-\\ufdfc\\ufe70-\\ufe74\\ufe76-\\ufefc";
const hasRightToLeft = new RegExp(`[${rightToLeft}]`, "u");
const betweenRightToLeft = new RegExp(`^[${rightToLeft}](?:.*[${rightToLeft}])?$`, "su");
/** Table D.2 has 360 ranges; letters that are not in D.1 are those that passwords hold. */
const hasLeftToRight = new RegExp(`(?![${rightToLeft}])\\p{L}`, "u");
const printableAscii = /^[\x20-\x7e]*$/;

/**
 * Prepares a login or password as RFC 4013 asks, so that all keyboards give the same octets. Characters that Unicode 3.2
 * did not know (emoji, for instance) are taken, as for a query (RFC 3454 section 7).
 * @throws SaslprepError when it holds what is prohibited, or mixes writing directions
 */
export function saslprep(text: string): string {
  if (printableAscii.test(text)) return text;
  const prepared = text.replace(spaces, " ").replace(nothing, "").normalize("NFKC");
  if (prohibited.test(prepared)) {
    throw new SaslprepError("it holds a control, private or formatting character, which SASLprep prohibits");
  }
  if (hasRightToLeft.test(prepared) && (hasLeftToRight.test(prepared) || !betweenRightToLeft.test(prepared))) {
    throw new SaslprepError(
      "it mixes writing from right to left with other characters in a way that SASLprep prohibits",
    );
  }
  return prepared;
}
