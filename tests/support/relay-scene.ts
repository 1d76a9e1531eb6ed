import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import type { Store } from "../../src/store/store.ts";
import type { WorkerPorts } from "../../src/relay/worker-ports.ts";
import { type FaultyPeer, type PeerScript, startFaultyPeer } from "./faulty-peer.ts";
import { watchRejections } from "./rejections.ts";
import { directoryOf, type Entries, startRelay, type TestRelay } from "./relay.ts";
import { type TemporaryStore, temporaryStore } from "./store.ts";
import { waitFor } from "./wait.ts";

/** Without pipelining a server that refuses all recipients is not sent an empty message. */
export const COMMAND_BY_COMMAND = "250 peer.test\r\n";

/** What the tests of the relay start; all of it ends with the test, and no promise may be left without an answer. */
export function createRelayScene() {
  let stored: TemporaryStore;
  let rejections: ReturnType<typeof watchRejections>;
  const ends: (() => Promise<void>)[] = [];
  beforeAll(async () => void (stored = await temporaryStore()));
  afterAll(() => stored.remove());
  beforeEach(() => void (rejections = watchRejections()));
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    await stored.sql("delete from chunk; delete from message; delete from recipient; delete from delivery");
    expect(await rejections.stop()).toEqual([]);
  });
  /** Everything known of a message. */
  const historyOf = async (id: number | object) => (await stored.store.read("messageHistory", { id: Number(id) }))!;
  return {
    stored: () => stored,
    historyOf,
    /** Starts an upstream. */
    async peer(script: PeerScript = {}): Promise<FaultyPeer> {
      const started = await startFaultyPeer(script);
      ends.push(() => started.close());
      return started;
    },
    /** Starts a relay on the store of the test, or on another. */
    async relay(entries: Entries, changes: Partial<WorkerPorts> = {}, store: Store = stored.store): Promise<TestRelay> {
      const directory = directoryOf(entries);
      const started = await startRelay(store, () => directory, changes);
      ends.push(() => started.stop());
      return started;
    },
    /** Waits until nobody of a message waits any more; gives the states of its recipients and its deliveries. */
    async ended(id: number | object) {
      const history = await waitFor("the message to be done", async () => {
        const found = await historyOf(id);
        return found.message.doneAt !== null && found;
      }, 10_000);
      return {
        ...history,
        states: history.recipients.map((recipient) => recipient.state),
        outcomes: history.deliveries.map((delivery) => `${delivery.upstream} ${delivery.outcome}`),
      };
    },
  };
}
