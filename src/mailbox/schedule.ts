import type { FetchState } from "../store/operations/mailbox.ts";
import { describeFailure, TREATMENTS } from "./failure.ts";
import type { FetchReport } from "./report.ts";

/** Share of a delay by which chance shortens or lengthens it, so that sources do not all wake at once. */
const JITTER = 0.1;
/** A source that was never polled waits so long at most, so that many do not begin in the same moment. */
const FIRST_POLL_SPREAD_MS = 1_000;

/**
 * How long to wait after a poll: `failures` polls in a row have failed, this one included. `random` from 0 up to 1. Never
 * less than what the server says in CAPA that it wants between two logins (RFC 2449 section 6.5).
 */
export function delayAfter(report: FetchReport, intervalMs: number, failures: number, random: number): number {
  const jittered = Math.round(baseDelay(report, intervalMs, failures) * (1 + JITTER * (2 * random - 1)));
  return Math.max(report.loginDelayMs, jittered);
}

function baseDelay({ failureKind, loginDelayMs }: FetchReport, intervalMs: number, failures: number): number {
  if (failureKind === null) return intervalMs;
  // The server itself says how long.
  if (failureKind === "login-delay" && loginDelayMs > 0) return Math.max(intervalMs, loginDelayMs);
  const { firstMs, longestMs, pace } = TREATMENTS[failureKind];
  const doubled = 2 ** Math.min(20, Math.max(0, failures - 1));
  if (pace === "patient") return Math.max(intervalMs, Math.min(firstMs * doubled, longestMs));
  const first = Math.min(intervalMs, firstMs) * doubled;
  return Math.min(first, pace === "eager" ? longestMs : Math.max(intervalMs, longestMs));
}

/** What is known of a source's fetching after a poll that ended at `now`. */
export function stateAfter(
  before: FetchState,
  report: FetchReport,
  intervalMs: number,
  now: number,
  random: number,
): FetchState {
  const { failureKind, brake } = report;
  const failures = failureKind === null ? 0 : before.failures + 1;
  // A poll that failed has not seen the source: what made the owner's decision necessary still stands.
  const pausedBecause = failureKind === null ? brake : brake ?? before.pausedBecause;
  return {
    id: before.id,
    lastFetchAt: now,
    lastOutcome: describeReport(report),
    // A paused source waits for its owner, who lets it go on by a poll that releases the brake.
    nextFetchAt: pausedBecause === null ? now + delayAfter(report, intervalMs, failures, random) : null,
    failures,
    pausedBecause,
    failureKind,
  };
}

/** When a source is due at the start of the process: as written, but not later than its interval says now. */
export function dueAtStart(state: FetchState, intervalMs: number, now: number, random: number): number | null {
  if (state.pausedBecause !== null) return null;
  if (state.nextFetchAt === null) return now + Math.round(random * FIRST_POLL_SPREAD_MS);
  return Math.min(state.nextFetchAt, now + intervalMs);
}

/** Whether a client that logs in makes a source due: what is here is older than `afterMs`, and nothing forbids a poll. */
export function isDueAtLogin(state: FetchState, afterMs: number, now: number): boolean {
  if (state.pausedBecause !== null || now - (state.lastFetchAt ?? 0) < afterMs) return false;
  const kind = state.failureKind as FetchReport["failureKind"];
  // A server that refuses logins, or wants fewer of them, is not asked more often because clients are eager.
  return kind === null || TREATMENTS[kind].pace !== "patient";
}

/** Whether a poll has shown that the line is back: it went well where the one before found no line. */
export function hasLineReturned(before: FetchState, after: FetchState): boolean {
  return before.failureKind === "line" && after.failureKind === null;
}

/** "ok", or what went wrong, in a sentence for the owner. */
export function describeReport({ failure, failureKind, brake, refusals }: FetchReport): string {
  if (failure !== null && failureKind !== null) return describeFailure(failureKind, failure);
  if (brake !== null) return `paused: ${brake}`;
  if (refusals.length === 1) return `1 message was refused: ${refusals[0]}`;
  if (refusals.length > 1) return `${refusals.length} messages were refused, the first: ${refusals[0]}`;
  return "ok";
}
