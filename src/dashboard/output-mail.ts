/** What the API gives of the queue, mailboxes and messages. */
import * as v from "valibot";
import {
  awaits,
  count,
  explained,
  HOP,
  id,
  idOrNull,
  ms,
  octets,
  speaker,
  textOrNull,
  time,
  timeOrNull,
} from "./output.ts";

const turn = v.object({ upstream: v.string(), perMinute: v.nullable(v.number()) });
const recipient = v.object({
  address: v.string(),
  state: v.picklist(["waiting", "held", "delivered", "bounced", "removed"]),
  attempts: count,
  nextAttemptAt: timeOrNull,
  upstream: textOrNull,
  sendBy: textOrNull,
  lastReply: textOrNull,
  lastReplyBy: v.nullable(speaker),
  trying: v.boolean(),
  turn: v.nullable(turn),
  awaits,
});

const message = {
  id,
  origin: v.picklist(["relay", "bounce"]),
  sender: v.string(),
  subject: v.string(),
  messageIdField: v.string(),
  size: octets,
  receivedAt: time,
  doneAt: timeOrNull,
  account: textOrNull,
  device: textOrNull,
  clientAddress: v.string(),
  recipients: v.array(recipient),
};

export const turns = v.object({
  turns: v.array(v.object({ id, upstream: v.string(), perMinute: v.nullable(v.number()) })),
  awaited: v.array(v.object({ upstream: v.string(), askedAt: time })),
});

export const queueFigures = {
  waitingRecipients: count,
  heldMessages: count,
  reasons: v.array(v.object({
    upstream: textOrNull,
    messages: count,
    lastReply: textOrNull,
    lastReplyBy: v.nullable(speaker),
    sinceAt: timeOrNull,
    nextAttemptAt: time,
    awaits,
    explained: v.optional(explained),
  })),
};

/** The queue. */
export const queue = v.object({ ...queueFigures, messages: v.array(v.object(message)) });

const queueResult = {
  changed: count,
  held: v.optional(count),
  turn: v.optional(turn),
  refused: v.optional(v.string()),
};
/** What was done to messages of the queue. */
export const queueResults = v.object({ results: v.array(v.object({ id, ...queueResult })) });
/** What was done to one. */
export const changedRecipients = v.object(queueResult);

const cached = {
  id,
  account: v.string(),
  source: v.string(),
  sender: v.string(),
  subject: v.string(),
  messageIdField: v.string(),
  size: octets,
  fetchedAt: time,
  deletedAt: timeOrNull,
  deletedBy: v.nullable(v.picklist(["client", "retention", "replaced", "owner"])),
  isRead: v.boolean(),
  noticeOctets: v.nullable(octets),
  keepUntilAt: timeOrNull,
};
const restorable = v.object({
  ...cached,
  lastDeletedAt: time,
  isForAll: v.boolean(),
  restorableUntilAt: timeOrNull,
});

const journey = v.array(v.object({
  at: time,
  kind: v.picklist(["received", "made", "delivered", "failed", "waits", "held", "removed", "done", "read"]),
  hop: v.nullable(HOP),
  title: v.string(),
  words: v.array(v.string()),
  explained: v.optional(explained),
  sessionId: idOrNull,
  durationMs: v.nullable(ms),
  messageId: v.optional(idOrNull),
}));

/** A message of the queue or of a mailbox. */
export const anyMessage = v.variant("kind", [
  v.object({ kind: v.literal("message"), ...message, journey }),
  v.object({ kind: v.literal("mailbox-message"), ...cached, isAnnounced: v.boolean(), journey }),
]);

export const mailbox = {
  id: idOrNull,
  account: v.string(),
  source: v.string(),
  host: textOrNull,
  mode: v.nullable(v.picklist(["keep", "delete"])),
  deleteAfterMs: v.nullable(ms),
  intervalMs: v.nullable(ms),
  messages: count,
  unread: count,
  octets,
  lastFetchAt: timeOrNull,
  lastOutcome: textOrNull,
  explained,
  nextFetchAt: timeOrNull,
  failures: count,
  needsPerson: v.nullable(v.boolean()),
  pausedBecause: textOrNull,
  deleteLargerThan: octets,
  keepNewest: count,
  followsClients: v.boolean(),
  maxMessageSize: octets,
  budget: v.nullable(v.object({
    messagesPerDay: v.nullable(count),
    octetsPerDay: v.nullable(octets),
    messagesFetched: count,
    octetsFetched: octets,
  })),
  removed: count,
  deliversTo: v.array(v.string()),
  filledBy: textOrNull,
  ledger: v.array(v.object({
    state: v.picklist(["announced", "stored", "evicted", "delete-sent", "delete-confirmed", "gone"]),
    messages: count,
    octets,
  })),
};

/** Mailboxes. */
export const mailboxes = v.object({ mailboxes: v.array(v.object(mailbox)) });
/** A mailbox. */
export const oneMailbox = v.object({
  ...mailbox,
  newest: v.array(v.object(cached)),
  removedThere: v.array(v.object(cached)),
  restorable: v.array(restorable),
});
/** Messages of a mailbox. */
export const cachedMessages = v.object({ messages: v.array(v.object(cached)) });
/** How many messages were deleted. */
export const removed = v.object({ removed: count });
/** How many messages were restored. */
export const restored = v.object({ restored: count });

/** Messages of a mailbox that can be restored. */
export const restorableMessages = v.object({ messages: v.array(restorable) });

/** Messages of both kinds that were looked for. */
export const mailList = v.object({
  messages: v.array(v.variant("kind", [
    v.object({ kind: v.literal("message"), ...message }),
    v.object({ kind: v.literal("mailbox-message"), ...cached }),
  ])),
  before: idOrNull,
  only: v.nullable(v.object({ kind: v.picklist(["message", "session"]), id })),
  notIndexed: count,
  isIndexed: v.boolean(),
});

/** What is in a message. */
export const letter = v.object({
  state: v.picklist(["here", "gone", "closed"]),
  fields: v.array(v.object({
    name: v.picklist(["from", "reply-to", "to", "cc", "date", "subject"]),
    value: v.string(),
  })),
  text: textOrNull,
  isTextCut: v.boolean(),
  hasHtml: v.boolean(),
  attachments: v.array(v.object({
    number: count,
    name: v.string(),
    type: v.string(),
    octets,
    isInline: v.boolean(),
  })),
  hasMore: v.boolean(),
});

const planned = v.object({
  count,
  octets,
  first: v.array(v.object({
    uidl: v.string(),
    octets: v.nullable(octets),
    id: idOrNull,
    sender: textOrNull,
    subject: textOrNull,
  })),
});

/** Plans. */
export const plans = v.object({
  plans: v.array(v.object({
    account: v.string(),
    source: v.string(),
    problem: textOrNull,
    fetch: planned,
    announce: planned,
    postponed: count,
    remove: planned,
  })),
});

/** Failed logins. */
export const failedLogins = v.object({
  failed: v.array(v.object({
    address: textOrNull,
    login: textOrNull,
    failures: v.number(),
    lastFailedAt: time,
    delayMs: ms,
    bannedUntilAt: timeOrNull,
    seenWith: v.array(v.string()),
  })),
});
