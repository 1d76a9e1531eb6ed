import { matchAddress } from "../wire/address.ts";
import { valuesOfField } from "../wire/header.ts";

/** Whom mail for an address goes to. */
export interface DeliveryRule {
  /** A pattern of addresses, as `matchAddress` fits it. */
  readonly recipient: string;
  /** The account's login. */
  readonly account: string;
}

/**
 * The accounts that a message is for by its header, each once, in the order of the rules; none: no rule fits. The fields
 * are looked through one after the other, and the first in which an address fits decides: a provider writes the
 * envelope's recipient into Delivered-To, what the sender wrote into To is the last resort. Pure.
 * @param fields names of header fields, the most trusted first
 */
export function accountsFor(
  header: Uint8Array,
  fields: readonly string[],
  rules: readonly DeliveryRule[],
): readonly string[] {
  for (const field of fields) {
    const addresses = valuesOfField(header, field.toLowerCase()).flatMap(addressesIn);
    const fitting = rules.filter(({ recipient }) => addresses.some((address) => matchAddress(recipient, address)));
    if (fitting.length > 0) return [...new Set(fitting.map(({ account }) => account))];
  }
  return [];
}

/**
 * The addresses of a field, RFC 5322 section 3.4: of a mailbox list, or one alone as Delivered-To has it. Names, comments
 * and groups are passed over; what is no address is left out.
 */
export function addressesIn(value: string): string[] {
  const bare = withoutComments(value.replace(/"(?:[^"\\]|\\.)*"(?!@)/g, " "));
  return bare.split(/[,;]/).flatMap((part) => {
    const bracketed = /<([^<>]*)>/.exec(part)?.[1];
    // A group has its name before the colon; RFC 5322 section 4.4 allows a route there as well.
    const text = (bracketed ?? part).replace(/^[^"]*:/, "").trim();
    return /^(?:"(?:[^"\\]|\\.)*"|[^\s"<>@]+)@[^\s"<>@]+$/.test(text) ? [text] : [];
  });
}

/** Comments may stand in one another. */
function withoutComments(text: string): string {
  for (let before = text;; before = text) {
    text = text.replace(/\((?:[^()\\]|\\.)*\)/g, " ");
    if (text === before) return text;
  }
}
