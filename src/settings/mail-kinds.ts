import { isAddressPattern, parseAddress } from "../wire/address.ts";
import type { Kind } from "./table.ts";

/*
 * The kinds of values that are mail addresses.
 */

/** One mail address. */
export const mailAddress: Kind<string> = kindOf(
  "mail address",
  'a mail address such as "office@example.net"',
  (text) => parseAddress(text).ok,
);

/** What a recipient is named in an alias: a local name, or a pattern of addresses. */
export const aliasPattern: Kind<string> = kindOf(
  "name or address pattern",
  'a name without a domain such as "root", or an address such as "root@waypost.lan" in which * may stand for anything',
  (text) => text !== "*" && isAddressPattern(text.includes("@") ? text : `${text}@local`),
);

function kindOf(name: string, expected: string, isRight: (text: string) => boolean): Kind<string> {
  return {
    name,
    expected,
    property: "camel",
    read: (value) => typeof value === "string" && isRight(value) ? { value } : { problems: [{ expected }] },
  };
}
