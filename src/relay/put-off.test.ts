import { expect, test } from "vitest";
import { freePort } from "../../tests/support/free-port.ts";
import { startFaultyPeer } from "../../tests/support/faulty-peer.ts";
import { directoryOf } from "../../tests/support/relay.ts";
import { createRelayScene } from "../../tests/support/relay-scene.ts";
import { waitFor } from "../../tests/support/wait.ts";
import type { DueMessage } from "../store/queries/queue.ts";
import { type Road, sortDue, type SortingFacts } from "./put-off.ts";

const { stored, peer, relay, historyOf, ended } = createRelayScene();

const HOUR_MS = 3_600_000;
const reply = { code: 451, enhanced: "4.4.1", lines: ["no connection"], local: true } as const;
const away: Road = { closed: { reply, sessionId: 1, until: 5_000, isProbed: true }, isFull: false };
const usedUp: Road = { closed: { ...away.closed!, until: 9_000, isProbed: false }, isFull: false };
const open: Road = { closed: null, isFull: false };
const full: Road = { closed: null, isFull: true };

function dueOf(message: object = {}, recipient: object = {}): DueMessage {
  return {
    message: { id: 7, sender: "a@example.net", receivedAt: 0, ...message },
    recipients: [{ position: 0, address: "b@example.org", attempts: 0, warnedAt: null, notify: null, ...recipient }],
  } as unknown as DueMessage;
}

function sortOne(roads: Record<string, Road>, due = dueOf(), facts: Partial<SortingFacts> = {}) {
  return sortDue([due], {
    now: 1_000,
    ways: ({ recipients }) => [{ via: Object.keys(roads), recipients }],
    road: (name) => roads[name]!,
    maxDelayMs: HOUR_MS,
    lifetimeMs: 24 * HOUR_MS,
    warnAfterMs: 4 * HOUR_MS,
    ...facts,
  });
}

test("what is due is tried where an upstream of its way is open, passed over where that is full, else put off", () => {
  expect(sortOne({ a: open }).taken.length).toBe(1);
  expect(sortOne({ a: away, b: open }).taken.length).toBe(1);
  expect(sortOne({}).taken.length).toBe(1);
  expect(sortOne({ a: away, b: full })).toMatchObject({ taken: [], passedOver: [{ upstream: "b", positions: [0] }] });
  expect(sortOne({ a: away, b: usedUp })).toEqual({
    taken: [],
    passedOver: [],
    putOff: [{ messageId: 7, positions: [0], upstream: "a", reply: "no connection", until: 1_000 + HOUR_MS }],
  });
});

test("an upstream that opens at a known time is waited for until then", () => {
  expect(sortOne({ a: usedUp }).putOff[0]!.until).toBe(9_000);
});

test("nothing is put off beyond the time at which its sender is told, or it is given up; then it is tried", () => {
  const until = (facts: Partial<SortingFacts>, recipient = {}) =>
    sortOne({ a: away }, dueOf({}, recipient), facts).putOff[0]?.until;
  expect(until({ warnAfterMs: 2_000 })).toBe(2_000);
  expect(until({ warnAfterMs: 500 })).toBeUndefined();
  expect(until({ warnAfterMs: 500 }, { warnedAt: 700 })).toBe(1_000 + HOUR_MS);
  expect(until({ warnAfterMs: 0, lifetimeMs: 3_000 })).toBe(3_000);
  expect(until({ warnAfterMs: 0, lifetimeMs: 1_000 })).toBeUndefined();
});

const policy = (changes = {}) => () => ({
  retry: { firstMs: 100, factor: 1, maxMs: HOUR_MS, jitter: 0 },
  lifetimeMs: HOUR_MS,
  hotMemory: 0,
  ...changes,
});

const seldom = { firstMs: HOUR_MS, factor: 1, maxMs: HOUR_MS, jitter: 0 };

/** Queues messages, each after one attempt that is then forgotten: a second one could be under way by then. */
async function queued(count: number): Promise<number[]> {
  const other = policy({ hotMemory: 1_000_000, retry: seldom });
  const { take, stop } = await relay({}, { policy: other, owner: "other-node" });
  const ids = await Promise.all(Array.from({ length: count }, () => take({})));
  for (const id of ids) {
    await waitFor("its place in the queue", async () => (await historyOf(id)).deliveries.length > 0);
  }
  await stop();
  await stored().sql("delete from delivery; update recipient set attempts = 0, next_attempt_at = 1, last_reply = null");
  return ids.map(Number);
}

test("of many messages for an upstream that is away a few find it out; the others wait without an attempt, and go when it is back", async () => {
  const ids = await queued(300);
  const port = await freePort();
  const { worker } = await relay({ upstreams: [{ port, maxConnections: 1 }] }, { policy: policy() });
  const rows = () => stored().store.read("queuedMessages", { limit: 1_000 });
  await waitFor("all to know why they wait", async () => {
    return (await rows()).every(({ recipients }) => recipients[0]!.lastReply !== null);
  }, 10_000);
  const before = (await rows()).map(({ recipients }) => recipients[0]!);
  expect(before.filter(({ attempts }) => attempts === 0).length).toBeGreaterThanOrEqual(200);
  for (const { attempts, lastReply, awaitsLine, upstream, leaseOwner } of before) {
    expect({ lastReply, awaitsLine, upstream }).toMatchObject({
      lastReply: expect.stringMatching(/^no connection: /),
      awaitsLine: true,
      upstream: "first",
    });
    if (attempts === 0) expect(leaseOwner).toBeNull();
  }
  const { reasons } = await stored().store.read("queueOverview", null);
  expect(reasons.map(({ upstream, messages }) => [upstream, messages])).toEqual([["first", 300]]);
  const back = await startFaultyPeer({}, port);
  try {
    worker.lineSeen();
    for (const id of ids) expect((await ended(id)).states).toEqual(["delivered"]);
    expect(back.messages.length).toBe(300);
  } finally {
    await back.close();
  }
});

test("a login that is refused is asked about by one message at a time, and those put off go once it is let in", async () => {
  const ids = await queued(150);
  // Refused until the test says otherwise: by the second message that asks it could be let in before anybody has looked.
  let isLetIn = false;
  const upstream = await peer({
    EHLO: "250-peer.test\r\n250 AUTH PLAIN\r\n",
    get AUTH() {
      return isLetIn ? "235 2.7.0 welcome\r\n" : "535 5.7.8 no\r\n";
    },
  });
  const login = { username: "u", password: { reveal: () => "p" } };
  const { worker } = await relay({
    upstreams: [{ port: upstream.port, maxConnections: 1, ...login } as object],
  }, { policy: policy({ retry: seldom }) });
  await waitFor("the refusal", () => worker.lanes[0]?.state.down);
  const rows = () => stored().store.read("queuedMessages", { limit: 1_000 });
  await waitFor("all to know why they wait", async () => {
    return (await rows()).every(({ recipients }) => recipients[0]!.lastReply?.includes("5.7.8"));
  });
  expect(await rows()).toHaveLength(ids.length);
  isLetIn = true;
  const putOff = (await rows()).filter(({ recipients }) => recipients[0]!.awaitsLine).map(({ message }) => message.id);
  expect(putOff.length).toBeGreaterThan(0);
  worker.settingsChanged();
  await waitFor("those that were put off to go", async () => {
    const left = new Set((await rows()).map(({ message }) => message.id));
    return putOff.every((id) => !left.has(id));
  });
});

test("mail that came before there was any upstream goes as soon as one is set up", async () => {
  const upstream = await peer();
  let directory = directoryOf({ upstreams: [] });
  const { take, worker } = await relay({ upstreams: [] }, {
    directory: () => directory,
    policy: policy({ retry: seldom }),
  });
  const id = await take({});
  await waitFor("its first attempt", async () => (await historyOf(id)).deliveries.length > 0);
  directory = directoryOf({ upstreams: [{ port: upstream.port }] });
  worker.settingsChanged();
  expect((await ended(id)).states).toEqual(["delivered"]);
});

test("with its upstream away a message goes back to its sender when its time is over, though it was put off", async () => {
  const [id] = await queued(1);
  const backup = await peer();
  const upstreams = [{ port: await freePort() }, { name: "reports", port: backup.port }];
  const routes = [{ sender: "*@example.net", via: ["first"] }, { via: ["reports"] }];
  await relay({ upstreams, routes }, { policy: policy({ lifetimeMs: 1_500 }) });
  expect((await ended(id!)).states).toEqual(["bounced"]);
  await waitFor("the bounce", () => backup.messages.length === 1);
});
