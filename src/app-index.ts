import type { Settings } from "./settings.ts";
import { createIndexer, type Indexer } from "./store/indexer.ts";
import type { PhaseRecorder } from "./store/phases.ts";
import type { Store } from "./store/store.ts";
import { type Clock, systemSleep } from "./wire/clock.ts";

/** What the full-text index is kept by. */
export interface IndexParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly recorder: PhaseRecorder;
  readonly settings: () => Settings;
  /** This node's name. */
  readonly owner: string;
  readonly warn: (text: string, error: unknown) => void;
}

/** Begins to index mail, soon after each session that has brought some. */
export function startIndexer(parts: IndexParts): Indexer {
  const { settings, recorder } = parts;
  const indexer = createIndexer({
    ...parts,
    sleep: systemSleep,
    policy() {
      const { search, queue } = settings();
      return { enabled: search.enabled, maxText: search.maxText, keepsDelivered: queue.keepDeliveredMs > 0 };
    },
  });
  recorder.listen((event) => {
    if (event.kind !== "ended") return;
    const { hop, messages } = event.record;
    if (messages > 0 && (hop === "smtp-server" || hop === "pop3-client")) indexer.wake();
  });
  return indexer;
}
