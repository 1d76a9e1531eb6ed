import type { Pop3Client } from "../pop3/client/dialogue.ts";
import type { Store } from "../store/store.ts";
import { readFields } from "../wire/header.ts";
import { headersOf } from "./confirm.ts";
import { BRAKE_MESSAGES, BRAKE_SHARE, type ListedMessage, type Plan } from "./ledger.ts";

/** New messages that are looked at, spread over all of them. */
const LOOKED_AT = 20;

/**
 * The brake for a server that hides messages (Gmail shows none a second time): that all it listed before are absent and all
 * it lists are new is its usual way, and tells nothing of a storm of UIDLs. So the headers tell: where nearly all that is
 * called new is here already, by its Message-ID, the names have changed, or it shows again what was fetched long ago.
 * @returns why the source is to be paused, or null
 * @throws StoreError, Pop3Error
 */
export async function findKnownAgain(
  client: Pop3Client,
  window: number,
  { fetch }: Pick<Plan, "fetch">,
  { store, mailboxId }: { readonly store: Store; readonly mailboxId: number },
): Promise<string | null> {
  if (fetch.length < BRAKE_MESSAGES) return null;
  const headers = await headersOf(client, window, spread(fetch));
  const messageIds = [...headers.values()].map((octets) => readFields(octets).get("message-id") ?? "")
    .map((field) => field.replace(/^<|>$/g, "")).filter((text) => text !== "");
  if (messageIds.length < BRAKE_MESSAGES) return null;
  const known = new Set(await store.read("knownMessageIds", { mailboxId, messageIds }));
  const here = messageIds.filter((text) => known.has(text)).length;
  if (here < messageIds.length * BRAKE_SHARE) return null;
  return `${here} of ${messageIds.length} messages that were looked at among the ${fetch.length} it calls new are here ` +
    "already: its UIDLs may have changed, or it lists again what was fetched before. Fetching would store everything a " +
    "second time";
}

function spread(messages: readonly ListedMessage[]): ListedMessage[] {
  const step = Math.max(1, messages.length / LOOKED_AT);
  return Array.from(
    { length: Math.min(LOOKED_AT, messages.length) },
    (_, index) => messages[Math.floor(index * step)]!,
  );
}
