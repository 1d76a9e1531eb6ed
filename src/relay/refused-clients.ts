import { isPrivateAddress } from "../settings.ts";
import type { RefusedAttempt } from "../smtp/server/ports.ts";
import type { RefusedClientRow } from "../store/operations/devices.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../wire/clock.ts";

/** Clients that are remembered, here until they are written down and in the store. */
export const maxRefusedClients = 100;
/** Longest text that is kept of what a client says of itself. */
const maxText = 255;

/** What remembering needs. */
export interface RefusedClientsPorts {
  readonly store: Store;
  readonly clock: Clock;
  /** How long notes are gathered before they are written. */
  readonly settings: () => { readonly telemetry: { readonly flushIntervalMs: number } };
  readonly warn: (text: string, error: unknown) => void;
}

/** Remembers who was refused for want of a login: perhaps a device that its owner wants to allow. */
export interface RefusedClients {
  /** Takes note. Costs no write: a flood of refusals is written as a few rows, now and then. */
  note(attempt: RefusedAttempt): void;
  /** Writes what was noted and stops. */
  stop(): Promise<void>;
}

/** Makes the memory. */
export function createRefusedClients({ store, clock, settings, warn }: RefusedClientsPorts): RefusedClients {
  let noted = new Map<string, RefusedClientRow>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = async () => {
    timer = undefined;
    if (noted.size === 0) return;
    const rows = [...noted.values()];
    noted = new Map();
    try {
      await store.write("noteRefusedClients", { rows, keep: maxRefusedClients });
    } catch (error) {
      warn("clients that were refused could not be noted", error);
    }
  };
  return {
    note(attempt) {
      const row = noteIn(noted.get(attempt.address), attempt, clock.now());
      // The newest stands last.
      noted.delete(row.address);
      noted.set(row.address, row);
      if (noted.size > maxRefusedClients) noted.delete(leastOf(noted));
      timer ??= setTimeout(() => void flush(), settings().telemetry.flushIntervalMs);
    },
    async stop() {
      clearTimeout(timer);
      await flush();
    },
  };
}

function noteIn(before: RefusedClientRow | undefined, attempt: RefusedAttempt, now: number): RefusedClientRow {
  const { address, helo, sender, recipient } = attempt;
  // Whom a message was for is told behind the MAIL that was counted.
  const isNew = recipient === null;
  return {
    address,
    isPrivate: before?.isPrivate ?? isPrivateAddress(address),
    helo: helo.slice(0, maxText),
    sender: sender.slice(0, maxText),
    recipient: recipient?.slice(0, maxText) ?? before?.recipient ?? null,
    attempts: (before?.attempts ?? 0) + (isNew ? 1 : 0),
    firstAt: before?.firstAt ?? now,
    lastAt: now,
    dismissedAt: null,
  };
}

/** Whom to forget: strangers from the internet before clients of the LAN, and of either the one noted longest ago. */
function leastOf(noted: ReadonlyMap<string, RefusedClientRow>): string {
  let oldest: string | undefined;
  for (const [address, { isPrivate }] of noted) {
    if (!isPrivate) return address;
    oldest ??= address;
  }
  return oldest ?? "";
}
