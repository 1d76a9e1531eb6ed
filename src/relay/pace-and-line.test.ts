import { expect, test } from "vitest";
import { type FaultyPeer, startFaultyPeer } from "../../tests/support/faulty-peer.ts";
import { freePort } from "../../tests/support/free-port.ts";
import { createRelayScene } from "../../tests/support/relay-scene.ts";
import { waitFor } from "../../tests/support/wait.ts";

const { peer, relay, ended, historyOf, stored } = createRelayScene();

const policy = (firstMs: number, hotMemory = 1_000_000) => () => ({
  retry: { firstMs, factor: 1, maxMs: firstMs, jitter: 0 },
  lifetimeMs: 3_600_000,
  hotMemory,
});

test("an upstream that asks for less gets less, and the state of its lane says so", async () => {
  const busy = await peer({ MAIL: ["450 4.2.1 too fast\r\n", "250 ok\r\n"] });
  const { take, worker } = await relay({ upstreams: [{ port: busy.port, maxConnections: 8 }] });
  const { outcomes } = await ended(await take({}));
  expect(outcomes).toEqual(["first deferred", "first delivered"]);
  expect(worker.lanes[0]!.state).toMatchObject({ connections: 4, maxConnections: 8, perMinute: 30 });
  expect(worker.lanes[0]!.state.slowedAt).toBeGreaterThan(0);
});

test("what waits for its turn is known, with the pace that it waits for", async () => {
  const upstream = await peer();
  const { take, worker } = await relay({ upstreams: [{ port: upstream.port, messagesPerMinute: 1 }] });
  const first = await take({});
  await ended(first);
  const [second, third] = [await take({}), await take({})];
  await waitFor("its turn to be awaited", () => worker.turns.size === 2);
  for (const id of [second, third]) expect(worker.turns.get(Number(id))).toEqual({ upstream: "first", perMinute: 1 });
  expect(worker.turns.has(Number(first))).toBe(false);
});

test("a refusal that is one of this message does not slow the pace down", async () => {
  const strict = await peer({ RCPT: "550 5.1.1 who?\r\n" });
  const { take, worker } = await relay({ upstreams: [{ port: strict.port }] });
  await ended(await take({ from: "" }));
  expect(worker.lanes[0]!.state).toMatchObject({ perMinute: null, slowedAt: null });
});

test("a provider's refusal for good that speaks of its quota does not give the message up, and the next serves", async () => {
  const used = await peer({ MAIL: "550 5.4.5 Daily user sending limit exceeded.\r\n" });
  const backup = await peer();
  const upstreams = [{ port: used.port, provider: "gmail" }, { name: "backup", port: backup.port }];
  const { take, worker } = await relay({ upstreams, routes: [{ via: ["first", "backup"] }] });
  const { states, outcomes } = await ended(await take({}));
  expect([states, outcomes]).toEqual([["delivered"], ["first deferred", "backup delivered"]]);
  expect(worker.lanes[0]!.state.down?.reply.enhanced).toBe("5.4.5");
});

test("messages of a day are counted, and what is more goes by the next upstream", async () => {
  const [first, backup] = [await peer(), await peer()];
  const upstreams = [{ port: first.port, messagesPerDay: 2 }, { name: "backup", port: backup.port }];
  const entries = { upstreams, routes: [{ via: ["first", "backup"] }] };
  const { take, stop } = await relay(entries);
  for (const wanted of ["first", "first", "backup"]) {
    expect((await ended(await take({}))).outcomes).toEqual([`${wanted} delivered`]);
  }
  await stop();
  // Another run knows what the one before has sent.
  const again = await relay(entries);
  expect(again.worker.lanes.map(({ state }) => [state.name, state.sentInDay])).toEqual([["first", 2]]);
  expect((await ended(await again.take({}))).outcomes).toEqual(["backup delivered"]);
});

const named = (...names: string[]) => names.map((name) => `${name}@example.org`);
const recipientsOf = ({ commands }: FaultyPeer) =>
  commands.flatMap((line) => /^RCPT TO:<(\w+)@/.exec(line)?.slice(1) ?? []).join("");

test("a message goes to as many recipients as are left of the day, and to the others by the next upstream", async () => {
  const [first, backup] = [await peer(), await peer()];
  const upstreams = [{ port: first.port, recipientsPerDay: 5 }, { name: "backup", port: backup.port }];
  const entries = { upstreams, routes: [{ via: ["first", "backup"] }] };
  const { take, worker, stop } = await relay(entries);
  expect((await ended(await take({ to: named("b", "c") }))).outcomes).toEqual(["first delivered"]);
  const { states, outcomes } = await ended(await take({ to: named("d", "e", "f", "g", "h") }));
  expect(states).toEqual(new Array(5).fill("delivered"));
  expect(outcomes.sort()).toEqual(["backup delivered", "first delivered"]);
  expect([recipientsOf(first), recipientsOf(backup)]).toEqual(["bcdef", "gh"]);
  expect(worker.lane("first").state).toMatchObject({ recipientsInDay: 5, recipientsPerDay: 5 });
  expect(worker.lane("first").state.down?.reply.lines[0]).toContain("as many recipients as recipients_per_day allows");
  await stop();
  // Another run knows what the one before has sent.
  const again = await relay(entries);
  expect((await ended(await again.take({}))).outcomes).toEqual(["backup delivered"]);
  expect(again.worker.lane("first").state.recipientsInDay).toBe(5);
});

test("without another upstream the others wait until recipients of the day are free again", async () => {
  const first = await peer();
  let skippedMs = 0;
  const { take, worker } = await relay({ upstreams: [{ port: first.port, recipientsPerDay: 2 }] }, {
    clock: { now: () => Date.now() + skippedMs },
    policy: () => ({ ...policy(150)(), lifetimeMs: 432_000_000 }),
  });
  const id = await take({ to: named("b", "c", "d") });
  const waiting = await waitFor("the others to be put off", async () => {
    const { recipients } = await historyOf(id);
    return recipients.find(({ nextAttemptAt, state }) => state === "waiting" && nextAttemptAt > Date.now() + 60_000);
  });
  expect(waiting.lastReply).toContain("recipients_per_day");
  expect(recipientsOf(first)).toBe("bc");
  skippedMs = 25 * 3_600_000;
  worker.look();
  expect((await ended(id)).states).toEqual(["delivered", "delivered", "delivered"]);
  expect(recipientsOf(first)).toBe("bcd");
});

test("recipients that the upstream refuses do not count, those of whom the answer was lost do", async () => {
  const first = await peer({
    RCPT: ["550 5.1.1 who?\r\n", "250 2.1.5 fine\r\n"],
    message: ["250 2.0.0 taken\r\n", "cut"],
  });
  const entries = { upstreams: [{ port: first.port, recipientsPerDay: 10, finalReplyTimeoutMs: 60_000 }] };
  const { take, worker, stop } = await relay(entries, { policy: policy(60_000) });
  await ended(await take({ from: "", to: named("b", "c", "d") }));
  expect(worker.lane("first").state.recipientsInDay).toBe(2);
  const lost = await take({ to: named("e", "f", "g") });
  await waitFor("the attempt", async () => (await historyOf(lost)).deliveries.length > 0);
  expect(worker.lane("first").state.recipientsInDay).toBe(5);
  await stop();
  const again = await relay(entries);
  expect(again.worker.lane("first").state.recipientsInDay).toBe(5);
});

test("a message with more recipients than the settings allow at a time is handed over in turns", async () => {
  const upstream = await peer();
  const { take } = await relay({ upstreams: [{ port: upstream.port, recipientsPerMessage: 2, maxConnections: 1 }] });
  const to = ["b", "c", "d", "e", "f"].map((name) => `${name}@example.org`);
  const { states } = await ended(await take({ to }));
  expect(states).toEqual(to.map(() => "delivered"));
  expect(upstream.commands.filter((line) => /^[MR]/.test(line)).map((line) => line[0]).join("")).toBe("MRRMRRMR");
});

test("an upstream that stalls with a long queue holds up none of the others", async () => {
  const [slow, quick] = [await peer({ MAIL: "silent" }), await peer()];
  const upstreams = [
    { name: "slow", port: slow.port, maxConnections: 1, commandTimeoutMs: 60_000 },
    { name: "quick", port: quick.port },
  ];
  const routes = [{ recipient: "*@slow.example", via: ["slow"] }, { via: ["quick"] }];
  const { take, worker } = await relay({ upstreams, routes }, { policy: policy(60_000, 0) });
  await Promise.all(Array.from({ length: 260 }, () => take({ to: ["b@slow.example"] })));
  const id = await take({ to: ["b@quick.example"] });
  expect((await ended(id)).outcomes).toEqual(["quick delivered"]);
  const lane = worker.lanes.find(({ name }) => name === "slow")!;
  expect(lane.isFull).toBe(true);
  expect(lane.state.waiting).toBeLessThanOrEqual(110);
  await slow.close();
});

test("what waited for the line goes at once when it is back, however far its next attempt was", async () => {
  const port = await freePort();
  const { take, worker } = await relay({ upstreams: [{ port }] }, { policy: policy(3_600_000) });
  const id = await take({});
  await waitFor("the attempt", async () => (await historyOf(id)).deliveries.length > 0);
  const waiting = (await historyOf(id)).recipients[0]!;
  expect(waiting).toMatchObject({ state: "waiting", awaitsLine: true });
  const back = await startFaultyPeer({}, port);
  try {
    worker.lineSeen();
    expect((await ended(id)).states).toEqual(["delivered"]);
  } finally {
    await back.close();
  }
});

test("a line that is back wakes nobody whose upstream has refused the message", async () => {
  const upstream = await peer({ MAIL: "451 4.3.0 later\r\n" });
  const { take } = await relay({ upstreams: [{ port: upstream.port }] }, { policy: policy(3_600_000) });
  const id = await take({});
  await waitFor("the attempt", async () => (await historyOf(id)).deliveries.length > 0);
  expect(await stored().store.write("wakeLine", { upstreams: ["first"], limit: 10 })).toBe(0);
});
