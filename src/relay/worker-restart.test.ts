import { expect, test } from "vitest";
import { createRelayScene } from "../../tests/support/relay-scene.ts";
import { freePort } from "../../tests/support/free-port.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { StoreError } from "../store/errors.ts";
import type { Store } from "../store/store.ts";

const { stored, peer, relay, historyOf, ended } = createRelayScene();

/** A store whose writes fail for as long as asked. */
function failingStore(store: Store, fails: (name: string) => string | null): Store {
  return {
    ...store,
    write: (name, args) => {
      const code = fails(name);
      return code ? Promise.reject(new StoreError(code, "the disk is on fire")) : store.write(name, args);
    },
    read: (name, args) => fails(name) ? Promise.reject(new StoreError("SQLITE_BUSY", "busy")) : store.read(name, args),
    octets: (id) => store.octets(id),
    get waitingWrites() {
      return store.waitingWrites;
    },
    close: () => store.close(),
  };
}

test.each([["SQLITE_FULL", 452], ["SQLITE_BUSY", 451], ["SQLITE_IOERR", 451]])(
  "while the store fails with %s a message is refused with %i, and the memory is given back",
  async (code, expected) => {
    const store = failingStore(stored().store, (name) => name === "acceptMessage" ? code : null);
    const { take, worker } = await relay({}, {}, store);
    expect(await take({})).toMatchObject({ code: expected });
    expect(worker.reserve(1_000_000)).not.toBeNull();
    expect((await stored().store.read("queueSize", null)).waitingMessages).toBe(0);
  },
);

test("the end of an attempt is written down once the store can again, and nothing is sent twice", async () => {
  const upstream = await peer();
  let failures = 0;
  const store = failingStore(stored().store, (name) => name === "settle" && failures++ < 1 ? "SQLITE_BUSY" : null);
  const { take, warnings } = await relay({ upstreams: [{ port: upstream.port }] }, {}, store);
  expect((await ended(await take({}))).outcomes).toEqual(["first delivered"]);
  expect(upstream.messages.length).toBe(1);
  expect(warnings).toEqual(["the end of an attempt could not be written"]);
});

test("what waits for its turn when the worker stops is not hurried out, and the next start sends it at once", async () => {
  const upstream = await peer();
  const slow = await relay({ upstreams: [{ port: upstream.port, messagesPerMinute: 1 }] });
  await ended(await slow.take({}));
  const id = await slow.take({});
  await waitFor("its turn to be awaited", () => slow.worker.lanes[0]!.state.running === 1);
  await slow.stop();
  expect(upstream.messages.length).toBe(1);
  const again = await relay({ upstreams: [{ port: upstream.port }] });
  expect(await ended(id)).toMatchObject({ states: ["delivered"], outcomes: ["first delivered"] });
  expect(upstream.messages.length).toBe(2);
  await again.stop();
});

test("messages whose connections are all refused at the same moment are deferred, and none is left behind", async () => {
  const port = await freePort();
  const { take, worker } = await relay({ upstreams: [{ port }] });
  for (let round = 0; round < 20; round++) {
    worker.retryNow();
    const ids = await Promise.all([take({}), take({}), take({})]);
    for (const id of ids) {
      await waitFor("its deferral", async () => (await historyOf(Number(id))).deliveries.length > 0);
    }
  }
});

test("a queue that could not be read for a while is read again", async () => {
  const upstream = await peer();
  let failing = true;
  const store = failingStore(stored().store, (name) => failing && name === "dueMessages" ? "SQLITE_BUSY" : null);
  const { take, worker, warnings } = await relay({ upstreams: [{ port: upstream.port }] }, {
    policy: () => ({ retry: { firstMs: 100, factor: 1, maxMs: 100, jitter: 0 }, lifetimeMs: 60_000, hotMemory: 0 }),
  }, store);
  const id = await take({});
  await waitFor("the warning", () => warnings.includes("the queue could not be read"));
  failing = false;
  worker.look();
  expect((await ended(id)).states).toEqual(["delivered"]);
});

test("what has just been delivered when the relay stops is written down before it has stopped", async () => {
  const upstream = await peer();
  const { take, worker } = await relay({ upstreams: [{ port: upstream.port }] });
  const ids = await Promise.all(Array.from({ length: 20 }, () => take({})));
  await waitFor("the first delivery", () => upstream.messages.length > 0);
  await worker.stop();
  const states = await Promise.all(ids.map(async (id) => (await historyOf(id)).recipients[0]!.state));
  expect(states.filter((state) => state === "delivered").length).toBe(upstream.messages.length);
});

test("a restart takes up what waits, and every message arrives once", async () => {
  const upstream = await peer();
  const first = await relay({ upstreams: [{ port: upstream.port }] });
  const ids = await Promise.all(Array.from({ length: 30 }, () => first.take({})));
  await first.stop();
  await stored().reopen();
  await relay({ upstreams: [{ port: upstream.port }] }, {}, stored().store);
  for (const id of ids) expect((await ended(id)).states).toEqual(["delivered"]);
  expect(upstream.messages.length).toBe(30);
});

test("what another node has claimed is left alone until its claim ends", async () => {
  const upstream = await peer();
  const crashed = await relay({}, { owner: "other-node" });
  const id = await crashed.take({});
  await waitFor("the attempt", async () => (await historyOf(id)).deliveries.length > 0);
  await crashed.stop();
  const until = Date.now() + 1_500;
  await stored().store.write("claim", {
    messageId: Number(id),
    positions: [0],
    owner: "other-node",
    now: until,
    until,
  });
  const { worker } = await relay({ upstreams: [{ port: upstream.port }] });
  worker.retryNow();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(upstream.connections).toBe(0);
  expect((await ended(id)).states).toEqual(["delivered"]);
  expect(Date.now()).toBeGreaterThanOrEqual(until);
});

test("a message that its owner has removed is not sent", async () => {
  const upstream = await peer();
  const { take } = await relay({}, {});
  const id = await take({ text: `Subject: large\r\n\r\n${"x".repeat(98)}\r\n`.repeat(4000) });
  expect(await stored().store.write("actOnQueue", { messageId: Number(id), action: "remove", now: Date.now() })).toBe(
    1,
  );
  const { worker } = await relay({ upstreams: [{ port: upstream.port }] });
  worker.look();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(upstream.messages).toEqual([]);
  expect((await historyOf(id)).recipients[0]!.state).toBe("removed");
});
