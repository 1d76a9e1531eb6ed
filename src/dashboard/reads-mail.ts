import { parseId } from "../store/ids.ts";
import type { QueryResult } from "../store/queries.ts";
import type {
  CachedDetail,
  CachedModel,
  MailboxDetail,
  MailboxModel,
  MessageDetail,
  MessageModel,
  RecipientModel,
  SearchResult,
} from "../../web/models.ts";
import { cachedJourneyOf, journeyOf } from "./journey.ts";
import type { DashboardPorts } from "./ports.ts";

type Ports = Pick<DashboardPorts, "store" | "describe">;
type MessageRow = QueryResult<"queueList">[number];

/** Messages that the page of a mailbox shows. */
const NEWEST_MESSAGES = 100;

/** The messages of the queue, the soonest due first. */
export async function readQueue({ store }: Ports, limit: number): Promise<MessageModel[]> {
  return (await store.read("queueList", { limit })).map(messageOf);
}

/** A message of the queue or of a mailbox with its journey, or null. */
export async function readMessage(
  { store, describe }: Ports,
  id: number,
): Promise<MessageDetail | CachedDetail | null> {
  const history = await store.read("messageHistory", { id });
  if (history) return { kind: "message", ...messageOf(history), journey: journeyOf(history, describe()) };
  const cached = await store.read("mailboxMessageHistory", { id });
  return cached ? { kind: "mailbox-message", ...cachedOf(cached), journey: cachedJourneyOf(cached) } : null;
}

/** Every mailbox: those that the settings name, and those that were fetched before and are named no more. */
export async function readMailboxes({ store, describe }: Ports, withLedger: boolean): Promise<MailboxModel[]> {
  const rows = await store.read("mailboxTotals", null);
  const totals = withLedger ? await store.read("ledgerTotals", null) : [];
  const byMailbox = Map.groupBy(totals, (row) => row.mailboxId);
  const configured = describe().accounts.flatMap(({ login, sources }) =>
    sources.map((source) => ({ ...source, account: login }))
  );
  const models = configured.map((source): MailboxModel => {
    const row = rows.find(({ mailbox }) => mailbox.account === source.account && mailbox.source === source.name);
    return { ...mailboxOf(row, byMailbox), ...sourceOf(source), account: source.account, source: source.name };
  });
  const isNamed = (row: (typeof rows)[number]) =>
    configured.some((source) => source.account === row.mailbox.account && source.name === row.mailbox.source);
  const forgotten = rows.filter((row) => !isNamed(row)).map((row) => mailboxOf(row, byMailbox));
  return [...models, ...forgotten];
}

/** A mailbox with its newest messages, those that clients deleted too; or null. */
export async function readMailbox(ports: Ports, id: number): Promise<MailboxDetail | null> {
  const box = (await readMailboxes(ports, true)).find((mailbox) => mailbox.id === id);
  if (!box) return null;
  const rows = await ports.store.read("newestMailboxMessages", { mailboxId: id, limit: NEWEST_MESSAGES });
  const mailbox = { account: box.account, source: box.source };
  return { ...box, newest: rows.map((message) => cachedOf({ message, mailbox })) };
}

/** What is searched, and which page of what is found. */
export interface MailSearch {
  readonly q: string;
  /** Only messages with a smaller id: the page after the one that ended there. */
  readonly before?: number | undefined;
  /** Messages of a page, of both kinds together. */
  readonly limit: number;
}

/** Finds messages by queue id, Message-ID, sender, recipient or subject, the newest first. */
export async function search({ store }: Ports, { q: query, before, limit }: MailSearch): Promise<SearchResult> {
  const words = query.trim().replace(/^<(.*)>$/, "$1");
  const found: SearchResult = { query, messages: [], cached: [], before: null, only: null };
  if (words === "") return found;
  const id = parseId(words);
  const kind = id === null ? null : await store.read("kindOfId", { id });
  if (id !== null && kind !== null) return { ...found, only: { kind: kind === "session" ? "session" : "message", id } };
  const messageId = words.includes("@") && !words.includes(" ") ? words : null;
  const { exact, queued, cached } = await store.read("searchMail", {
    messageId,
    words,
    before: before ?? null,
    // One more than a page has room for tells whether there is a next one.
    limit: limit + 1,
  });
  const ids = [...queued, ...cached].map(({ message }) => message.id).sort((a, b) => b - a);
  const last = ids[limit - 1] ?? 0;
  const isShown = ({ message }: { readonly message: { readonly id: number } }) => message.id >= last;
  return {
    query,
    messages: queued.filter(isShown).map(messageOf),
    cached: cached.filter(isShown).map(cachedOf),
    before: ids.length > limit ? last : null,
    only: exact && before === undefined && ids.length === 1 ? { kind: "message", id: ids[0]! } : null,
  };
}

function messageOf({ message, recipients }: Pick<MessageRow, "message" | "recipients">): MessageModel {
  return {
    id: message.id,
    origin: message.origin,
    sender: message.sender,
    subject: message.subject,
    messageIdField: message.messageId,
    size: message.size,
    receivedAt: message.receivedAt,
    doneAt: message.doneAt,
    account: message.account,
    device: message.device,
    clientAddress: message.clientAddress,
    recipients: recipients.map(recipientOf),
  };
}

function recipientOf(row: MessageRow["recipients"][number]): RecipientModel {
  return {
    address: row.address,
    state: row.state,
    attempts: row.attempts,
    nextAttemptAt: row.state === "waiting" ? row.nextAttemptAt : null,
    upstream: row.upstream,
    lastReply: row.lastReply,
    trying: row.state === "waiting" && row.leaseOwner !== null,
  };
}

function cachedOf(
  { message, mailbox }: {
    readonly message: NonNullable<QueryResult<"mailboxMessageHistory">>["message"];
    readonly mailbox: Pick<CachedModel, "account" | "source">;
  },
): CachedModel {
  return {
    id: message.id,
    account: mailbox.account,
    source: mailbox.source,
    sender: message.sender,
    subject: message.subject,
    messageIdField: message.messageId,
    size: message.size,
    fetchedAt: message.fetchedAt,
    deletedAt: message.deletedAt,
    isRead: message.readBySessionId !== null,
  };
}

type MailboxRow = QueryResult<"mailboxTotals">[number];
type ByMailbox = ReadonlyMap<number, QueryResult<"ledgerTotals">>;

function mailboxOf(row: MailboxRow | undefined, byMailbox: ByMailbox): MailboxModel {
  const mailbox = row?.mailbox;
  return {
    id: mailbox?.id ?? null,
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
    nextFetchAt: mailbox?.nextFetchAt ?? null,
    failures: mailbox?.failures ?? 0,
    pausedBecause: mailbox?.pausedBecause ?? null,
    ledger: (mailbox ? byMailbox.get(mailbox.id) ?? [] : [])
      .map(({ state, messages, octets }) => ({ state, messages, octets })),
  };
}

type Source = ReturnType<DashboardPorts["describe"]>["accounts"][number]["sources"][number];

function sourceOf(source: Source): Pick<MailboxModel, "host" | "mode" | "deleteAfterMs" | "intervalMs"> {
  const { host, mode, intervalMs } = source;
  return { host, mode, intervalMs, deleteAfterMs: mode === "delete" ? source.deleteAfterMs : null };
}
