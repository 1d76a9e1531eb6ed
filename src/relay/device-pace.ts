import type { Device } from "../settings.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Why a device has to wait. */
export interface PaceLimit {
  readonly limit: number;
  readonly unit: "minute" | "hour";
  /** Until the next message is taken, milliseconds, more than 0. */
  readonly waitMs: number;
}

/** Counts the messages of devices, so that none sends more than its rules allow within any minute or hour. */
export interface DevicePace {
  /** Counts a message that begins now; or says why it must wait, and does not count it. */
  take(device: Pick<Device, "name" | "messagesPerMinute" | "messagesPerHour">, now: number): PaceLimit | null;
}

/** Makes a pace. Memory: a number for each message of the last hour, of devices with a limit alone. */
export function createDevicePace(): DevicePace {
  const sent = new Map<string, number[]>();
  return {
    take({ name, messagesPerMinute, messagesPerHour }, now) {
      if (messagesPerMinute === 0 && messagesPerHour === 0) return null;
      const spanMs = messagesPerHour > 0 ? HOUR_MS : MINUTE_MS;
      const times = sent.get(name) ?? [];
      times.splice(0, firstAfter(times, now - spanMs));
      sent.set(name, times);
      const limit = wait(times, messagesPerHour, HOUR_MS, "hour", now) ??
        wait(times, messagesPerMinute, MINUTE_MS, "minute", now);
      if (limit === null) times.push(now);
      return limit;
    },
  };
}

function wait(
  times: readonly number[],
  limit: number,
  spanMs: number,
  unit: PaceLimit["unit"],
  now: number,
): PaceLimit | null {
  // The span is full while the message that came `limit` messages ago is within it.
  const oldest = limit > 0 ? times[times.length - limit] : undefined;
  return oldest === undefined || oldest <= now - spanMs ? null : { limit, unit, waitMs: oldest + spanMs - now };
}

/** How many of the times, which grow, are not after `at`. */
function firstAfter(times: readonly number[], at: number): number {
  const found = times.findIndex((time) => time > at);
  return found < 0 ? times.length : found;
}
