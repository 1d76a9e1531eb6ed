import type { Upstream } from "../settings.ts";
import { type ByHour, createDayCount } from "./day-count.ts";

/** What an upstream lets us do, by the settings. */
export interface PaceLimits {
  /** Connections at a time, at least 1. */
  readonly connections: number;
  /** 0: any number. */
  readonly perMinute: number;
  /** Messages within any 24 hours; 0: any number. */
  readonly perDay: number;
  /** Recipients of messages within any 24 hours; 0: any number. */
  readonly recipientsPerDay: number;
}

/** The limits of an upstream as it is configured; undefined: it is gone. */
export function limitsOf(upstream: Upstream | undefined): PaceLimits {
  return {
    connections: upstream?.maxConnections ?? 1,
    perMinute: upstream?.messagesPerMinute ?? 0,
    perDay: upstream?.messagesPerDay ?? 0,
    recipientsPerDay: upstream?.recipientsPerDay ?? 0,
  };
}

/** How far an upstream has slowed us down, at the moment of its last word about it. */
export interface Slowdown {
  readonly slowedAt: number;
  readonly connections: number;
  readonly perMinute: number;
  /** The rate at which it is over. */
  readonly fullPerMinute: number;
}

const MINUTE_MS = 60_000;
/** Complaints within this time speak of the same haste: they count once. */
const ONCE_MS = 5_000;
/** Each such time without a complaint gives one connection more, and a tenth of the full rate. */
const RECOVER_EVERY_MS = 60_000;
const RECOVER_SHARE = 0.1;
/** The slowest pace that a complaint alone leads to, where no limit is lower: a message every ten seconds. */
const LEAST_PER_MINUTE = 6;
/** What was too fast, at the least, where no limit is set: a burst has only begun when the first complaint comes. */
const ASSUMED_PER_MINUTE = 60;
/** Times that are remembered to know the rate: beyond, more is not told apart. */
const MAX_COUNTED = 1_000;

/**
 * Multiplicative decrease: half the connections and half the rate. Pure.
 * @param sentPerMinute messages of the last minute: what was too fast, where no limit is set
 */
export function slowDown(
  before: Slowdown | null,
  limits: PaceLimits,
  sentPerMinute: number,
  now: number,
): Slowdown {
  if (before && now - before.slowedAt < ONCE_MS) return before;
  const left = recovered(before, limits, now);
  const full = left?.fullPerMinute ?? (limits.perMinute || Math.max(sentPerMinute, ASSUMED_PER_MINUTE));
  const least = Math.min(LEAST_PER_MINUTE, full / 2);
  return {
    slowedAt: now,
    connections: Math.max(1, Math.floor((left?.connections ?? limits.connections) / 2)),
    perMinute: Math.max(least, (left?.perMinute ?? full) / 2),
    fullPerMinute: full,
  };
}

/** Additive increase: what is left of a slowdown after some time; null once it is over. Pure. */
export function recovered(before: Slowdown | null, limits: PaceLimits, now: number): Slowdown | null {
  if (!before) return null;
  const steps = Math.max(0, Math.floor((now - before.slowedAt) / RECOVER_EVERY_MS));
  const connections = Math.min(limits.connections, before.connections + steps);
  const perMinute = Math.min(before.fullPerMinute, before.perMinute + steps * before.fullPerMinute * RECOVER_SHARE);
  return connections >= limits.connections && perMinute >= before.fullPerMinute
    ? null
    : { ...before, connections, perMinute };
}

/** The pace of an upstream as the owner sees it. */
export interface PaceState {
  /** Connections that may be open now, and by the settings. */
  readonly connections: number;
  readonly maxConnections: number;
  /** Messages a minute now; null: any number. */
  readonly perMinute: number | null;
  readonly sentInDay: number;
  /** 0: any number. */
  readonly perDay: number;
  readonly recipientsInDay: number;
  /** 0: any number. */
  readonly recipientsPerDay: number;
  /** When the upstream last asked for less; null: it goes at full pace. */
  readonly slowedAt: number | null;
}

/** What was sent in the last 24 hours, by hours since the epoch. */
export interface SentByHour {
  readonly messages: ByHour;
  readonly recipients: ByHour;
}

/** Which limit of a day is reached, and until when. */
export interface DayFull {
  readonly limit: "messages" | "recipients";
  readonly until: number;
}

/** How fast messages go to an upstream. `now` in milliseconds since the epoch. */
export interface Pace {
  /** Milliseconds until the next message may go; 0: now, and it is counted, without its recipients. */
  take(now: number): number;
  /** The upstream finds that we are too fast. */
  slow(now: number): void;
  /** Connections that may be open. */
  connections(now: number): number;
  /** Why none of the day's messages is left, nor one of its recipients; null: there are some. */
  dayFull(now: number): DayFull | null;
  /** To how many recipients more messages may go; Infinity without a limit. */
  recipientsLeft(now: number): number;
  /** @param count negative: so many that were counted at that time were not taken */
  countRecipients(count: number, at: number): void;
  state(now: number): PaceState;
}

/**
 * Lets so many messages pass in each minute, evenly once a small burst is used up, and so many within 24 hours, to so many
 * recipients.
 * @param limits as they are at the moment of each question
 * @param sent what was sent before
 */
export function createPace(limits: () => PaceLimits, sent: Partial<SentByHour> = {}): Pace {
  const messages = createDayCount(() => limits().perDay, sent.messages ?? new Map());
  const recipients = createDayCount(() => limits().recipientsPerDay, sent.recipients ?? new Map());
  const minute: number[] = [];
  let slowdown: Slowdown | null = null;
  let nextAt = -Infinity;

  const slowed = (now: number) => recovered(slowdown, limits(), now);
  const rate = (now: number) => {
    const { perMinute } = limits();
    return Math.min(perMinute || Infinity, slowed(now)?.perMinute ?? Infinity);
  };
  const count = (now: number) => {
    messages.add(1, now);
    while (minute.length > 0 && minute[0]! <= now - MINUTE_MS) minute.shift();
    if (minute.length < MAX_COUNTED) minute.push(now);
  };

  return {
    take(now) {
      const perMinute = rate(now);
      if (perMinute !== Infinity) {
        const spacingMs = MINUTE_MS / perMinute;
        const burst = slowed(now) ? 1 : Math.max(1, Math.floor(perMinute / 10));
        const earliest = Math.max(nextAt, now - (burst - 1) * spacingMs);
        if (earliest > now) return Math.ceil(earliest - now);
        nextAt = earliest + spacingMs;
      }
      count(now);
      return 0;
    },
    slow(now) {
      const sentPerMinute = minute.filter((at) => at > now - MINUTE_MS).length;
      slowdown = slowDown(slowdown, limits(), sentPerMinute, now);
    },
    connections: (now) => slowed(now)?.connections ?? limits().connections,
    dayFull(now) {
      const full = { messages: messages.fullUntil(now), recipients: recipients.fullUntil(now) };
      if (full.messages === null && full.recipients === null) return null;
      const limit = (full.messages ?? 0) >= (full.recipients ?? 0) ? "messages" : "recipients";
      return { limit, until: full[limit]! };
    },
    recipientsLeft: recipients.left,
    countRecipients: recipients.add,
    state(now) {
      const perMinute = rate(now);
      return {
        connections: slowed(now)?.connections ?? limits().connections,
        maxConnections: limits().connections,
        perMinute: perMinute === Infinity ? null : Math.round(perMinute * 10) / 10,
        sentInDay: messages.sum(now),
        perDay: limits().perDay,
        recipientsInDay: recipients.sum(now),
        recipientsPerDay: limits().recipientsPerDay,
        slowedAt: slowed(now)?.slowedAt ?? null,
      };
    },
  };
}
