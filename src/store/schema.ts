/**
 * The data dictionary: every table and column of the database, what it means and in which unit.
 *
 * Ids are given by ids.ts and grow with time. Times are milliseconds since the epoch (`…At`), durations milliseconds
 * (`…Ms`), sizes octets. Rows that an operation writes together are committed together (writer.ts).
 */
import { sql } from "drizzle-orm";
import { blob, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What must be remembered once: the node's name, the hash of the set-up code. */
export const fact = sqliteTable("fact", {
  name: text().primaryKey(),
  value: text().notNull(),
});

/**
 * The spool: octets of messages, in rows of chunks, for the queue and the mailboxes alike. A chunk whose message never
 * came to be (a client that went away, a crash) is removed at the next start.
 */
export const chunk = sqliteTable("chunk", {
  /** The id of the message or mailbox message to which it belongs. */
  spoolId: integer().notNull(),
  /** 0, 1, 2 … in the order of the message. */
  position: integer().notNull(),
  octets: blob({ mode: "buffer" }).notNull(),
}, (table) => [primaryKey({ columns: [table.spoolId, table.position] })]);

/** A message that was accepted for delivery: its envelope without the recipients, and what people search for. */
export const message = sqliteTable(
  "message",
  {
    id: integer().primaryKey(),
    /** "relay": from a client; "bounce": made here. */
    origin: text({ enum: ["relay", "bounce"] }).notNull(),
    /** The reverse-path, "" for the null one. */
    sender: text().notNull(),
    /** Octets of the message as stored, Received line included, without dot-stuffing. */
    size: integer().notNull(),
    /** As MAIL said (RFC 6152); "binarymime": it is not made of lines of text, only BDAT carries it (RFC 3030). */
    body: text({ enum: ["7bit", "8bitmime", "binarymime"] }).notNull(),
    /** Its Message-ID field without angle brackets, "" when it has none. */
    messageId: text().notNull(),
    subject: text().notNull(),
    receivedAt: integer().notNull(),
    /** The session that brought it; null for one made here. */
    sessionId: integer(),
    /** The account that sent it, null for a device without a login. */
    account: text(),
    /** The client's address. */
    clientAddress: text().notNull(),
    /** When the last recipient was done; null while any waits. Its chunks are removed then, unless they are kept. */
    doneAt: integer(),
    /** RET: how much of it a report of failure returns; null: not said. RFC 3461 section 4.3. */
    returnContent: text({ enum: ["full", "headers"] }),
    /** ENVID in xtext, the sender's own name for it; null: none. RFC 3461 section 4.4. */
    envelopeId: text(),
    /** MAIL said SMTPUTF8: addresses and the header may hold UTF-8; null: as false. RFC 6531 section 3.4. */
    smtpUtf8: integer({ mode: "boolean" }),
    /** The message that this report is about; null: it is none, or made before that was kept. */
    aboutId: integer(),
    /** Where it holds octets beyond ASCII, "header": there and perhaps in the body; null: not known, `body` must do. */
    eightBit: text({ enum: ["none", "body", "header"] }),
    /** The name of the device that sent it; null for an account, and for a client that is no named device. */
    device: text(),
    /** Until when the octets of one that is done are kept (setting queue.keep_delivered); null: they are not. */
    keptUntil: integer(),
  },
  (
    table,
  ) => [
    index("message_by_message_id").on(table.messageId),
    index("message_by_done").on(table.doneAt).where(sql`done_at is not null`),
    index("message_by_about").on(table.aboutId).where(sql`about_id is not null`),
    index("message_kept").on(table.keptUntil, table.size).where(sql`kept_until is not null`),
  ],
);

/*
 * The full-text index, mail_index, is a virtual table that the migration "index_mail_by_words" makes: a row for each
 * message and mailbox message, under its id. It has no content of its own, so that nothing is stored twice; what is in its
 * columns (sender, recipients, subject, names of attachments, body) can be found and not be read back. A trigger takes out
 * what is deleted.
 */

/**
 * A recipient of a message: the unit of the queue.
 *
 * `nextAttemptAt` is written before an attempt begins and is also the attempt's lease: whoever finds it passed may try
 * again. A crash costs the delay until then, never the message.
 */
export const recipient = sqliteTable("recipient", {
  messageId: integer().notNull(),
  /** 0, 1, 2 … in the order of RCPT. */
  position: integer().notNull(),
  address: text().notNull(),
  /** See relay/lifecycle.ts. */
  state: text({ enum: ["waiting", "held", "delivered", "bounced", "removed"] }).notNull(),
  /** Attempts that were begun. */
  attempts: integer().notNull(),
  /** When it is due; in the future while an attempt is under way. */
  nextAttemptAt: integer().notNull(),
  /** The node that claimed it; null while nobody has. */
  leaseOwner: text(),
  /** The upstream that was tried last. */
  upstream: text(),
  /** The last reply or local failure, "450 4.2.0 …". */
  lastReply: text(),
  /** When the state was last changed. */
  changedAt: integer().notNull(),
  /** NOTIFY: "NEVER", or a list of "SUCCESS", "FAILURE", "DELAY"; null: not said. RFC 3461 section 4.1. */
  notify: text(),
  /** ORCPT in xtext, the address as the sender first wrote it; null: not said. RFC 3461 section 4.2. */
  originalRecipient: text(),
  /** Which go first among those that are due: 1 before 0 before -1. */
  priority: integer().notNull().default(0),
  /**
   * Its upstream could not be reached, or is away and nothing was tried: it goes at once when it is back; null: as false.
   */
  awaitsLine: integer({ mode: "boolean" }),
  /** When its sender was told that it is delayed; null: not. */
  warnedAt: integer(),
  /** The upstream by which the owner wants it sent instead of that of its route; null: as the route says. */
  sendBy: text(),
}, (table) => [
  primaryKey({ columns: [table.messageId, table.position] }),
  // All that a look at the queue asks for: one that skips a backlog need not read its rows.
  index("recipient_by_turn").on(table.priority, table.nextAttemptAt, table.upstream, table.messageId)
    .where(sql`state = 'waiting'`),
  index("recipient_held").on(table.messageId).where(sql`state = 'held'`),
  index("recipient_awaiting").on(table.upstream, table.messageId).where(sql`state = 'waiting' and awaits_line = 1`),
  index("recipient_failed").on(table.messageId).where(sql`state in ('bounced', 'removed')`),
]);

/** One attempt to hand one message to one upstream. */
export const delivery = sqliteTable("delivery", {
  id: integer().primaryKey(),
  messageId: integer().notNull(),
  /** The SMTP client session in which it was tried; null when no connection came about. */
  sessionId: integer(),
  upstream: text().notNull(),
  startedAt: integer().notNull(),
  durationMs: integer().notNull(),
  /** "mixed" when recipients fared differently. */
  outcome: text({ enum: ["delivered", "deferred", "refused", "unknown", "mixed"] }).notNull(),
  /** The reply that decided, or the local failure. */
  reply: text().notNull(),
  /** JSON: [[position, "250 2.1.5 …"], …] where a recipient's own reply differs from `reply`. */
  recipients: text().notNull(),
}, (table) => [index("delivery_by_message").on(table.messageId)]);

/** What an owner did to a message of the queue. */
export const ownerAction = sqliteTable("owner_action", {
  messageId: integer().notNull(),
  at: integer().notNull(),
  /** Who: the name of a dashboard's user, or "command" for one on this machine's command line. */
  actor: text().notNull(),
  action: text({ enum: ["retry", "hold", "release", "remove", "bounce", "send-by", "readdress"] }).notNull(),
  /** By which upstream, to which address; null where the action says it all. */
  detail: text(),
}, (table) => [index("owner_action_by_message").on(table.messageId)]);

/** The local cache of a source. Its name is its key in the settings: it outlives an edit of them. */
export const mailbox = sqliteTable("mailbox", {
  id: integer().primaryKey(),
  /** The account's login. */
  account: text().notNull(),
  /** The source's name within the account. */
  source: text().notNull(),
  lastFetchAt: integer(),
  /** "ok", or what went wrong in the last poll. */
  lastOutcome: text(),
  /** When the next poll is due; null while paused. */
  nextFetchAt: integer(),
  /** Polls that failed in a row. */
  failures: integer().notNull().default(0),
  /** Why fetching is paused and asks for a decision (the brake), or null. */
  pausedBecause: text(),
  /** What kind of failure ended the last poll (mailbox/failure.ts); null: none, or not known. */
  failureKind: text(),
}, (table) => [index("mailbox_by_account").on(table.account, table.source)]);

/** A message in a mailbox, as LAN clients read it. */
export const mailboxMessage = sqliteTable("mailbox_message", {
  /** Also the id of its chunks. */
  id: integer().primaryKey(),
  mailboxId: integer().notNull(),
  /** Our own UIDL for clients: random, stable for ever. */
  uidl: text().notNull(),
  /** Octets as RETR sends them, dot-stuffing not counted. */
  size: integer().notNull(),
  messageId: text().notNull(),
  sender: text().notNull(),
  subject: text().notNull(),
  fetchedAt: integer().notNull(),
  /** The POP3 client session that fetched it. */
  sessionId: integer(),
  /** When it was deleted; null while it is served. It can be restored until it is purged. */
  deletedAt: integer(),
  /**
   * Who deleted it: a client, the retention of the settings, the message that came in place of its notice, or the owner who
   * removed its source; null with a deletion: a client.
   */
  deletedBy: text({ enum: ["client", "retention", "replaced", "owner"] }),
  /** The POP3 server session in which it was first retrieved; null while nobody has read it. */
  readBySessionId: integer(),
  /**
   * Of a message that came for several accounts: the mailbox message that the ledger names. Null: it is the one that the
   * ledger names, or came from no source.
   */
  copyOf: integer(),
  /** It is a notice of a message that stays on its source: the octets that it has there. Null: it is a message. */
  noticeOctets: integer(),
  /** Its source has removed it at our word: it is not purged before, whoever deletes it here. */
  keepUntil: integer(),
}, (table) => [
  index("mailbox_message_by_mailbox").on(table.mailboxId, table.id),
  index("mailbox_message_by_message_id").on(table.messageId),
  index("mailbox_message_deleted").on(table.deletedAt).where(sql`deleted_at is not null`),
  index("mailbox_message_by_copy").on(table.copyOf).where(sql`copy_of is not null`),
  index("mailbox_message_kept").on(table.mailboxId, table.id, table.keepUntil).where(sql`keep_until is not null`),
]);

/**
 * What is served of a mailbox, counted as it changes: triggers keep it, in the transaction that changes the messages. Each
 * mailbox has its row from the beginning.
 */
export const mailboxCount = sqliteTable("mailbox_count", {
  mailboxId: integer().primaryKey(),
  messages: integer().notNull(),
  octets: integer().notNull(),
  /** Those that nobody has read. */
  unread: integer().notNull(),
});

/** What clients deleted where that hides a message from the client that did it alone (setting mailbox.on_delete). */
export const hidden = sqliteTable("hidden", {
  mailboxMessageId: integer().notNull(),
  /** The client's name from its login ("/phone"), or its network address. */
  client: text().notNull(),
  hiddenAt: integer().notNull(),
}, (table) => [primaryKey({ columns: [table.mailboxMessageId, table.client] })]);

const LEDGER_STATES = ["announced", "stored", "evicted", "delete-sent", "delete-confirmed", "gone"] as const;

/** What we know of every message on a source, by its UIDL there. See mailbox/ledger.ts. */
export const ledger = sqliteTable("ledger", {
  mailboxId: integer().notNull(),
  /** The source's UIDL. */
  uidl: text().notNull(),
  state: text({ enum: LEDGER_STATES }).notNull(),
  /** The mailbox message it became, the first of several; of an announced one: its notice. */
  mailboxMessageId: integer().notNull(),
  /** Octets as stored; of an announced one: as its source says. */
  size: integer().notNull(),
  storedAt: integer().notNull(),
  changedAt: integer().notNull(),
  /** Of an announced one: when its owner asked for it; null: not yet. */
  requestedAt: integer(),
}, (table) => [
  primaryKey({ columns: [table.mailboxId, table.uidl] }),
  index("ledger_by_message").on(table.mailboxMessageId),
  index("ledger_evicted").on(table.mailboxId).where(sql`state = 'evicted'`),
  index("ledger_by_stored").on(table.mailboxId, table.storedAt),
]);

/** How many messages the ledger of a mailbox knows in each state, counted as `mailboxCount` is. */
export const ledgerCount = sqliteTable("ledger_count", {
  mailboxId: integer().notNull(),
  state: text({ enum: LEDGER_STATES }).notNull(),
  messages: integer().notNull(),
  octets: integer().notNull(),
}, (table) => [primaryKey({ columns: [table.mailboxId, table.state] })]);

/**
 * What a session's other side is called in the traffic by phase: the upstream or source of a client hop, the client's
 * address of a server hop. A query must say it in just these words to be served by the index.
 */
export const PEER =
  sql`(case hop when 'smtp-client' then peer_name when 'pop3-client' then peer_name else peer_address end)`;

/** A session that has ended, of any hop. */
export const session = sqliteTable(
  "session",
  {
    id: integer().primaryKey(),
    hop: text({ enum: ["smtp-server", "smtp-client", "pop3-client", "pop3-server"] }).notNull(),
    startedAt: integer().notNull(),
    durationMs: integer().notNull(),
    peerAddress: text().notNull(),
    peerPort: integer().notNull(),
    localPort: integer().notNull(),
    /** Upstream, source, or the client's EHLO name. */
    peerName: text(),
    account: text(),
    tls: text(),
    endedIn: text().notNull(),
    outcome: text({ enum: ["completed", "dropped", "timeout", "refused", "failed", "shutdown"] }).notNull(),
    cause: text(),
    messages: integer().notNull(),
    octetsIn: integer().notNull(),
    octetsOut: integer().notNull(),
    /** JSON: PhaseRecord[] of dialogue/session.ts. */
    phases: text().notNull(),
  },
  (table) => [
    index("session_by_hop").on(table.hop, table.id),
    index("session_by_outcome").on(table.outcome, table.id),
    index("session_unfinished").on(table.id).where(sql`outcome <> 'completed'`),
    index("session_by_peer").on(table.hop, PEER, table.id),
    index("session_by_account").on(table.account, table.id).where(sql`account is not null`),
  ],
);

/** The transcript of a session: kept for the newest sessions and for all that did not complete. */
export const transcript = sqliteTable("transcript", {
  sessionId: integer().primaryKey(),
  /** JSON: TranscriptLine[] of dialogue/session.ts. */
  lines: text().notNull(),
  linesDropped: integer().notNull(),
  /** Kept longer than the newest ones: its session did not complete. */
  failed: integer({ mode: "boolean" }).notNull(),
});

/** Exact figures of one phase of one hop in one minute: each session counts in the minute in which it ended. */
export const phaseMinute = sqliteTable("phase_minute", {
  /** Minutes since the epoch. */
  minute: integer().notNull(),
  hop: text({ enum: ["smtp-server", "smtp-client", "pop3-client", "pop3-server"] }).notNull(),
  phase: text().notNull(),
  /** Sessions that passed the phase. */
  sessions: integer().notNull(),
  /** Sessions that ended in it other than completed. */
  failures: integer().notNull(),
  commands: integer().notNull(),
  refusals: integer().notNull(),
  octetsIn: integer().notNull(),
  octetsOut: integer().notNull(),
  durationMs: integer().notNull(),
  /** JSON: sessions per bucket of DURATION_BUCKETS_MS. */
  histogram: text().notNull(),
}, (table) => [primaryKey({ columns: [table.minute, table.hop, table.phase] })]);

/** Exact figures of one hop in one minute. */
export const hopMinute = sqliteTable("hop_minute", {
  minute: integer().notNull(),
  hop: text({ enum: ["smtp-server", "smtp-client", "pop3-client", "pop3-server"] }).notNull(),
  sessions: integer().notNull(),
  completed: integer().notNull(),
  messages: integer().notNull(),
  octetsIn: integer().notNull(),
  octetsOut: integer().notNull(),
  /** Sessions whose rows were dropped because telemetry could not keep up. */
  dropped: integer().notNull(),
}, (table) => [primaryKey({ columns: [table.minute, table.hop] })]);

/** The minutes of phase_minute added up to hours: a month of them is read at once. */
export const phaseHour = sqliteTable("phase_hour", {
  /** Hours since the epoch. */
  hour: integer().notNull(),
  hop: text({ enum: ["smtp-server", "smtp-client", "pop3-client", "pop3-server"] }).notNull(),
  phase: text().notNull(),
  sessions: integer().notNull(),
  failures: integer().notNull(),
  commands: integer().notNull(),
  refusals: integer().notNull(),
  octetsIn: integer().notNull(),
  octetsOut: integer().notNull(),
  durationMs: integer().notNull(),
  histogram: text().notNull(),
}, (table) => [primaryKey({ columns: [table.hour, table.hop, table.phase] })]);

/** The minutes of hop_minute added up to hours. */
export const hopHour = sqliteTable("hop_hour", {
  hour: integer().notNull(),
  hop: text({ enum: ["smtp-server", "smtp-client", "pop3-client", "pop3-server"] }).notNull(),
  sessions: integer().notNull(),
  completed: integer().notNull(),
  messages: integer().notNull(),
  octetsIn: integer().notNull(),
  octetsOut: integer().notNull(),
  dropped: integer().notNull(),
}, (table) => [primaryKey({ columns: [table.hour, table.hop] })]);

/** Accounts, upstreams, routes and devices made in the dashboard or by command; those of the file stay in the file. */
export const entry = sqliteTable("entry", {
  kind: text({ enum: ["account", "upstream", "route", "device"] }).notNull(),
  /** The account's login, the name of the upstream or device; of a route one that nobody sees. */
  name: text().notNull(),
  /** JSON with the shape of the entry in waypost.toml; passwords are sealed (identity/secrets.ts) or hashed. */
  value: text().notNull(),
  changedAt: integer().notNull(),
  /** "upstream-login": the account was made by a login with its upstream's password; null: by its owner. */
  madeBy: text({ enum: ["upstream-login"] }),
  /** Its place among those of its kind, the smallest first; null: it was made before places were kept, and comes first. */
  position: integer(),
}, (table) => [primaryKey({ columns: [table.kind, table.name] })]);

/** Who changed what, for owners to read: one row for each change, written together with it. It holds no secret. */
export const audit = sqliteTable("audit", {
  id: integer().primaryKey(),
  at: integer().notNull(),
  /**
   * The name of a dashboard's user or token, "command" for one on this machine's command line,
   * "login" for a mail program that logged in by its upstream's password, "signal" for SIGHUP.
   */
  actor: text().notNull(),
  /** What was changed: "account", "device", "upstream", "route", "user", "settings" … */
  kind: text().notNull(),
  /** Which one; "" where there is but one. */
  name: text().notNull(),
  /** What was done: "added", "changed", "removed" … */
  action: text().notNull(),
  /** JSON: AuditDetail of identity/audit.ts. */
  detail: text().notNull(),
}, (table) => [index("audit_by_kind").on(table.kind, table.id)]);

/**
 * Clients that wanted to send and were refused because they had not logged in and are no device: each may be a device
 * that waits to be allowed. The newest are kept, those of private addresses before others.
 */
export const refusedClient = sqliteTable("refused_client", {
  address: text().primaryKey(),
  /** Its address is one of a private network: it is on the LAN. */
  isPrivate: integer({ mode: "boolean" }).notNull(),
  /** The name that it gave itself last. */
  helo: text().notNull(),
  /** The reverse-path that it wanted to use last, "" for the null one. */
  sender: text().notNull(),
  /** The recipient that it named last; null where it did not come so far. */
  recipient: text(),
  /** Messages that were refused. */
  attempts: integer().notNull(),
  firstAt: integer().notNull(),
  lastAt: integer().notNull(),
  /** When an owner said not to be shown it any more; null: not. */
  dismissedAt: integer(),
});

/** Who may sign in to the dashboard. */
export const user = sqliteTable("user", {
  name: text().primaryKey(),
  /** "" where there is none: before the one-time code was used, and of a person who signs in as at the mail servers. */
  passwordHash: text().notNull(),
  role: text({ enum: ["owner", "viewer", "person"] }).notNull(),
  createdAt: integer().notNull(),
  /** The login of the account whose mail a person sees; null for the other roles. */
  account: text(),
  /** Of the one-time code by which a password is chosen; null: none. */
  codeHash: text(),
  codeExpiresAt: integer(),
  /** A person signs in with the password of the account; null: as false. */
  byAccountPassword: integer({ mode: "boolean" }),
});

/** Signed-in browsers. The cookie holds the token, the table only its hash. */
export const webSession = sqliteTable("web_session", {
  tokenHash: text().primaryKey(),
  userName: text().notNull(),
  createdAt: integer().notNull(),
  expiresAt: integer().notNull(),
  /** When it was last used, give or take some minutes; null: not since that is kept. */
  lastSeenAt: integer(),
  /** What the browser calls itself; null: not known. */
  browser: text(),
  /** From which network address it signed in; null: not known. */
  address: text(),
}, (table) => [index("web_session_by_user").on(table.userName)]);

/** Tokens of programs for the API. The table holds only their hashes. */
export const apiToken = sqliteTable("api_token", {
  id: integer().primaryKey(),
  /** What it is for, as its owner calls it. */
  name: text().notNull().unique(),
  tokenHash: text().notNull().unique(),
  /** What it may do: names of identity/roles.ts, with spaces between them. */
  scopes: text().notNull(),
  createdAt: integer().notNull(),
  /** The dashboard's user who made it; null: the command line did. */
  createdBy: text(),
  /** When it ceases to work; null: never. */
  expiresAt: integer(),
  /** When it was last used, give or take some minutes; null: not yet. */
  lastUsedAt: integer(),
});
