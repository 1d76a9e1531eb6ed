/**
 * Text of octets in a character set by its name. One that is not known, or none: UTF-8 where the octets are that, else
 * Windows-1252. Wrong octets become U+FFFD.
 */
export function decodeText(octets: Uint8Array, charset: string): string {
  const label = charset.trim().toLowerCase();
  // What says that it is ASCII and is not, is mostly UTF-8.
  const isNamed = label !== "" && label !== "us-ascii" && label !== "ascii";
  if (isNamed) {
    try {
      return new TextDecoder(label).decode(octets);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  try {
    // A character that is cut at the end is no error.
    return new TextDecoder("utf-8", { fatal: true }).decode(octets, { stream: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return new TextDecoder("windows-1252").decode(octets);
  }
}
