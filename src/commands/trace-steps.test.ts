import { expect, test } from "vitest";
import { traceFetched, traceQueued } from "./trace-steps.ts";

const MESSAGE = {
  id: 7,
  origin: "relay",
  sender: "a@example.net",
  size: 100,
  body: "7bit",
  messageId: "m@example.net",
  subject: "hello",
  receivedAt: 1_000,
  sessionId: 6,
  account: "alice",
  clientAddress: "192.168.1.20",
  doneAt: null,
  returnContent: null,
  envelopeId: null,
  smtpUtf8: null,
  eightBit: null,
  device: null,
  aboutId: null,
  keptUntil: null,
} as const;

const RECIPIENT = {
  messageId: 7,
  position: 0,
  address: "b@example.org",
  state: "waiting",
  attempts: 1,
  nextAttemptAt: 61_000,
  leaseOwner: null,
  upstream: "provider",
  lastReply: "450 4.2.0 busy",
  changedAt: 2_000,
  notify: null,
  originalRecipient: null,
  priority: 0,
  awaitsLine: null,
  warnedAt: null,
  sendBy: null,
} as const;

const DELIVERY = {
  id: 8,
  messageId: 7,
  sessionId: 9,
  upstream: "provider",
  startedAt: 1_500,
  durationMs: 500,
  outcome: "deferred",
  reply: "450 4.2.0 busy",
  recipients: '[[0,"450 4.2.1 mailbox full"]]',
} as const;

const SESSION = {
  id: 6,
  hop: "smtp-server",
  startedAt: 900,
  durationMs: 300,
  peerAddress: "192.168.1.20",
  peerPort: 4000,
  localPort: 2525,
  peerName: "scanner",
  account: "alice",
  tls: "TLSv1.3 X",
  endedIn: "termination",
  outcome: "completed",
  cause: null,
  messages: 1,
  octetsIn: 1,
  octetsOut: 1,
  phases: "[]",
} as const;

test("a waiting message is traced from the client to its next attempt", () => {
  const steps = traceQueued({
    reports: [],
    actions: [],
    message: MESSAGE,
    recipients: [RECIPIENT],
    deliveries: [DELIVERY],
    sessions: [SESSION],
  });
  expect(steps.map(({ at, place, event }) => [at, place, event])).toEqual([
    [1_000, "smtp-server", "received from 192.168.1.20, by alice"],
    [1_000, "queue", "stored for 1 recipient"],
    [1_500, "smtp-client", "provider did not take it for now"],
    [61_000, "queue", "next attempt, 1 recipient"],
  ]);
  expect(steps[0]!.session).toMatchObject({ peerName: "scanner", tls: "TLSv1.3 X", outcome: "completed" });
  expect(steps[2]).toMatchObject({
    replies: ["450 4.2.0 busy", "b@example.org: 450 4.2.1 mailbox full"],
    durationMs: 500,
    sessionId: 9,
    session: null,
  });
});

test("a message that is done ends with what became of each recipient", () => {
  const steps = traceQueued({
    reports: [],
    actions: [],
    message: { ...MESSAGE, doneAt: 3_000 },
    recipients: [
      { ...RECIPIENT, state: "delivered" },
      { ...RECIPIENT, position: 1, address: "c@example.org", state: "bounced" },
    ],
    deliveries: [{ ...DELIVERY, outcome: "mixed" }],
    sessions: [],
  });
  expect(steps.at(-1)).toMatchObject({ at: 3_000, place: "queue", event: "done: delivered 1, bounced 1" });
});

test("mail for an upstream that is away goes as soon as that answers, at others' next attempt", () => {
  const away = { ...RECIPIENT, lastReply: "no connection: refused", awaitsLine: true };
  const steps = traceQueued(
    {
      reports: [],
      actions: [],
      message: MESSAGE,
      recipients: [away, { ...away, position: 1 }, { ...RECIPIENT, position: 2, upstream: "other" }],
      deliveries: [{ ...DELIVERY, reply: "no connection: refused", recipients: "[]" }],
      sessions: [SESSION],
    },
    { awaited: new Map([["provider", 30_000], ["other", 40_000]]) },
  );
  expect(steps.slice(2).map(({ at, event, replies }) => [at, event, replies])).toEqual([
    [1_500, "Not sent to provider: no connection: refused", []],
    [30_000, "asked again; as soon as provider answers it goes to 2 recipients", []],
    [61_000, "next attempt, 1 recipient", []],
  ]);
});

test("what an owner did, and that its turn has not come, stands between the attempts", () => {
  const steps = traceQueued({
    reports: [],
    actions: [
      { messageId: 7, at: 1_700, actor: "anna", action: "send-by", detail: "other" },
      { messageId: 7, at: 1_900, actor: "local", action: "retry", detail: null },
    ],
    message: MESSAGE,
    recipients: [{ ...RECIPIENT, leaseOwner: "node" }],
    deliveries: [DELIVERY],
    sessions: [SESSION],
  }, { turn: { upstream: "other", perMinute: 6 } });
  expect(steps.slice(2).map(({ at, event }) => [at, event])).toEqual([
    [1_500, "provider did not take it for now"],
    [1_700, "by anna: send by another upstream, other"],
    [1_900, "by local: try now"],
    [61_000, "for other: waits its turn (6 per minute); else tried then, 1 recipient"],
  ]);
});

test("what went straight through begins with its client, and was not stored", () => {
  const steps = traceQueued({
    reports: [],
    actions: [],
    message: { ...MESSAGE, doneAt: 1_100 },
    recipients: [{ ...RECIPIENT, state: "delivered" }],
    deliveries: [{ ...DELIVERY, startedAt: 990, outcome: "delivered", recipients: "[]" }],
    sessions: [SESSION],
  });
  expect(steps.map(({ place, event }) => [place, event])).toEqual([
    ["smtp-server", "received from 192.168.1.20, by alice, straight through: stored nowhere"],
    ["smtp-client", "provider took it"],
    ["queue", "done: delivered 1"],
  ]);
});

const FETCHED = {
  message: {
    id: 20,
    mailboxId: 1,
    uidl: "u",
    size: 50,
    messageId: "m",
    sender: "x@example.net",
    subject: "s",
    fetchedAt: 5_000,
    sessionId: 6,
    deletedAt: null,
    deletedBy: null,
    readBySessionId: null,
    copyOf: null,
    noticeOctets: null,
    keepUntil: null,
  },
  mailbox: {
    id: 1,
    account: "alice",
    source: "private",
    lastFetchAt: null,
    lastOutcome: null,
    nextFetchAt: null,
    failures: 0,
    pausedBecause: null,
    failureKind: null,
  },
  ledger: {
    mailboxId: 1,
    uidl: "u1",
    state: "delete-confirmed",
    mailboxMessageId: 20,
    size: 50,
    storedAt: 5_000,
    changedAt: 6_000,
    requestedAt: null,
  },
} as const;

test("a fetched message is traced to its reader and to the end of its life on the server", () => {
  const steps = traceFetched(FETCHED, [{ ...SESSION, hop: "pop3-client" }]);
  expect(steps.map(({ place, event }) => [place, event])).toEqual([
    ["pop3-client", "fetched from private for alice"],
    ["mailbox", "stored in the mailbox of alice"],
    ["ledger", "the server has confirmed its deletion"],
  ]);
  expect(steps[0]!.session?.peerAddress).toBe("192.168.1.20");
});

test("the trace of a notice says that its message came in its place, and that of what made room says so", () => {
  const lastOf = (changes: { deletedBy: "replaced" | "retention"; noticeOctets: number | null }) =>
    traceFetched({ ...FETCHED, message: { ...FETCHED.message, deletedAt: 9_000, ...changes }, ledger: null }, []).at(
      -1,
    );
  expect(lastOf({ deletedBy: "replaced", noticeOctets: 2_000_000 })?.event).toBe(
    "replaced by the message that it announced",
  );
  expect(lastOf({ deletedBy: "retention", noticeOctets: null })?.event).toBe(
    "removed to make room, as the settings say",
  );
});
