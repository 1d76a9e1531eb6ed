import { type FailureKind, TREATMENTS } from "../mailbox/failure.ts";
import type { QueryResult } from "../store/queries.ts";
import type { BudgetModel, MailboxModel } from "../../web/models.ts";
import type { ConfiguredSource, DashboardPorts } from "./ports.ts";
import { explainFetch } from "./upstreams.ts";

type Ports = Pick<DashboardPorts, "store" | "describe" | "clock">;
type MailboxRow = QueryResult<"mailboxTotals">[number];

/** What is counted of mailboxes beside what lies in them. */
interface Figures {
  readonly ledger: ReadonlyMap<number, QueryResult<"ledgerTotals">>;
  readonly stored: ReadonlyMap<number, { readonly messages: number; readonly octets: number }>;
  readonly removed: ReadonlyMap<number, number>;
}

const DAY_MS = 24 * 3_600_000;
/** Of a mailbox that no source of its own fills, or none any more: how the last poll ended asks nothing of anybody now. */
const NOT_FETCHED = { lastOutcome: null, nextFetchAt: null, failures: 0, needsPerson: null, pausedBecause: null };
const NO_FIGURES: Figures = { ledger: new Map(), stored: new Map(), removed: new Map() };

/**
 * Every mailbox: those that the settings name, and those that were fetched before and are named no more.
 * @param withLedger whether what the ledgers know is counted too
 */
export async function readMailboxes(ports: Ports, withLedger: boolean): Promise<MailboxModel[]> {
  const { store, describe } = ports;
  const rows = await store.read("mailboxTotals", null);
  const figures = withLedger ? await readFigures(ports) : NO_FIGURES;
  const { accounts } = describe();
  const configured = accounts.flatMap(({ login, sources }) => sources.map((source) => ({ ...source, account: login })));
  const rowOf = (account: string, name: string) =>
    rows.find(({ mailbox }) => mailbox.account === account && mailbox.source === name);
  const models = configured.map((source): MailboxModel => {
    const row = rowOf(source.account, source.name);
    const own = { account: source.account, source: source.name };
    const known = mailboxOf(row, figures);
    const explained = explainFetch(source, known.failures, known.lastOutcome);
    return { ...known, ...sourceOf(source, row?.mailbox.id, figures), ...own, explained };
  });
  const isNamed = ({ mailbox }: MailboxRow) =>
    configured.some((source) => source.account === mailbox.account && source.name === mailbox.source);
  const others = rows.filter((row) => !isNamed(row)).map((row) => {
    const { account, source } = row.mailbox;
    const filler = configured.find(({ name, deliver }) =>
      name === source && deliver.some((to) => isSame(to.account, account))
    );
    return { ...mailboxOf(row, figures), ...NOT_FETCHED, filledBy: filler?.account ?? null };
  });
  return [...models, ...others];
}

async function readFigures({ store, clock }: Ports): Promise<Figures> {
  const now = clock.now();
  const [totals, { stored, removed }] = await Promise.all([
    store.read("ledgerTotals", null),
    store.read("fetchFigures", { sinceAt: now - DAY_MS, now }),
  ]);
  return {
    ledger: Map.groupBy(totals, (row) => row.mailboxId),
    stored: new Map(stored.map((row) => [row.mailboxId, row])),
    removed: new Map(removed.map((row) => [row.mailboxId, row.messages])),
  };
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function mailboxOf(row: MailboxRow | undefined, { ledger, removed }: Figures): MailboxModel {
  const mailbox = row?.mailbox;
  const id = mailbox?.id ?? null;
  const kind = mailbox?.failureKind as FailureKind | null | undefined;
  return {
    id,
    account: mailbox?.account ?? "",
    source: mailbox?.source ?? "",
    host: null,
    mode: null,
    deleteAfterMs: null,
    intervalMs: null,
    messages: row?.messages ?? 0,
    unread: row?.unread ?? 0,
    octets: row?.octets ?? 0,
    lastFetchAt: mailbox?.lastFetchAt ?? null,
    lastOutcome: mailbox?.lastOutcome ?? null,
    explained: null,
    nextFetchAt: mailbox?.nextFetchAt ?? null,
    failures: mailbox?.failures ?? 0,
    needsPerson: kind ? TREATMENTS[kind].needsPerson : null,
    pausedBecause: mailbox?.pausedBecause ?? null,
    deleteLargerThan: 0,
    keepNewest: 0,
    followsClients: false,
    maxMessageSize: 0,
    budget: null,
    removed: id === null ? 0 : removed.get(id) ?? 0,
    deliversTo: [],
    filledBy: null,
    ledger: (id === null ? [] : ledger.get(id) ?? []).map(({ state, messages, octets }) => ({
      state,
      messages,
      octets,
    })),
  };
}

function sourceOf(source: ConfiguredSource, mailboxId: number | undefined, { stored }: Figures) {
  const { host, mode, intervalMs, keepNewest, deleteLargerThan, onClientDelete, maxMessageSize } = source;
  return {
    host,
    mode,
    intervalMs,
    deleteAfterMs: mode === "delete" ? source.deleteAfterMs : null,
    deleteLargerThan: mode === "delete" ? deleteLargerThan : 0,
    keepNewest: mode === "delete" ? keepNewest : 0,
    followsClients: onClientDelete === "delete",
    maxMessageSize,
    budget: budgetOf(source, mailboxId === undefined ? undefined : stored.get(mailboxId)),
    deliversTo: [...new Set(source.deliver.map(({ account }) => account))],
  };
}

function budgetOf(
  { messagesPerDay, sizePerDay }: ConfiguredSource,
  fetched: { readonly messages: number; readonly octets: number } = { messages: 0, octets: 0 },
): BudgetModel | null {
  if (messagesPerDay === 0 && sizePerDay === 0) return null;
  return {
    messagesPerDay: messagesPerDay || null,
    octetsPerDay: sizePerDay || null,
    messagesFetched: fetched.messages,
    octetsFetched: fetched.octets,
  };
}
