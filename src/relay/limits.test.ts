import { afterEach, beforeEach, expect, test } from "vitest";
import { startFaultyPeer } from "../../tests/support/faulty-peer.ts";
import { directoryOf, startRelay, type TestMessage } from "../../tests/support/relay.ts";
import { type TemporaryStore, temporaryStore } from "../../tests/support/store.ts";
import { waitFor } from "../../tests/support/wait.ts";

let stored: TemporaryStore;
beforeEach(async () => void (stored = await temporaryStore()));
afterEach(() => stored.remove());

const to = ["b", "c", "d", "e", "f"].map((name) => `${name}@example.org`);

/** Sends messages to an upstream with LIMITS over one connection at a time; gives what it saw, a letter for each command. */
async function relay(limits: string, messages: readonly TestMessage[], RCPT = "250 ok\r\n", hotMemory = 1_000_000) {
  const upstream = await startFaultyPeer({ EHLO: `250-peer.test\r\n250 LIMITS ${limits}\r\n`, RCPT });
  const directory = directoryOf({ upstreams: [{ port: upstream.port, maxConnections: 1 }] });
  const policy = () => ({ retry: { firstMs: 150, factor: 1, maxMs: 150, jitter: 0 }, lifetimeMs: 60_000, hotMemory });
  const { take, stop, worker } = await startRelay(stored.store, () => directory, { policy });
  const ids = await Promise.all(messages.map(take));
  await waitFor(
    "the queue to be empty",
    async () => (await stored.store.read("queueSize", null)).waitingMessages === 0,
  );
  const free = worker.reserve(hotMemory) !== null;
  await stop();
  await upstream.close();
  const histories = await Promise.all(ids.map((id) => stored.store.read("messageHistory", { id: Number(id) })));
  return {
    seen: upstream.commands.filter((line) => /^[EMR]/.test(line)).map((line) => line[0]).join(""),
    states: histories.flatMap((history) => history!.recipients.map(({ state, attempts }) => `${state} ${attempts}`)),
    free,
  };
}

test.each([["in memory", 1_000_000], ["from the spool", 0]])(
  "more recipients than RCPTMAX are served in turn, each once, %s",
  async (_, hotMemory) => {
    const { seen, states, free } = await relay("RCPTMAX=2", [{ to }], undefined, hotMemory);
    expect(seen).toBe("EMRRMRRMR");
    expect(states).toEqual(to.map(() => "delivered 1"));
    expect(free).toBe(true);
  },
);

test("more messages than MAILMAX go over new connections", async () => {
  const { seen, states } = await relay("MAILMAX=2", [{}, {}, {}]);
  expect(seen).toBe("EMRMREMR");
  expect(states).toEqual(["delivered 1", "delivered 1", "delivered 1"]);
});

test("both limits hold together", async () => {
  const { seen } = await relay("RCPTMAX=2 MAILMAX=1", [{ to }]);
  expect(seen).toBe("EMRREMRREMR");
});

test("recipients that are refused in different turns are each told of", async () => {
  const { states } = await relay("RCPTMAX=2", [{ to, from: "" }], "550 5.1.1 who?\r\n");
  expect(states).toEqual(to.map(() => "bounced 1"));
});
