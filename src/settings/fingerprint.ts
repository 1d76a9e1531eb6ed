import { textual } from "./kinds.ts";
import type { Kind } from "./table.ts";

/** The fingerprint of a server's public key; resolved to lower case without colons between the digits. */
export const fingerprint: Kind<string> = textual({
  name: "fingerprint",
  expected: 'a fingerprint: "sha256:" and 64 hexadecimal digits, as "waypost upstream test" shows it',
  property: "camel",
}, (text) => {
  const digits = /^sha256:((?:[0-9a-f]{2}:?){32})$/i.exec(text)?.[1]?.replaceAll(":", "");
  return digits === undefined ? undefined : `sha256:${digits.toLowerCase()}`;
});
