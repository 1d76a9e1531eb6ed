import type { Poller } from "./mailbox/poller.ts";
import { createRetention } from "./mailbox/retention.ts";
import { createMailboxes, type MailboxPorts } from "./mailbox/serve.ts";
import type { Mailboxes } from "./pop3/server/ports.ts";
import type { Settings } from "./settings.ts";
import { systemSleep } from "./wire/clock.ts";

/** What the mailboxes are built of. */
export interface MailboxParts extends Omit<MailboxPorts, "policy"> {
  readonly settings: () => Settings;
  readonly poller: Pick<Poller, "poll" | "freshen">;
}

/** Builds the mailboxes that the POP3 server serves. */
export function buildMailboxes(parts: MailboxParts): Mailboxes {
  const { settings, poller } = parts;
  return createMailboxes({
    ...parts,
    policy() {
      const { pop3, mailbox } = settings();
      return { ...pop3, onDelete: mailbox.onDelete };
    },
    async loggedIn({ account, isNew }) {
      if (!isNew) return await poller.freshen({ account });
      const waited = new AbortController();
      // What goes wrong is noted with the source; the mail that is not there in time comes with the next session.
      const fetched = poller.poll({ account }).finally(() => waited.abort());
      await Promise.race([fetched, systemSleep(settings().pop3.firstFetchWaitMs, waited.signal)]);
    },
  });
}

/** Begins to remove what the settings let go. */
export function startRetention(
  parts: Pick<MailboxParts, "store" | "clock" | "settings" | "directory" | "warn">,
): { readonly stop: () => void } {
  const { settings, directory } = parts;
  return createRetention({
    ...parts,
    sleep: systemSleep,
    policy: () => settings().mailbox,
    isFollowed: (account, source) =>
      directory().account(account)?.sources.some((one) => one.name === source && one.onClientDelete === "delete") ??
        false,
  });
}
