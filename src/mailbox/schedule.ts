import type { FetchState } from "../store/operations/mailbox.ts";
import { showReply } from "../pop3/reply.ts";
import type { FetchReport } from "./fetch.ts";

/** Share of a delay by which chance shortens or lengthens it, so that sources do not all wake at once. */
const JITTER = 0.1;
/** The first repetition after a failure that may pass by itself: the line, the server, a lock. */
const FIRST_REPEAT_MS = 60_000;
const LONGEST_REPEAT_MS = 15 * 60_000;
/** After a wrong password: providers lock out those who insist. */
const FIRST_LOGIN_MS = 15 * 60_000;
const LONGEST_LOGIN_MS = 6 * 3_600_000;
/** After [LOGIN-DELAY], RFC 2449 section 8.1.1: the most common minimum. */
const LOGIN_DELAY_MS = 15 * 60_000;
/** A source that was never polled waits so long at most, so that many do not begin in the same moment. */
const FIRST_POLL_SPREAD_MS = 1_000;

/** How long to wait after a poll: `failures` polls in a row have failed, this one included. `random` from 0 up to 1. */
export function delayAfter(report: FetchReport, intervalMs: number, failures: number, random: number): number {
  return Math.round(baseDelay(report, intervalMs, failures) * (1 + JITTER * (2 * random - 1)));
}

function baseDelay({ failure }: FetchReport, intervalMs: number, failures: number): number {
  if (failure === null) return intervalMs;
  const doubled = 2 ** Math.min(20, Math.max(0, failures - 1));
  if (failure.code === "AUTH") {
    return Math.max(intervalMs, Math.min(FIRST_LOGIN_MS * doubled, LONGEST_LOGIN_MS));
  }
  if (failure.code === "LOGIN-DELAY") return Math.max(intervalMs, LOGIN_DELAY_MS);
  return Math.min(Math.min(intervalMs, FIRST_REPEAT_MS) * doubled, Math.max(intervalMs, LONGEST_REPEAT_MS));
}

/** What is known of a source's fetching after a poll that ended at `now`. */
export function stateAfter(
  before: FetchState,
  report: FetchReport,
  intervalMs: number,
  now: number,
  random: number,
): FetchState {
  const { failure, brake } = report;
  const failures = failure === null ? 0 : before.failures + 1;
  // A poll that failed has not seen the source: what made the owner's decision necessary still stands.
  const pausedBecause = failure === null ? brake : brake ?? before.pausedBecause;
  return {
    id: before.id,
    lastFetchAt: now,
    lastOutcome: describeReport(report),
    // A paused source waits for its owner, who lets it go on by a poll that releases the brake.
    nextFetchAt: pausedBecause === null ? now + delayAfter(report, intervalMs, failures, random) : null,
    failures,
    pausedBecause,
  };
}

/** When a source is due at the start of the process: as written, but not later than its interval says now. */
export function dueAtStart(state: FetchState, intervalMs: number, now: number, random: number): number | null {
  if (state.pausedBecause !== null) return null;
  if (state.nextFetchAt === null) return now + Math.round(random * FIRST_POLL_SPREAD_MS);
  return Math.min(state.nextFetchAt, now + intervalMs);
}

/** "ok", or what went wrong, in a sentence for the owner. */
export function describeReport({ failure, brake, refusals }: FetchReport): string {
  if (failure !== null) return failure.cause ?? showReply(failure);
  if (brake !== null) return `paused: ${brake}`;
  if (refusals.length === 1) return `1 message was refused: ${refusals[0]}`;
  if (refusals.length > 1) return `${refusals.length} messages were refused, the first: ${refusals[0]}`;
  return "ok";
}
