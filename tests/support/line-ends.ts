/** Octets that some server somewhere has taken for a line end, or for a part of one. */
const PARTS = ["\r", "\n", "\0"];

/** Every row of up to `most` of them, nothing too. */
export function lineEnds(most: number): string[] {
  const rows = [""];
  let latest = [""];
  for (let length = 1; length <= most; length++) {
    latest = latest.flatMap((row) => PARTS.map((part) => row + part));
    rows.push(...latest);
  }
  return rows;
}

/** The real end of the data, RFC 5321 section 4.1.1.4. */
export const END_OF_DATA = "\r\n.\r\n";

/** Every variant of line ends before and behind a dot that is not the real end of the data. */
export function falseEnds(most: number): string[] {
  return lineEnds(most).flatMap((before) => lineEnds(most).map((behind) => `${before}.${behind}`))
    .filter((end) => !end.includes(END_OF_DATA));
}
