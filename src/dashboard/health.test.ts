import { expect, test } from "vitest";
import type { HopFigures, MailboxModel, QueueFigures } from "../../web/models.ts";
import { type HealthInput, healthOf, healthText } from "./health.ts";

const now = Date.UTC(2026, 5, 1, 14, 20);
const minute = 60_000;

function hop(name: HopFigures["hop"], messages: number): HopFigures {
  return {
    hop: name,
    messages,
    open: 0,
    sessions: messages,
    completed: messages,
    octetsIn: 0,
    octetsOut: 0,
    phases: [],
  };
}

function input(change: Partial<HealthInput> = {}): HealthInput {
  return {
    now,
    hops: [hop("smtp-client", 12), hop("pop3-client", 3)],
    queue: { waitingRecipients: 0, heldMessages: 0, reasons: [] },
    mailboxes: [],
    room: { isFull: false, freeOctets: 5_000_000_000, reserveOctets: 64_000_000 },
    storeTrouble: null,
    certificate: null,
    failedLogins: [],
    waitingDevices: 0,
    hasUpstream: true,
    ...change,
  };
}

function waiting(sinceAt: number | null, lastReply = "connection refused"): QueueFigures {
  const reason = {
    upstream: "provider",
    messages: 3,
    lastReply,
    lastReplyBy: "waypost" as const,
    sinceAt,
    nextAttemptAt: now + minute,
  };
  return { waitingRecipients: 3, heldMessages: 0, reasons: [reason] };
}

const mailbox: MailboxModel = {
  id: 1,
  account: "anna",
  source: "home",
  host: "pop.example.net",
  mode: "keep",
  deleteAfterMs: null,
  intervalMs: 300_000,
  messages: 0,
  unread: 0,
  octets: 0,
  lastFetchAt: now,
  lastOutcome: "ok",
  explained: null,
  nextFetchAt: now,
  failures: 0,
  pausedBecause: null,
  needsPerson: null,
  deleteLargerThan: 0,
  keepNewest: 0,
  followsClients: false,
  maxMessageSize: 0,
  budget: null,
  removed: 0,
  deliversTo: [],
  filledBy: null,
  ledger: [],
};

test("mail that moves is said to move", () => {
  const health = healthOf(input());
  expect(health.level).toBe("ok");
  expect(healthText(health)).toBe("Mail is moving. 12 messages relayed and 3 fetched in the last hour.");
});

test("a disk that is nearly full is said before all else, in the colour of trouble", () => {
  const room = { isFull: true, freeOctets: 42_000_000, reserveOctets: 64_000_000 };
  const health = healthOf(input({ hops: [], room }));
  expect(health).toMatchObject({
    level: "trouble",
    headline: "New mail is refused: the disk is nearly full (42 MB free, 64 MB are kept free).",
  });
  expect(healthText(health)).not.toContain("All quiet");
});

test.each([
  ["SQLITE_BUSY_SNAPSHOT", "Another program has locked it"],
  ["SQLITE_READONLY", "read-only"],
  ["STORE_FAILED", "STORE_FAILED, fetch failed."],
])("a database that cannot be written (%s) is said with its cause", (code, why) => {
  const health = healthOf(input({ storeTrouble: { sinceAt: now, code, message: "fetch failed" } }));
  expect(health.level).toBe("trouble");
  expect(health.headline).toMatch(/^New mail is refused: the database cannot be written\. /);
  expect(health.headline).toContain(why);
});

test("a certificate that cannot be used is trouble, whatever else there is", () => {
  const certificate = "the certificate in use stays, the new one cannot be used: key.pem is not its key";
  const health = healthOf(input({ certificate }));
  expect(health).toMatchObject({ level: "trouble", headline: "The certificate of the mail servers needs a look." });
  expect(healthText(health)).toContain(
    "The certificate in use stays, the new one cannot be used: key.pem is not its key.",
  );
  expect(healthOf(input({ certificate, queue: waiting(null) })).headline).toMatch(/wait/);
});

test("without traffic and without anything waiting all is quiet", () => {
  const health = healthOf(input({ hops: [] }));
  expect(health.level).toBe("ok");
  expect(healthText(health)).toBe("All quiet, nothing waits. No mail passed in the last hour.");
});

test("what waits for an upstream is named with the reason and the time since when", () => {
  const health = healthOf(input({ queue: waiting(now - 15 * minute) }));
  expect(health.level).toBe("waiting");
  expect(healthText(health)).toContain("3 messages wait for provider: connection refused, since 14:05 UTC.");
});

test("what has waited for long needs a look", () => {
  expect(healthOf(input({ queue: waiting(now - 31 * minute) })).level).toBe("trouble");
});

test("messages that were not tried yet are no cause for alarm", () => {
  const reason = { upstream: null, messages: 1, lastReply: null, lastReplyBy: null, sinceAt: null, nextAttemptAt: now };
  const health = healthOf(input({ queue: { waitingRecipients: 1, heldMessages: 2, reasons: [reason] } }));
  expect(health.level).toBe("ok");
  expect(healthText(health)).toContain("1 message is about to be sent. 2 messages are held until released.");
});

test("a source that fails is named, and is grave once it has failed three times", () => {
  const failing = { ...mailbox, failures: 1, lastOutcome: "-ERR [AUTH] no" };
  const health = healthOf(input({ mailboxes: [failing] }));
  expect(health.level).toBe("waiting");
  expect(healthText(health)).toContain("Fetching anna from home failed once: -ERR [AUTH] no.");
  expect(healthOf(input({ mailboxes: [{ ...failing, failures: 3 }] })).level).toBe("trouble");
});

test("a paused source asks for a decision", () => {
  const health = healthOf(input({ mailboxes: [{ ...mailbox, pausedBecause: "every message is new" }] }));
  expect(health.level).toBe("trouble");
  expect(healthText(health)).toContain("Fetching anna from home is paused: every message is new");
});

test("the gravest comes first", () => {
  const health = healthOf(input({
    queue: waiting(now - minute),
    mailboxes: [{ ...mailbox, pausedBecause: "why" }],
  }));
  expect(health.details.map((detail) => detail.level)).toEqual(["trouble", "waiting"]);
});

test("a long reply of many lines is cut to a part of its first", () => {
  const text = healthText(healthOf(input({ queue: waiting(null, `450 ${"x".repeat(200)}\r\n450 more`) })));
  expect(text).not.toContain("more");
  expect(text).toContain("…");
});

test("who is refused for failed logins is named, addresses first, and that others stand behind them", () => {
  const ban = { failures: 20, lastFailedAt: now, delayMs: 1, bannedUntilAt: now + 15 * minute, seenWith: [] };
  const failedLogins = [
    { ...ban, address: null, login: "alice@example.net" },
    { ...ban, address: null, login: "slow", bannedUntilAt: null },
    { ...ban, address: "192.168.1.1", login: null },
    { ...ban, address: null, login: "bob" },
    { ...ban, address: null, login: "carol" },
  ];
  const health = healthOf(input({ failedLogins }));
  expect(health.level).toBe("ok");
  const text = healthText(health);
  expect(text).toContain("Mail is moving.");
  expect(text).toContain(
    "Until 14:35 UTC logins from 192.168.1.1 are refused, since too many failed there; also those of others behind it",
  );
  expect(text.indexOf("192.168.1.1")).toBeLessThan(
    text.indexOf("Until 14:35 UTC the login alice@example.net is refused"),
  );
  expect(text).toContain("1 more is refused: see Logins.");
  expect(text).not.toContain("slow");
});

test("a device that waits to be allowed is told, and no trouble", () => {
  const health = healthOf(input({ waitingDevices: 2 }));
  expect(health.level).toBe("ok");
  expect(healthText(health)).toContain("2 devices wait to be allowed: see Devices.");
});

test("a box without an upstream is not called well: it says what is missing, and where to set it", () => {
  const health = healthOf(input({ hops: [], hasUpstream: false }));
  expect(health).toMatchObject({ level: "unset", headline: "Waypost runs, but mail cannot go out yet." });
  expect(health.details).toEqual([{
    level: "unset",
    sentence: ["No upstream is set: what clients send waits here."],
    mending: { path: "/upstreams/new", words: "Add an upstream" },
  }]);
});

test("without an upstream a box that fetches is well, and says all the same that nothing can be sent", () => {
  const health = healthOf(input({ hops: [], mailboxes: [mailbox], hasUpstream: false }));
  expect(health.level).toBe("ok");
  expect(healthText(health)).toContain("No upstream is set");
});

test("mail for which there is no upstream waits for its cause, not for a server without a name", () => {
  const noUpstream = { ...waiting(now - minute, "no upstream is configured").reasons[0]!, upstream: "" };
  const queue = { waitingRecipients: 3, heldMessages: 0, reasons: [noUpstream] };
  const health = healthOf(input({ queue, hasUpstream: false }));
  expect(health.level).toBe("waiting");
  expect(healthText(health)).toContain("3 messages wait: no upstream is configured, since 14:19 UTC.");
});
