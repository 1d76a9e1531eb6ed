/** What the API gives of upstreams, sources and their tests. */
import * as v from "valibot";
import type { SourceTrial } from "../mailbox/trial.ts";
import type { UpstreamTrial } from "../relay/trial.ts";
import { count, explained, id, ms, octets, speaker, textOrNull, time, timeOrNull } from "./output.ts";
import { sessionSummary } from "./output-traffic.ts";

const tls = v.picklist(["off", "starttls", "implicit"]);

/** Upstreams. */
export const upstreams = v.object({
  upstreams: v.array(v.object({
    name: v.string(),
    host: v.string(),
    port: count,
    tls,
    origin: v.picklist(["file", "database"]),
    file: textOrNull,
    line: v.nullable(count),
    username: textOrNull,
    senders: v.array(v.string()),
    provider: v.string(),
    running: count,
    waiting: count,
    connections: count,
    maxConnections: count,
    perMinute: v.nullable(v.number()),
    sentInDay: count,
    perDay: count,
    recipientsInDay: count,
    recipientsPerDay: count,
    slowedAt: timeOrNull,
    down: v.nullable(v.object({ reply: v.string(), saidBy: speaker, untilAt: time, isAsked: v.boolean(), explained })),
    waitingFor: v.nullable(
      v.object({ messages: count, lastReply: textOrNull, lastReplyBy: v.nullable(speaker), explained }),
    ),
    lastSession: v.nullable(v.object(sessionSummary)),
  })),
});

/** Sources of an account. */
export const sources = v.object({
  sources: v.array(v.object({
    name: v.string(),
    host: v.string(),
    port: count,
    tls,
    username: v.string(),
    mode: v.picklist(["keep", "delete"]),
    deleteAfterMs: ms,
    intervalMs: ms,
    mailbox: v.nullable(v.object({ id, messages: count, failures: count, lastOutcome: textOrNull, explained })),
  })),
});

/** The name of what was added or changed. */
export const named = v.object({ name: v.string() });

const trial = {
  ok: v.boolean(),
  tls: textOrNull,
  certificate: v.nullable(v.object({
    subject: v.string(),
    issuer: v.string(),
    names: v.array(v.string()),
    validFromAt: timeOrNull,
    expiresAt: timeOrNull,
    fingerprint: v.pipe(v.string(), v.description("Of its key, to be pinned")),
  })),
  durationMs: ms,
  transcript: v.array(v.object({ offsetMs: ms, from: v.picklist(["client", "server", "note"]), text: v.string() })),
  diagnosis: v.nullable(v.object({
    fault: v.string(),
    advice: v.string(),
    certificateFault: v.nullable(v.picklist(["pinned", "time", "name", "untrusted"])),
    remedy: v.pipe(
      v.nullable(v.object({ host: v.optional(v.string()), port: v.optional(count), tls: v.optional(tls) })),
      v.description("Settings that are worth trying"),
    ),
    isGuessed: v.pipe(v.boolean(), v.description("They are what most servers have: the port may only be mistyped")),
  })),
};

/** What a test of an upstream came to. */
export const upstreamTrial = v.object({ ...trial, extensions: v.array(v.string()) });
/** What a test of a source came to. */
export const sourceTrial = v.object({
  ...trial,
  capabilities: v.array(v.string()),
  content: v.nullable(v.object({ messages: count, octets })),
});

/** A test of an upstream as programs get it. */
export function upstreamTrialOf(made: UpstreamTrial) {
  return { ...made, transcript: linesOf(made) };
}

/** A test of a source as programs get it. */
export function sourceTrialOf({ content, ...made }: SourceTrial) {
  const known = content && { messages: content.messages, octets: content.octets };
  return { ...made, transcript: linesOf(made), content: known };
}

function linesOf({ transcript }: Pick<UpstreamTrial, "transcript">) {
  return transcript.map(([offsetMs, from, text]) => ({ offsetMs, from, text }));
}
