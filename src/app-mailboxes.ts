import { createRetention } from "./mailbox/retention.ts";
import { createMailboxes, type MailboxPorts } from "./mailbox/serve.ts";
import type { Mailboxes } from "./pop3/server/ports.ts";
import type { Settings } from "./settings.ts";
import { systemSleep } from "./wire/clock.ts";

/** What the mailboxes are built of. */
export interface MailboxParts extends Omit<MailboxPorts, "policy"> {
  readonly settings: () => Settings;
}

/** Builds the mailboxes that the POP3 server serves. */
export function buildMailboxes(parts: MailboxParts): Mailboxes {
  return createMailboxes({
    ...parts,
    policy() {
      const { pop3, mailbox } = parts.settings();
      return { ...pop3, onDelete: mailbox.onDelete };
    },
  });
}

/** Begins to remove what the settings let go. */
export function startRetention({ store, clock, settings, warn }: MailboxParts): { readonly stop: () => void } {
  return createRetention({ store, clock, sleep: systemSleep, policy: () => settings().mailbox, warn });
}
