import type { Store } from "../store/store.ts";
import type { Clock } from "../wire/clock.ts";
import type { LedgerRow, Plan } from "./ledger.ts";

/** Where the ledgers are. */
export interface LedgerPorts {
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * The ledger of a mailbox as it is stored.
 * @param withDeletions whether to look which messages clients have deleted here
 * @throws StoreError
 */
export async function readLedger(
  { store }: Pick<LedgerPorts, "store">,
  mailboxId: number,
  withDeletions = false,
): Promise<LedgerRow[]> {
  const [text, deleted] = await Promise.all([
    store.read("ledgerOf", { mailboxId }),
    withDeletions ? store.read("deletedHere", { mailboxId }) : [],
  ]);
  if (text === "") return [];
  const deletedHere = new Set(deleted);
  return text.split("\n").map((line) => {
    let at = 0;
    const next = () => line.slice(at, (at = line.indexOf(" ", at) + 1) - 1);
    const state = next() as LedgerRow["state"];
    const [storedAt, changedAt, size, requestedAt] = [Number(next()), Number(next()), Number(next()), Number(next())];
    const uidl = line.slice(at);
    const row: LedgerRow = { uidl, state, storedAt, changedAt, size };
    if (requestedAt !== 0) return { ...row, isRequested: true };
    return deletedHere.has(uidl) ? { ...row, isDeletedHere: true } : row;
  });
}

/** Writes what a list has shown of messages that were known. @throws StoreError */
export async function writeLedger({ store, clock }: LedgerPorts, mailboxId: number, planned: Plan): Promise<void> {
  const now = clock.now();
  const { back, gone, forget } = planned;
  if (back.length > 0) await store.write("markLedger", { mailboxId, uidls: back, state: "stored", now });
  if (gone.length > 0) await store.write("markLedger", { mailboxId, uidls: gone, state: "gone", now });
  if (forget.length > 0) await store.write("forgetLedger", { mailboxId, uidls: forget });
}

/** Forgets rows whose names stand for other messages now. @throws StoreError */
export async function forgetRows({ store }: Pick<LedgerPorts, "store">, mailboxId: number, names: ReadonlySet<string>) {
  if (names.size > 0) await store.write("forgetLedger", { mailboxId, uidls: [...names] });
}
