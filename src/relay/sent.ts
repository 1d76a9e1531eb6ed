import type { Directory } from "../identity/directory.ts";
import { firstIdAt } from "../store/ids.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../wire/clock.ts";

const DAY_MS = 86_400_000;

/**
 * What was sent within the last 24 hours by each upstream whose messages of a day are limited: by its name, hours since
 * the epoch and messages.
 * @throws StoreError
 */
export async function countSent(
  ports: { readonly store: Store; readonly clock: Clock; readonly directory: () => Directory },
): Promise<Map<string, Map<number, number>>> {
  const upstreams = ports.directory().upstreams.filter(({ messagesPerDay }) => messagesPerDay > 0)
    .map(({ name }) => name);
  const counts = new Map<string, Map<number, number>>();
  if (upstreams.length === 0) return counts;
  const rows = await ports.store.read("sentByHour", { fromId: firstIdAt(ports.clock.now() - DAY_MS), upstreams });
  for (const { upstream, hour, messages } of rows) {
    const hours = counts.get(upstream) ?? new Map<number, number>();
    counts.set(upstream, hours.set(hour, messages));
  }
  return counts;
}
