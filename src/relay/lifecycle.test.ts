import { expect, test } from "vitest";
import { reply, type SmtpReply } from "../smtp/reply.ts";
import { type AttemptOutcome, decide } from "./lifecycle.ts";
import { retryDelayMs } from "./retry.ts";
import { type Attempt, settleAttempt } from "./settlement.ts";
import type { Job } from "./job.ts";

const NOW = 1_000_000;
const DELAY = 60_000;
const PEER_TIMEOUT = 600_000;

const said = (code: number): SmtpReply => reply(code, null, "said");
const local: SmtpReply = { ...reply(451, "4.4.1", "no connection"), local: true };
const facts = { now: NOW, receivedAt: NOW - 1, lifetimeMs: 1000, delayMs: DELAY, peerTimeoutMs: PEER_TIMEOUT };

/** The reply | what is known beside it | the state after it | due in | given up for its age. */
const table: readonly (readonly [SmtpReply, Partial<AttemptOutcome>, string, number, boolean])[] = [
  [said(250), {}, "delivered", 0, false],
  [said(251), {}, "delivered", 0, false],
  [said(421), {}, "waiting", DELAY, false],
  [said(450), {}, "waiting", DELAY, false],
  [said(550), {}, "bounced", 0, false],
  [said(554), {}, "bounced", 0, false],
  [local, {}, "waiting", DELAY, false],
  [said(550), { upstreamDown: true }, "waiting", DELAY, false],
  [said(450), { upstreamDown: true }, "waiting", DELAY, false],
  [local, { unknown: true }, "waiting", PEER_TIMEOUT, false],
];

const name = ({ code, local }: SmtpReply, more: object) => `${code}${local ? " local" : ""} ${JSON.stringify(more)}`;

test.each(table.map((row) => [name(row[0], row[1]), row] as const))("%s", (_, [given, more, state, due, expired]) => {
  const outcome = { reply: given, upstreamDown: false, unknown: false, ...more };
  expect(decide(outcome, facts)).toEqual({ state, nextAttemptAt: NOW + due, expired });
});

test.each(table.map((row) => [name(row[0], row[1]), row] as const))(
  "%s when its time is over",
  (_, [given, more, state]) => {
    const outcome = { reply: given, upstreamDown: false, unknown: false, ...more };
    const decision = decide(outcome, { ...facts, receivedAt: NOW - 1000 });
    // What would wait is given up; what is decided stays as it is.
    expect(decision).toMatchObject(
      state === "waiting" ? { state: "bounced", expired: true } : { state, expired: false },
    );
  },
);

test("an unknown outcome waits at least as long as the schedule says", () => {
  const outcome = { reply: local, upstreamDown: false, unknown: true };
  expect(decide(outcome, { ...facts, delayMs: PEER_TIMEOUT * 2 }).nextAttemptAt).toBe(NOW + PEER_TIMEOUT * 2);
});

test.each([
  [1, 0.5, 60_000],
  [2, 0.5, 120_000],
  [7, 0.5, 3_600_000],
  [1_000, 0.5, 3_600_000],
  [1, 0, 54_000],
  [1, 1, 66_000],
  [0, 0.5, 60_000],
])("after attempt %i with chance %f the delay is %i ms", (attempts, random, expected) => {
  expect(retryDelayMs({ firstMs: 60_000, factor: 2, maxMs: 3_600_000, jitter: 0.1 }, attempts, random)).toBe(expected);
});

/* Settlement. */

const job = {
  message: { id: 7, receivedAt: NOW - 1 },
  recipients: [0, 1, 2].map((position) => ({ position, address: `${position}@example.org`, attempts: position + 1 })),
} as unknown as Job;

function settle(replies: readonly SmtpReply[], changes: Partial<Attempt> = {}) {
  const attempt: Attempt = {
    id: 8,
    upstream: "first",
    sessionId: 9,
    startedAt: NOW - 50,
    replies,
    upstreamDown: false,
    unknown: false,
    ...changes,
  };
  const given = {
    now: NOW,
    lifetimeMs: 1000,
    peerTimeoutMs: PEER_TIMEOUT,
    delayMs: (attempts: number) => attempts * 10,
  };
  return settleAttempt(job, attempt, given);
}

test.each<[string, readonly SmtpReply[], Partial<Attempt>, string, string]>([
  ["all taken", [said(250), said(250), said(250)], {}, "delivered", "delivered delivered delivered"],
  ["all deferred", [said(450), said(450), said(450)], {}, "deferred", "waiting waiting waiting"],
  ["all refused", [said(550), said(550), said(550)], {}, "refused", "bounced bounced bounced"],
  ["mixed", [said(250), said(550), said(450)], {}, "mixed", "delivered bounced waiting"],
  ["unknown", [local, local, local], { unknown: true }, "unknown", "waiting waiting waiting"],
  ["unknown, one refused", [said(550), local, local], { unknown: true }, "unknown", "bounced waiting waiting"],
  ["upstream down", [said(554), said(554), said(554)], { upstreamDown: true }, "deferred", "waiting waiting waiting"],
])("an attempt with %s", (_, replies, changes, outcome, states) => {
  const { settlement, givenUp } = settle(replies, changes);
  expect(settlement.delivery).toMatchObject({ id: 8, messageId: 7, sessionId: 9, durationMs: 50, outcome });
  expect(settlement.changes.map((change) => change.state).join(" ")).toBe(states);
  expect(givenUp.map(({ recipient }) => recipient.position)).toEqual(
    settlement.changes.filter((change) => change.state === "bounced").map((change) => change.position),
  );
});

test("each recipient waits by its own number of attempts, and keeps its own reply", () => {
  const { settlement } = settle([said(450), said(451), said(450)]);
  expect(settlement.changes.map((change) => change.nextAttemptAt - NOW)).toEqual([10, 20, 30]);
  expect(settlement.delivery?.reply).toBe("450 said");
  expect(settlement.delivery?.recipients).toBe('[[1,"451 said"]]');
});
