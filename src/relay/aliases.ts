import type { Alias } from "../settings.ts";
import type { EnvelopeRecipient } from "../smtp/envelope.ts";
import { matchAddress, sameAddress } from "../wire/address.ts";
import { isAscii } from "../wire/ascii.ts";
import { encodeXtext } from "../wire/xtext.ts";

/** What recipients may stand for. */
export interface Aliases {
  readonly aliases: readonly Alias[];
  /** Our own name: the domain of a recipient that has none. */
  readonly hostname: string;
}

/** The address that a recipient stands for; undefined: it stands for itself. */
export function aliasOf({ aliases, hostname }: Aliases, recipient: string): string | undefined {
  const address = qualify(recipient, hostname);
  return aliases.find((alias) => matchAddress(qualify(alias.recipient, hostname), address))?.to;
}

/**
 * The recipients that are meant: each alias is followed once, so that there are no circles, and two that become one get
 * one message. What the sender first wrote stays in ORCPT (RFC 3461 section 4.2).
 */
export function resolveAliases(
  given: readonly EnvelopeRecipient[],
  aliases: Aliases,
): readonly EnvelopeRecipient[] {
  if (aliases.aliases.length === 0) return given;
  let changed = false;
  const meant = given.map((recipient) => {
    const to = aliasOf(aliases, recipient.address);
    if (to === undefined) return recipient;
    changed = true;
    const written = qualify(recipient.address, aliases.hostname);
    const asWritten = isAscii(written) ? `rfc822;${encodeXtext(written)}` : null;
    return { ...recipient, address: to, originalRecipient: recipient.originalRecipient ?? asWritten };
  });
  return changed ? withoutDoubles(meant) : given;
}

function withoutDoubles(recipients: readonly EnvelopeRecipient[]): EnvelopeRecipient[] {
  // Domains in any case; what remains of the same mailbox is compared among those of the same lower-case form.
  const groups = new Map<string, EnvelopeRecipient[]>();
  return recipients.filter((recipient) => {
    const key = recipient.address.toLowerCase();
    const group = groups.get(key) ?? [];
    if (group.some(({ address }) => sameAddress(address, recipient.address))) return false;
    groups.set(key, [...group, recipient]);
    return true;
  });
}

function qualify(name: string, hostname: string): string {
  return name.includes("@") ? name : `${name}@${hostname}`;
}
