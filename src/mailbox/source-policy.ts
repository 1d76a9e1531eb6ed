import { providerById } from "../settings/providers.ts";
import type { Source } from "../settings.ts";
import type { Store } from "../store/store.ts";
import { accountsFor } from "./deliver.ts";
import type { SourcePolicy } from "./ledger.ts";
import { type Budget, NO_BUDGET } from "./portion.ts";
import type { ReceiverPorts } from "./receiver.ts";

/* What the settings of a source, and the profile of its provider, mean for a poll. */

/** A budget is of any 24 hours: nobody need know when a provider's day begins. */
export const BUDGET_MS = 24 * 3_600_000;

/** The ledger's policy. */
export function policyOf(source: Source, brakeReleased: boolean): SourcePolicy {
  const { mode, deleteAfterMs, deleteLargerThan, keepNewest, onClientDelete, maxMessageSize } = source;
  return {
    mode,
    deleteAfterMs,
    deleteLargerThan,
    keepNewest,
    onClientDelete,
    maxMessageSize,
    hidesMessages: hidesMessages(source),
    brakeReleased,
  };
}

/** Whether its server shows a message once alone: not with a login that lists whatever was fetched before. */
export function hidesMessages({ provider, recent }: Pick<Source, "provider" | "recent">): boolean {
  const pop3 = providerById(provider)?.pop3;
  return (pop3?.hidesMessages ?? false) && !(recent && pop3?.recentPrefix !== undefined);
}

/** Whether a poll may delete anything there. */
export function mayRemove({ mode, onClientDelete }: Source): boolean {
  return mode === "delete" || onClientDelete === "delete";
}

/** The name to log in with. */
export function userNameOf({ username, recent, provider }: Source): string {
  const prefix = recent ? providerById(provider)?.pop3?.recentPrefix ?? "" : "";
  return username.startsWith(prefix) ? username : prefix + username;
}

/** What may be fetched in 24 hours. */
export function wholeBudgetOf({ messagesPerDay, sizePerDay }: Pick<Source, "messagesPerDay" | "sizePerDay">): Budget {
  return { messages: messagesPerDay || Infinity, octets: sizePerDay || Infinity };
}

/** What of it is left, by what the ledger says was stored. @throws StoreError */
export async function budgetLeft(source: Source, mailboxId: number, store: Store, now: number): Promise<Budget> {
  const whole = wholeBudgetOf(source);
  if (whole.messages === Infinity && whole.octets === Infinity) return NO_BUDGET;
  const used = await store.read("storedSince", { mailboxId, sinceAt: now - BUDGET_MS });
  return { messages: Math.max(0, whole.messages - used.messages), octets: Math.max(0, whole.octets - used.octets) };
}

/**
 * Which mailboxes get a message of a source, by its header: those of the accounts that its rules name, else its own.
 * Mailboxes that are not there yet are made. @throws StoreError
 */
export async function deliveryOf(
  { name, deliver, recipientHeaders }: Source,
  mailboxId: number,
  { store, nextId }: ReceiverPorts,
): Promise<(header: Uint8Array) => readonly number[]> {
  const own = [mailboxId];
  if (deliver.length === 0) return () => own;
  const byAccount = new Map<string, number>();
  for (const account of new Set(deliver.map((rule) => rule.account))) {
    byAccount.set(account, await store.write("ensureMailbox", { id: nextId(), account, source: name }));
  }
  return (header) => {
    const accounts = accountsFor(header, recipientHeaders, deliver);
    return accounts.length === 0 ? own : accounts.map((account) => byAccount.get(account)!);
  };
}
