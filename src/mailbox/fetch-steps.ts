import type { Pop3Client } from "../pop3/client/dialogue.ts";
import { deleteAll, quit, retrieveAll } from "../pop3/client/mailbox.ts";
import { announceAll } from "./announce.ts";
import { findDoubts, sizesOf } from "./confirm.ts";
import type { FetchPorts, FetchRequest, Foreseen, ForeseenMessage, Tally } from "./report.ts";
import { type LedgerRow, type ListedMessage, type Plan, plan, planAfterFetching } from "./ledger.ts";
import { forgetRows, readLedger } from "./ledger-store.ts";
import { type Budget, isFirstRun, type Portion, portionOf } from "./portion.ts";
import { Receiver } from "./receiver.ts";
import { budgetLeft, deliveryOf, mayRemove, policyOf, wholeBudgetOf } from "./source-policy.ts";

/** A poll that has logged in, listed and planned. */
export interface Work {
  readonly client: Pop3Client;
  readonly window: number;
  readonly request: FetchRequest;
  readonly listed: readonly ListedMessage[];
  readonly planned: Plan;
  readonly ports: FetchPorts;
  readonly tally: Tally;
}

/** What is fetched of what is new, and the sizes that the source gives, where they were asked for. */
export interface Divided {
  readonly portion: Portion;
  readonly sizes: ReadonlyMap<number, number>;
  readonly budget: Budget;
}

/** Messages asked for at a time where a budget counts octets: sizes may lie, so what came is counted in between. */
const COUNTED_MESSAGES = 64;

const NO_SIZES: ReadonlyMap<number, number> = new Map();

/** Divides what is new. LIST is asked only where something depends on it: a poll that finds nothing new has one list. */
export async function divide({ client, request, listed, planned, ports }: Work): Promise<Divided> {
  const { source, mailboxId, isDryRun } = request;
  const smallFirst = isFirstRun(planned.fetch.length, listed.length);
  const hasNew = planned.fetch.length + planned.requested.length > 0;
  const budget = await budgetLeft(source, mailboxId, ports.store, ports.clock.now());
  const asksSizes = isDryRun || smallFirst || source.maxMessageSize > 0 || source.sizePerDay > 0;
  const sizes = hasNew && asksSizes ? await sizesOf(client) : NO_SIZES;
  const rules = { maxMessageSize: source.maxMessageSize, budget, smallFirst, sizes };
  return { portion: portionOf(planned.requested, planned.fetch, rules, wholeBudgetOf(source)), sizes, budget };
}

/** Stores what is new: messages, then notices of those that stay where they are. */
export async function takeNew({ client, window, request, planned, ports, tally }: Work, divided: Divided) {
  const { source, mailboxId, account, signal } = request;
  const { fetch, announce } = divided.portion;
  if (fetch.length + announce.length === 0) return;
  const target = {
    mailboxId,
    mailboxesFor: await deliveryOf(source, mailboxId, ports),
    sessionId: client.dialogue.log.id,
    signal,
  };
  const announced = new Set(planned.requested.map(({ uidl }) => uidl));
  const receiver = new Receiver({ ...target, messages: numbered(fetch, ports), announced }, ports);
  try {
    const left = () => divided.budget.octets - receiver.octets;
    const step = divided.budget.octets === Infinity ? fetch.length : COUNTED_MESSAGES;
    // What its owner asked for comes first, and comes whatever the budget says.
    for (let from = 0; from < fetch.length && (from < announced.size || left() > 0); from += step) {
      const numbers = fetch.slice(from, from + step).map(({ number }) => number);
      await retrieveAll(client, numbers, window, receiver);
    }
    await receiver.settle();
  } finally {
    await receiver.abort();
    tally.fetched = receiver.stored;
    tally.refusals = receiver.refusals;
  }
  const announcement = { ...target, messages: announce, account, host: source.host, sizes: divided.sizes };
  tally.announced = await announceAll(client, window, announcement, ports);
}

/** Gives messages their ids in the order of the server: clients list them so, whichever comes first. */
function numbered(messages: readonly ListedMessage[], { nextId }: FetchPorts) {
  return messages.toSorted((one, other) => one.number - other.number).map((message) => ({ ...message, id: nextId() }));
}

/** What the same session has fetched, it may delete; of the rest the source must still have what was stored. */
async function findDue({ client, window, request, listed, ports }: Work, { portion }: Divided) {
  const { source, mailboxId } = request;
  if (!mayRemove(source)) return [];
  // Only what the database says is stored is deleted: it is asked again, after everything that was fetched just now.
  const rows = await readLedger(ports, mailboxId, source.onClientDelete === "delete");
  const { remove } = plan(rows, listed, policyOf(source, true), ports.clock.now());
  const fetched = new Set(portion.fetch.map(({ uidl }) => uidl));
  const old = remove.filter(({ uidl }) => !fetched.has(uidl));
  const { impostors, unproven } = await findDoubts(client, window, old, rows, { ...ports, mailboxId });
  await forgetRows(ports, mailboxId, impostors);
  return remove.filter(({ uidl }) => !impostors.has(uidl) && !unproven.has(uidl));
}

/** Deletes what is due and ends the session: the server carries it out at QUIT. */
export async function removeDue(work: Work, divided: Divided): Promise<void> {
  const { client, window, request: { source, mailboxId }, ports: { store, clock }, tally } = work;
  const due = await findDue(work, divided);
  if (due.length === 0) return void await quit(client);
  const mark = (state: "delete-sent" | "delete-confirmed", uidls: readonly string[]) => {
    const now = clock.now();
    return store.write("markLedger", { mailboxId, uidls, state, now, keepUntil: now + source.keepRemovedMs });
  };
  await mark("delete-sent", due.map(({ uidl }) => uidl));
  const marked = new Set(await deleteAll(client, due.map(({ number }) => number), window));
  await quit(client);
  tally.removed = marked.size;
  await mark("delete-confirmed", due.filter(({ number }) => marked.has(number)).map(({ uidl }) => uidl));
}

/** What the poll would do if it went on. Pure. */
export function foresee(
  { request: { source }, listed, planned, ports: { clock } }: Pick<Work, "request" | "listed" | "planned" | "ports">,
  rows: readonly LedgerRow[],
  { portion: { fetch, announce }, sizes }: Divided,
): Foreseen {
  const known = new Map(rows.map((row) => [row.uidl, row.size]));
  const withSize = ({ number, uidl }: ListedMessage): ForeseenMessage => (
    { number, uidl, octets: sizes.get(number) ?? known.get(uidl) ?? null }
  );
  const fetched = fetch.map((message) => ({ ...message, octets: sizes.get(message.number) ?? 0 }));
  const remove = mayRemove(source)
    ? planAfterFetching(rows, listed, fetched, policyOf(source, true), clock.now())
    : planned.remove;
  return { fetch: fetch.map(withSize), announce: announce.map(withSize), remove: remove.map(withSize) };
}
