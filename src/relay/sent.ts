import type { Directory } from "../identity/directory.ts";
import { firstIdAt } from "../store/ids.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../wire/clock.ts";
import type { SentByHour } from "./pace.ts";

const DAY_MS = 86_400_000;

/**
 * What was sent within the last 24 hours by each upstream of which a day's messages or recipients are limited, by its name.
 * @throws StoreError
 */
export async function countSent(
  ports: { readonly store: Store; readonly clock: Clock; readonly directory: () => Directory },
): Promise<ReadonlyMap<string, SentByHour>> {
  const upstreams = ports.directory().upstreams
    .filter(({ messagesPerDay, recipientsPerDay }) => messagesPerDay > 0 || recipientsPerDay > 0)
    .map(({ name }) => name);
  const counts = new Map(upstreams.map((name) => [name, { messages: new Map(), recipients: new Map() }] as const));
  if (upstreams.length === 0) return counts;
  const since = ports.clock.now() - DAY_MS;
  const { messages, recipients } = await ports.store.read("sentByHour", { fromId: firstIdAt(since), since, upstreams });
  for (const { upstream, hour, count } of messages) counts.get(upstream)?.messages.set(hour, count);
  for (const { upstream, hour, count } of recipients) counts.get(upstream)?.recipients.set(hour, count);
  return counts;
}
