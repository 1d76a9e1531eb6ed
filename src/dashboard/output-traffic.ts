/** What the API gives of sessions and traffic. */
import * as v from "valibot";
import { DURATION_BUCKETS_MS } from "../dialogue/phases.ts";
import { count, HOP, id, idOrNull, ms, octets, textOrNull, time } from "./output.ts";

const PHASE = v.picklist(["establishment", "transfer", "termination", "authorization", "transaction", "update"]);
const outcome = v.picklist(["open", "completed", "dropped", "timeout", "refused", "failed", "shutdown"]);
export const RANGE = v.picklist(["hour", "day", "week", "month"]);
export const minutes = v.pipe(v.array(count), v.description("Minutes since 1970-01-01T00:00Z"));

export const phaseFigures = {
  phase: PHASE,
  sessions: count,
  failures: v.pipe(count, v.description("Sessions that ended in it other than completed")),
  commands: count,
  refusals: count,
  octetsIn: octets,
  octetsOut: octets,
  durationMs: ms,
  medianMs: v.nullable(ms),
  p95Ms: v.nullable(ms),
  histogram: v.pipe(
    v.array(count),
    v.description(`Sessions by duration, up to ${DURATION_BUCKETS_MS.join(", ")} ms, and longer`),
  ),
};

export const hopCounts = { open: count, sessions: count, completed: count, messages: count };

const sessionPhase = v.object({
  phase: PHASE,
  startedAt: time,
  durationMs: ms,
  octetsIn: octets,
  octetsOut: octets,
  commands: count,
  refusals: count,
});

export const sessionSummary = {
  id,
  hop: HOP,
  startedAt: time,
  durationMs: ms,
  peerAddress: v.string(),
  peerPort: count,
  localPort: count,
  peerName: textOrNull,
  account: textOrNull,
  tls: textOrNull,
  endedIn: PHASE,
  outcome,
  cause: textOrNull,
  messages: count,
  octetsIn: octets,
  octetsOut: octets,
  phases: v.array(sessionPhase),
};

/** Sessions. */
export const sessions = v.object({
  sessions: v.array(v.object(sessionSummary)),
  before: v.pipe(idOrNull, v.description("Where the next page begins; null on the last")),
});

/** A session. */
export const session = v.object({
  ...sessionSummary,
  device: textOrNull,
  transcript: v.nullable(
    v.array(v.object({ offsetMs: ms, from: v.picklist(["client", "server", "note"]), text: v.string() })),
  ),
  linesDropped: count,
  led: v.array(v.object({ id, sender: v.string(), subject: v.string(), size: octets, outcome: textOrNull })),
});

/** A hop phase by phase. */
export const traffic = v.object({
  hop: HOP,
  range: RANGE,
  fromAt: time,
  toAt: time,
  bucketMs: ms,
  peer: textOrNull,
  peers: v.array(v.object({ name: v.string(), sessions: count })),
  countedFrom: v.picklist(["minutes", "sessions"]),
  limitedTo: v.nullable(count),
  ...hopCounts,
  minutes,
  phases: v.array(v.object({
    ...phaseFigures,
    share: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
    course: v.object({
      sessions: v.array(count),
      failures: v.array(count),
      medianMs: v.array(v.nullable(ms)),
      p95Ms: v.array(v.nullable(ms)),
    }),
  })),
});
