import type { Upstream } from "../settings.ts";

/** What an upstream lets us do, by the settings. */
export interface PaceLimits {
  /** Connections at a time, at least 1. */
  readonly connections: number;
  /** 0: any number. */
  readonly perMinute: number;
  /** Within any 24 hours; 0: any number. */
  readonly perDay: number;
}

/** The limits of an upstream as it is configured; undefined: it is gone. */
export function limitsOf(upstream: Upstream | undefined): PaceLimits {
  return {
    connections: upstream?.maxConnections ?? 1,
    perMinute: upstream?.messagesPerMinute ?? 0,
    perDay: upstream?.messagesPerDay ?? 0,
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
const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
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
  /** When the upstream last asked for less; null: it goes at full pace. */
  readonly slowedAt: number | null;
}

/** How fast messages go to an upstream. `now` in milliseconds since the epoch. */
export interface Pace {
  /** Milliseconds until the next message may go; 0: now, and it is counted. */
  take(now: number): number;
  /** The upstream finds that we are too fast. */
  slow(now: number): void;
  /** Connections that may be open. */
  connections(now: number): number;
  /** When a message of the day may go again; null: now. */
  dayFullUntil(now: number): number | null;
  state(now: number): PaceState;
}

/**
 * Lets so many messages pass in each minute, evenly once a small burst is used up, and so many within 24 hours.
 * @param limits as they are at the moment of each question
 * @param sentByHour messages that were sent before: hours since the epoch, and how many
 */
export function createPace(limits: () => PaceLimits, sentByHour: ReadonlyMap<number, number> = new Map()): Pace {
  const hours = new Map(sentByHour);
  const minute: number[] = [];
  let slowdown: Slowdown | null = null;
  let nextAt = -Infinity;

  const slowed = (now: number) => recovered(slowdown, limits(), now);
  const rate = (now: number) => {
    const { perMinute } = limits();
    return Math.min(perMinute || Infinity, slowed(now)?.perMinute ?? Infinity);
  };
  const inDay = (now: number) => {
    const oldest = Math.floor(now / HOUR_MS) - DAY_HOURS;
    for (const hour of hours.keys()) if (hour < oldest) hours.delete(hour);
    return [...hours.values()].reduce((sum, count) => sum + count, 0);
  };
  const count = (now: number) => {
    const hour = Math.floor(now / HOUR_MS);
    if (limits().perDay > 0) hours.set(hour, (hours.get(hour) ?? 0) + 1);
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
      const sent = minute.filter((at) => at > now - MINUTE_MS).length;
      slowdown = slowDown(slowdown, limits(), sent, now);
    },
    connections: (now) => slowed(now)?.connections ?? limits().connections,
    dayFullUntil(now) {
      const { perDay } = limits();
      if (perDay === 0 || inDay(now) < perDay) return null;
      return (Math.min(...hours.keys()) + DAY_HOURS + 1) * HOUR_MS;
    },
    state(now) {
      const perMinute = rate(now);
      return {
        connections: slowed(now)?.connections ?? limits().connections,
        maxConnections: limits().connections,
        perMinute: perMinute === Infinity ? null : Math.round(perMinute * 10) / 10,
        sentInDay: inDay(now),
        perDay: limits().perDay,
        slowedAt: slowed(now)?.slowedAt ?? null,
      };
    },
  };
}
