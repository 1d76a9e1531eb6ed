import type { Store } from "../store/store.ts";
import type { Clock } from "../wire/clock.ts";
import type { Poller, PollResult } from "./poller.ts";
import type { Foreseen, ForeseenMessage } from "./report.ts";
import { describeReport } from "./schedule.ts";

/* What owners ask of mailboxes: a message that was only announced, what the next poll would do, a message once more. */

/** What it takes. */
export interface OwnerPorts {
  readonly store: Pick<Store, "read" | "write">;
  readonly clock: Clock;
  readonly newUidl: () => string;
}

/** A source, by the names of its account and of itself. */
export interface SourceName {
  readonly account: string;
  readonly source: string;
}

/**
 * Notes that the owner wants the message that a notice stands for: the next poll of its source fetches it. Gives the source,
 * or null where the id is none of a notice whose message waits on its server.
 * @throws StoreError
 */
export async function requestMessage(
  id: number,
  { store, clock }: Pick<OwnerPorts, "store" | "clock">,
): Promise<SourceName | null> {
  const name = await sourceBehind(id, { store });
  if (name === null) return null;
  return await store.write("requestMessages", { ids: [id], now: clock.now() }) === 0 ? null : name;
}

/** The source where the message waits that a notice stands for; null where there is none. @throws StoreError */
export async function sourceBehind(
  id: number,
  { store }: { readonly store: Pick<Store, "read"> },
): Promise<SourceName | null> {
  const row = (await store.read("mailboxMessageHistory", { id }))?.ledger;
  if (!row || row.state !== "announced") return null;
  const box = (await store.read("mailboxes", null)).find((mailbox) => mailbox.id === row.mailboxId);
  return box ? { account: box.account, source: box.source } : null;
}

/** Fetches the message that a notice stands for, now; null where there is none. @throws StoreError */
export async function fetchMessage(
  id: number,
  ports: Pick<OwnerPorts, "store" | "clock"> & { readonly poller: Pick<Poller, "poll"> },
): Promise<PollResult[] | null> {
  const name = await requestMessage(id, ports);
  return name && await ports.poller.poll(name);
}

/**
 * Sends a message to its account once more: as a new one, under another UIDL. Gives false where there is none, or only a
 * notice.
 * @throws StoreError
 */
export async function resendMessage(id: number, { store, newUidl }: Omit<OwnerPorts, "clock">): Promise<boolean> {
  const history = await store.read("mailboxMessageHistory", { id });
  if (!history || history.message.noticeOctets !== null) return false;
  return await store.write("resendMailboxMessages", { messages: [{ id, uidl: newUidl() }] }) > 0;
}

/** A message that the next poll would do something about. */
export interface PlannedMessage {
  /** Its name on the source. */
  readonly uidl: string;
  /** As the source says, or as stored; null: not known. */
  readonly octets: number | null;
  /** The mailbox message, where it is here. */
  readonly id: number | null;
  readonly sender: string | null;
  readonly subject: string | null;
}

/** Messages of one kind: how many, and the first of them. */
export interface PlannedMessages {
  readonly count: number;
  readonly octets: number;
  readonly first: readonly PlannedMessage[];
}

/** What the next poll of a source would do. */
export interface FetchPlan {
  readonly account: string;
  readonly source: string;
  /** Why that could not be found out, or why the source would be paused; null: it would go on. */
  readonly problem: string | null;
  readonly fetch: PlannedMessages;
  /** Would stay on the source, with a notice here. */
  readonly announce: PlannedMessages;
  /** Would wait until the source's budget allows it. */
  readonly postponed: number;
  /** Would be deleted on the source. */
  readonly remove: PlannedMessages;
}

/** Messages of a kind that a plan names. */
const MESSAGES_NAMED = 200;

/** The plans behind reports of dry runs, with what is known here of the messages. @throws StoreError */
export async function plansOf(
  results: readonly (PollResult & { readonly mailboxId?: number | undefined })[],
  { store }: Pick<OwnerPorts, "store">,
): Promise<FetchPlan[]> {
  const boxes = await store.read("mailboxes", null);
  return await Promise.all(results.map(async ({ account, source, report }) => {
    const mailboxId = boxes.find((box) => box.account === account && box.source === source)?.id ?? 0;
    const { fetch, announce, remove } = report.foreseen ?? NOTHING_FORESEEN;
    const outcome = describeReport(report);
    return {
      account,
      source,
      problem: report.foreseen === null ? outcome : null,
      fetch: await named(fetch, mailboxId, store),
      announce: await named(announce, mailboxId, store),
      postponed: report.postponed,
      remove: await named(remove, mailboxId, store),
    };
  }));
}

const NOTHING_FORESEEN: Foreseen = { fetch: [], announce: [], remove: [] };

async function named(
  messages: readonly ForeseenMessage[],
  mailboxId: number,
  store: OwnerPorts["store"],
): Promise<PlannedMessages> {
  const first = messages.slice(0, MESSAGES_NAMED);
  const uidls = first.map(({ uidl }) => uidl);
  const known = uidls.length === 0 ? [] : await store.read("messagesByUidls", { mailboxId, uidls });
  const byUidl = new Map(known.map((row) => [row.uidl, row]));
  return {
    count: messages.length,
    octets: messages.reduce((sum, { octets }) => sum + (octets ?? 0), 0),
    first: first.map(({ uidl, octets }) => {
      const row = byUidl.get(uidl);
      return { uidl, octets, id: row?.id ?? null, sender: row?.sender ?? null, subject: row?.subject ?? null };
    }),
  };
}
