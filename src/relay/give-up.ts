import type { Store } from "../store/store.ts";
import type { Clock } from "../wire/clock.ts";
import type { Job } from "./job.ts";

/** What giving up claims needs. */
export interface GiveUpPorts {
  readonly store: Pick<Store, "write">;
  readonly owner: string;
  readonly clock: Clock;
  readonly warn: (text: string, error: unknown) => void;
}

/** Makes jobs that were not begun due at once: the next start, or another node, need not wait until their claim ends. */
export async function giveUp(jobs: readonly Job[], { store, owner, clock, warn }: GiveUpPorts): Promise<void> {
  const now = clock.now();
  const writes = jobs.map(({ message, recipients }) => {
    const positions = recipients.map(({ position }) => position);
    return store.write("giveUpClaim", { messageId: message.id, positions, owner, now });
  });
  await Promise.all(writes).catch((error: unknown) =>
    warn("claims could not be given up: they wait for their time", error)
  );
}
