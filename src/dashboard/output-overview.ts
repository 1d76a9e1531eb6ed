/** What the API gives of everything together, and of failed logins. */
import * as v from "valibot";
import { count, HOP, ms, octets, textOrNull, time } from "./output.ts";
import { mailbox, queueFigures } from "./output-mail.ts";
import { hopCounts, minutes, phaseFigures, RANGE, sessionSummary } from "./output-traffic.ts";

const level = v.picklist(["ok", "unset", "waiting", "trouble"]);

/** The overview. */
export const overview = v.object({
  hostname: v.string(),
  version: v.string(),
  sentence: v.pipe(v.string(), v.description("Whether mail moves, in plain words")),
  computedAt: time,
  windowMs: ms,
  health: v.object({
    level,
    headline: v.string(),
    summary: v.string(),
    details: v.array(v.object({
      level,
      sentence: v.array(v.union([v.string(), v.object({ at: time })])),
      mending: v.optional(v.object({ path: v.string(), words: v.string() })),
    })),
  }),
  storeTrouble: textOrNull,
  hops: v.array(v.object({
    hop: HOP,
    ...hopCounts,
    octetsIn: octets,
    octetsOut: octets,
    phases: v.array(v.object(phaseFigures)),
  })),
  chart: v.object({
    range: RANGE,
    bucketMinutes: count,
    minutes,
    messages: v.object({
      "smtp-server": v.array(count),
      "smtp-client": v.array(count),
      "pop3-client": v.array(count),
      "pop3-server": v.array(count),
    }),
  }),
  queue: v.object(queueFigures),
  mailboxes: v.array(v.object(mailbox)),
  upstreams: v.array(v.string()),
  accounts: count,
  newest: v.array(v.object(sessionSummary)),
  dropped: count,
});
