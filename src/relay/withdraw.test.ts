import { expect, test } from "vitest";
import { createRelayScene } from "../../tests/support/relay-scene.ts";
import { directoryOf } from "../../tests/support/relay.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { createIds } from "../store/ids.ts";
import { systemClock } from "../wire/clock.ts";
import { createOwnerActions } from "./owner-actions.ts";

const { peer, relay, ended, historyOf, stored } = createRelayScene();

const policy = () => ({
  retry: { firstMs: 3_600_000, factor: 1, maxMs: 3_600_000, jitter: 0 },
  lifetimeMs: 36_000_000,
  hotMemory: 1_000_000,
});

/** Messages of which the first has gone, and the others wait for the pace or for the only connection. */
async function scene() {
  const upstream = await peer();
  const { take, worker } = await relay({
    upstreams: [{ name: "slow", port: upstream.port, messagesPerMinute: 1, maxConnections: 1 }],
  }, { policy });
  const ids: number[] = [];
  for (let count = 0; count < 4; count++) ids.push(Number(await take({})));
  await waitFor("the first", () => upstream.messages.length === 1);
  await waitFor("the others", () => worker.turns.size === 3);
  return { worker, upstream, ids };
}

test("a message that waits for its turn is held or removed when the owner says so, and is not sent", async () => {
  const { worker, ids: [, pacing, waiting, last] } = await scene();
  const act = (action: "hold" | "remove", ids: readonly number[]) =>
    worker.withdrawn(
      ids,
      () => Promise.all(ids.map((messageId) => stored().store.write("actOnQueue", { messageId, action, now: 9 }))),
    );
  expect(await act("hold", [pacing!])).toEqual([1]);
  expect(await act("remove", [waiting!])).toEqual([1]);
  await waitFor("the last to be all that waits", () => [...worker.turns.keys()].join() === String(last));
  expect((await historyOf(pacing!)).recipients[0]).toMatchObject({ state: "held", leaseOwner: null, attempts: 0 });
  expect((await ended(waiting!)).states).toEqual(["removed"]);
});

test("a message that is to be retried and waits its turn is left its turn, and the answer says for which upstream", async () => {
  const { worker, ids: [, pacing] } = await scene();
  const actions = createOwnerActions({
    store: stored().store,
    clock: systemClock,
    nextId: createIds(systemClock, 9),
    hostname: () => "relay.test",
    directory: () => directoryOf({}),
    turns: () => worker.turns,
  });
  expect(await actions({ action: "retry", ids: [pacing!, 1] }, "anna")).toEqual([
    { id: pacing, changed: 0, turn: { upstream: "slow", perMinute: 1 } },
    { id: 1, changed: 0 },
  ]);
});

test("what an action leaves waiting is taken up again, and its attempt has not counted", async () => {
  const { worker, ids } = await scene();
  const during = await worker.withdrawn(ids.slice(1), () => Promise.resolve(worker.turns.size));
  expect(during).toBe(0);
  await waitFor("all to wait again", () => worker.turns.size === 3);
  expect((await historyOf(ids[1]!)).recipients[0]).toMatchObject({ state: "waiting", attempts: 1 });
});
