import type { QueryResult } from "../store/queries.ts";
import type { QueueFilter } from "../store/queries/selection.ts";
import type {
  CachedDetail,
  CachedModel,
  MailboxDetail,
  MessageDetail,
  MessageModel,
  RecipientModel,
  RestorableModel,
} from "../../web/models.ts";
import { awaitedBy, type KnownOfWaiting } from "./awaited.ts";
import { cachedJourneyOf, journeyOf } from "./journey.ts";
import type { DashboardPorts } from "./ports.ts";
import { readMailboxes } from "./reads-mailboxes.ts";
import { speakerOf } from "./upstreams.ts";

type Ports = Pick<DashboardPorts, "store" | "describe" | "turns" | "awaited">;
type TimedPorts = Ports & Pick<DashboardPorts, "clock">;
type KeepingPorts = TimedPorts & Pick<DashboardPorts, "keepDeletedMs">;
type MessageRow = QueryResult<"queueList">[number];

/** Messages that the page of a mailbox shows. */
const NEWEST_MESSAGES = 100;
/** Messages that can be had back, as many as are listed. */
const REMOVED_MESSAGES = 500;
/** Of those, as many as the page of a mailbox shows. */
const SHOWN_REMOVED = 50;

/** The messages of the queue, the soonest due first. */
export async function readQueue(
  { store, turns, awaited }: Ports,
  limit: number,
  filter: QueueFilter = {},
): Promise<MessageModel[]> {
  const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
  const rows = await store.read("queueList", { limit, filter: given });
  const [known, away] = [turns?.(), awaited?.()];
  return rows.map((row) => messageOf(row, { turn: known?.get(row.message.id), awaited: away }));
}

/** A message of the queue or of a mailbox with its journey, or null. */
export async function readMessage(
  { store, describe, turns, awaited }: Ports,
  id: number,
): Promise<MessageDetail | CachedDetail | null> {
  const history = await store.read("messageHistory", { id });
  if (history) {
    const known = { turn: turns?.().get(id), awaited: awaited?.() };
    return { kind: "message", ...messageOf(history, known), journey: journeyOf(history, describe(), known) };
  }
  const cached = await store.read("mailboxMessageHistory", { id });
  if (!cached) return null;
  const isAnnounced = cached.ledger?.state === "announced";
  return { kind: "mailbox-message", ...cachedOf(cached), isAnnounced, journey: cachedJourneyOf(cached) };
}

/** Messages of a mailbox that were deleted on their server and can be had back, the newest first. */
export async function readRemoved(
  { store, clock }: TimedPorts,
  id: number,
  limit: number = REMOVED_MESSAGES,
): Promise<CachedModel[]> {
  const asked = { mailboxIds: [id], now: clock.now(), limit };
  return (await store.read("removedMessages", asked)).map(cachedOf);
}

/** Messages of a mailbox that mail programs deleted here and that can be restored, the latest first. */
export async function readRestorable(
  { store, keepDeletedMs }: KeepingPorts,
  id: number,
  limit: number = REMOVED_MESSAGES,
): Promise<RestorableModel[]> {
  return (await store.read("deletedMessages", { mailboxId: id, limit })).map((row) => {
    const { deletedAt } = row.message;
    return {
      ...cachedOf(row),
      lastDeletedAt: row.at,
      isForAll: deletedAt !== null,
      restorableUntilAt: deletedAt === null ? null : deletedAt + keepDeletedMs(),
    };
  });
}

/** A mailbox with its newest messages, those that clients deleted too; or null. */
export async function readMailbox(ports: KeepingPorts, id: number): Promise<MailboxDetail | null> {
  const box = (await readMailboxes(ports, true)).find((mailbox) => mailbox.id === id);
  if (!box) return null;
  const rows = await ports.store.read("newestMailboxMessages", { mailboxId: id, limit: NEWEST_MESSAGES });
  const mailbox = { account: box.account, source: box.source };
  const removedThere = await readRemoved(ports, id, SHOWN_REMOVED);
  const restorable = await readRestorable(ports, id, SHOWN_REMOVED);
  return { ...box, newest: rows.map((message) => cachedOf({ message, mailbox })), removedThere, restorable };
}

/** A row of the queue as pages show it. */
export function messageOf(
  { message, recipients }: Pick<MessageRow, "message" | "recipients">,
  known: KnownOfWaiting = {},
): MessageModel {
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
    recipients: recipients.map((row) => recipientOf(row, known)),
  };
}

function recipientOf(
  row: MessageRow["recipients"][number],
  { turn, awaited }: KnownOfWaiting,
): RecipientModel {
  const isClaimed = row.state === "waiting" && row.leaseOwner !== null;
  return {
    address: row.address,
    state: row.state,
    attempts: row.attempts,
    nextAttemptAt: row.state === "waiting" ? row.nextAttemptAt : null,
    upstream: row.upstream,
    sendBy: row.sendBy,
    lastReply: row.lastReply,
    lastReplyBy: row.lastReply === null ? null : speakerOf(row.lastReply),
    trying: isClaimed && turn === undefined,
    turn: isClaimed ? turn ?? null : null,
    awaits: awaitedBy(row, awaited),
  };
}

/** A row of a mailbox as pages show it. */
export function cachedOf(
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
    deletedBy: message.deletedAt === null ? null : message.deletedBy ?? "client",
    isRead: message.readBySessionId !== null,
    noticeOctets: message.noticeOctets,
    keepUntilAt: message.keepUntil,
  };
}
