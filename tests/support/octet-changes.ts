/** What a protocol or a program may do to octets that it cannot carry, in the order in which it would be done. */
const CHANGES: readonly (readonly [name: string, change: (text: string) => string])[] = [
  ["the last line is ended", (text) => text === "" || text.endsWith("\r\n") ? text : `${text}\r\n`],
  ["NUL becomes octet 128", (text) => text.replaceAll("\0", "\x80")],
  ["bare LF becomes CRLF", (text) => text.replace(/(?<!\r)\n/g, "\r\n")],
  ["CR at the start of a line is lost", (text) => text.replace(/(^|\n)\r(?!\n)/g, "$1")],
  ["bare CR becomes CRLF", (text) => text.replace(/\r(?!\n)/g, "\r\n")],
  ["CR before a CRLF is lost", (text) => text.replace(/\r+\r\n/g, "\r\n")],
  ["empty becomes CRLF", (text) => text === "" ? "\r\n" : text],
];

/**
 * Says what became of octets on their way: "as it is", or the fewest changes that explain it.
 * @returns null when nothing explains it
 */
export function changesOf(sent: string, arrived: string): string | null {
  if (sent === arrived) return "as it is";
  const combinations = Array.from({ length: 2 ** CHANGES.length - 1 }, (_, index) => index + 1)
    .map((bits) => CHANGES.filter((_, index) => bits & (1 << index)))
    .sort((one, other) => one.length - other.length);
  const found = combinations.find((changes) => changes.reduce((text, [, change]) => change(text), sent) === arrived);
  return found ? found.map(([name]) => name).join(", ") : null;
}
