import { expect, test } from "vitest";
import type { Status } from "./status-read.ts";
import { describeStatus } from "./status-text.ts";

const NOW = new Date(2026, 10, 24, 8, 0, 0).getTime();
const MINUTE_MS = 60_000;

const QUIET: Status = {
  server: { state: "stopped", pid: null, startedAt: null, endpoints: [] },
  upstreams: [],
  queue: { waitingMessages: 0, heldMessages: 0, octets: 0, oldestAt: null, reasons: [] },
  mailboxes: [],
  disk: {
    dataDir: "/d",
    freeOctets: 5_000_000_000,
    totalOctets: 32_000_000_000,
    reserveOctets: 64_000_000,
    isFull: false,
    databaseOctets: 1_200_000,
  },
  storeTrouble: null,
};

test("a fresh Waypost says what is missing and what to do", () => {
  expect(describeStatus(QUIET, NOW)).toBe(`Server
  not running. To start it: "npm start"

Line
  no upstream: mail waits. To add one: "waypost upstream add", or [[upstream]]
  in the settings

Queue
  empty

Mailboxes
  no source: nothing is fetched

Disk
  /d: 5.0 GB free of 32 GB, database 1.2 MB
`);
});

test("a server that starts or stops is not said to be stopped, nor a busy one to be stuck", () => {
  const server = (state: "unready" | "silent") =>
    describeStatus({ ...QUIET, server: { ...QUIET.server, state, pid: 7 } }, NOW).split("\n\n")[0];
  expect(server("unready")).toBe("Server\n  starting or stopping (process 7): ask again in a moment");
  expect(server("silent")).toBe(`Server
  runs (process 7), but did not answer in time: very busy, or stuck. Ask again;
  if that stays so, restart it and read its log`);
});

test("a database that cannot be written is said with the cause", () => {
  expect(describeStatus({ ...QUIET, storeTrouble: "New mail is refused: it is locked." }, NOW)).toContain(`Disk
  New mail is refused: it is locked.
  /d: `);
});

test("a disk that is nearly full is said with what is kept free", () => {
  const text = describeStatus({ ...QUIET, disk: { ...QUIET.disk, freeOctets: 42_000_000, isFull: true } }, NOW);
  expect(text).toContain(`Disk
  New mail is refused: the disk is nearly full (42 MB free, 64 MB are kept
  free).
  /d: 42 MB free of 32 GB`);
});

test("a paused mailbox is said to be paused, with the reason and the command that lets it go on", () => {
  const box = {
    id: 1,
    account: "alice@example.net",
    source: "private",
    host: "pop.example.net",
    mode: "keep" as const,
    deleteAfterMs: null,
    intervalMs: 300_000,
    messages: 24,
    unread: 0,
    octets: 34_000,
    lastFetchAt: NOW - 2 * MINUTE_MS,
    lastOutcome: "paused: all are gone",
    explained: null,
    nextFetchAt: null,
    failures: 0,
    pausedBecause: "all are gone",
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
  const text = describeStatus({ ...QUIET, mailboxes: [box] }, NOW).replaceAll(/\s+/g, " ");
  expect(text).toContain("2 min ago paused");
  expect(text).toContain("alice@example.net, private: paused: all are gone. Nothing is fetched from it until");
  expect(text).toContain('"waypost fetch alice@example.net --resume"');
  const filled = { ...box, lastFetchAt: null, lastOutcome: null, pausedBecause: null, filledBy: "office" };
  expect(describeStatus({ ...QUIET, mailboxes: [filled] }, NOW)).toMatch(/with office +-\n/);
});

test("a busy one says for each upstream why mail waits, and for each mailbox what went wrong", () => {
  const status: Status = {
    ...QUIET,
    server: {
      state: "running",
      pid: 42,
      startedAt: NOW - 90 * MINUTE_MS,
      endpoints: [{ service: "smtp", address: "0.0.0.0:2525", tls: "starttls" }],
    },
    upstreams: [{
      name: "provider",
      host: "smtp.example.net",
      port: 587,
      last: { startedAt: NOW - MINUTE_MS, outcome: "deferred", reply: "no connection" },
      deliveredAt: null,
      pace: {
        down: null,
        slowedAt: NOW - 2 * MINUTE_MS,
        connections: 1,
        maxConnections: 3,
        perMinute: 15,
        sentInDay: 12,
        perDay: 500,
        recipientsInDay: 40,
        recipientsPerDay: 1_000,
      },
    }],
    queue: {
      waitingMessages: 3,
      heldMessages: 1,
      octets: 4_000,
      oldestAt: NOW - 60 * MINUTE_MS,
      reasons: [
        {
          upstream: "provider",
          messages: 2,
          lastReply: "no\r\nconnection",
          lastReplyBy: "waypost",
          sinceAt: NOW - 60 * MINUTE_MS,
          nextAttemptAt: NOW + 60 * MINUTE_MS,
          awaits: { upstream: "provider", askedAt: NOW + 40_000 },
        },
        { upstream: null, messages: 1, lastReply: null, lastReplyBy: null, sinceAt: null, nextAttemptAt: NOW + 5_000 },
      ],
    },
    mailboxes: [{
      account: "alice@example.net",
      source: "private",
      host: "pop.example.net",
      mode: "keep",
      deleteAfterMs: null,
      intervalMs: 300_000,
      messages: 12,
      unread: 2,
      octets: 34_000,
      lastFetchAt: NOW - 2 * MINUTE_MS,
      lastOutcome: "-ERR [AUTH] no",
      explained: null,
      nextFetchAt: NOW + 3 * MINUTE_MS,
      failures: 2,
      pausedBecause: null,
      needsPerson: null,
      deleteLargerThan: 0,
      keepNewest: 0,
      followsClients: false,
      maxMessageSize: 0,
      budget: { messagesPerDay: 100, octetsPerDay: 1_000_000, messagesFetched: 40, octetsFetched: 400_000 },
      removed: 0,
      deliversTo: [],
      filledBy: null,
      ledger: [],
      id: 1,
    }],
  };
  const text = describeStatus(status, NOW);
  for (
    const line of [
      "  running since 2026-11-24 06:30:00 (90 min), process 42",
      "  provider: slowed down 2 min ago, 1 of 3 connections, 15 messages a minute; 12",
      "  provider  none           not sent 1 min ago: no connection",
      "  3 messages waiting, 1 held, 4.0 kB, the oldest from 2026-11-24 07:00:00 (60",
      "  2 messages for provider since 2026-11-24 07:00:00: no connection; as soon as",
      "  provider answers, asked again at 08:00:40",
      "  1 message: not tried yet, next attempt in 5.0 s",
      "  alice@example.net  private    12    2  34 kB  2 min ago  in 3 min",
      "  alice@example.net, private: -ERR [AUTH] no (2 times in a row)",
      "  alice@example.net, private: 60 of 100 messages, 600 kB of 1.0 MB may still be",
      "  fetched in these 24 hours",
    ]
  ) expect(text.split("\n")).toContain(line);
  expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
});
