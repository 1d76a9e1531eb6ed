import { expect, test } from "vitest";
import { type PeerScript, startFaultyPeer } from "../../tests/support/faulty-peer.ts";
import { createRandom } from "../../tests/support/random.ts";
import { COMMAND_BY_COMMAND, createRelayScene } from "../../tests/support/relay-scene.ts";
import { waitFor } from "../../tests/support/wait.ts";

const { stored, peer, relay, historyOf, ended } = createRelayScene();

test("a message is delivered with one Received field more, and its octets leave the spool", async () => {
  const upstream = await peer();
  const { take } = await relay({ upstreams: [{ port: upstream.port }] });
  const id = await take({ text: "Subject: one\r\nMessage-ID: <1@example.net>\r\n\r\nText.\r\n" });
  expect(await ended(id)).toMatchObject({
    states: ["delivered"],
    outcomes: ["first delivered"],
    message: { subject: "one", messageId: "1@example.net", origin: "relay" },
  });
  expect(upstream.messages).toEqual([
    expect.stringMatching(/^Received: from client\.example .*by relay\.test .*with ESMTP .*\r\nSubject: one\r\n/s),
  ]);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stored().store.octets(Number(id))) chunks.push(chunk);
  expect(chunks).toEqual([]);
});

test("a message of many chunks is delivered octet for octet", async () => {
  const upstream = await peer({ EHLO: "250-peer.test\r\n250 PIPELINING\r\n" });
  const { take } = await relay({ upstreams: [{ port: upstream.port }] });
  const text = `Subject: large\r\n\r\n${`${"x".repeat(98)}\r\n`.repeat(5000)}`;
  await ended(await take({ text }));
  expect(upstream.messages[0]!.endsWith(text)).toBe(true);
});

test("a 4xx is tried again until it is taken, each time by the next attempt", async () => {
  const upstream = await peer({ RCPT: ["450 4.2.0 busy\r\n", "450 4.2.0 busy\r\n", "250 ok\r\n"] });
  const { take } = await relay({ upstreams: [{ port: upstream.port }] });
  const { states, outcomes, recipients } = await ended(await take({}));
  expect(states).toEqual(["delivered"]);
  expect(outcomes).toEqual(["first deferred", "first deferred", "first delivered"]);
  expect(recipients[0]).toMatchObject({ attempts: 3, lastReply: "250 2.0.0 taken", leaseOwner: null });
});

test("a 5xx goes back to the sender as a bounce, and is not tried again", async () => {
  const upstream = await peer({ EHLO: COMMAND_BY_COMMAND, RCPT: ["550 5.1.1 no such user\r\n", "250 ok\r\n"] });
  const { take } = await relay({ upstreams: [{ port: upstream.port }] });
  expect((await ended(await take({}))).states).toEqual(["bounced"]);
  await waitFor("the bounce", () => upstream.messages.length === 1);
  expect(upstream.messages[0]).toMatch(/Content-Type: multipart\/report.*550 5\.1\.1 no such user/s);
  expect(upstream.messages[0]).toContain("Remote-MTA: dns; [127.0.0.1]\r\n");
  expect(upstream.commands.filter((line) => /^(MAIL|RCPT)/.test(line)).slice(-2)).toEqual([
    expect.stringMatching(/^MAIL FROM:<>/),
    "RCPT TO:<a@example.net>",
  ]);
});

test("a bounce that is refused is not bounced", async () => {
  const upstream = await peer({ EHLO: COMMAND_BY_COMMAND, RCPT: "550 5.1.1 no such user\r\n" });
  const { take } = await relay({ upstreams: [{ port: upstream.port }] });
  expect((await ended(await take({ from: "" }))).states).toEqual(["bounced"]);
  expect((await ended(await take({}))).states).toEqual(["bounced"]);
  await waitFor("the bounce's end", async () => (await stored().store.read("queueSize", null)).waitingMessages === 0);
  expect(upstream.messages).toEqual([]);
  expect(upstream.commands.filter((line) => line.startsWith("RCPT")).length).toBe(3);
});

test("a message that is tried for too long goes back with the last reply", async () => {
  const upstream = await peer({ EHLO: COMMAND_BY_COMMAND, RCPT: ["450 4.2.0 busy\r\n", "250 ok\r\n"] });
  const policy = () => ({ retry: { firstMs: 100, factor: 1, maxMs: 100, jitter: 0 }, lifetimeMs: 0, hotMemory: 0 });
  const { take } = await relay({ upstreams: [{ port: upstream.port }] }, { policy });
  const id = await take({});
  expect((await ended(id)).states).toEqual(["bounced"]);
  await waitFor("the bounce", () => upstream.messages.length === 1);
  expect(upstream.messages[0]).toContain("Status: 4.4.7");
});

test("recipients with mixed results: who was taken is not served again, who was refused is told of", async () => {
  const upstream = await peer({
    EHLO: COMMAND_BY_COMMAND,
    RCPT: ["250 ok\r\n", "550 5.1.1 who?\r\n", "450 4.2.0 busy\r\n", "250 ok\r\n", "250 ok\r\n"],
  });
  const { take } = await relay({ upstreams: [{ port: upstream.port }] });
  const { states, recipients } = await ended(await take({ to: ["b@example.org", "c@example.org", "d@example.org"] }));
  expect(states).toEqual(["delivered", "bounced", "delivered"]);
  expect(recipients.map((recipient) => recipient.attempts)).toEqual([1, 1, 2]);
  await waitFor("both messages and the bounce", () => upstream.messages.length === 3);
  const served = upstream.commands.filter((line) => line.startsWith("RCPT"));
  expect(served.filter((line) => line.includes("b@example.org")).length).toBe(1);
  expect(served.filter((line) => line.includes("d@example.org")).length).toBe(2);
  expect(upstream.messages.filter((text) => text.includes("multipart/report")).length).toBe(1);
});

test("recipients that are put off together are due together, and go in one transaction", async () => {
  const upstream = await peer({
    EHLO: COMMAND_BY_COMMAND,
    RCPT: [...Array.from({ length: 5 }, () => "450 4.2.0 busy\r\n"), "250 ok\r\n"],
  });
  const { take } = await relay({ upstreams: [{ port: upstream.port }] }, {
    random: createRandom(1),
    policy: () => ({
      retry: { firstMs: 700, factor: 1, maxMs: 700, jitter: 1 },
      lifetimeMs: 3_600_000,
      hotMemory: 1_000_000,
    }),
  });
  const { states } = await ended(await take({ to: ["a", "b", "c", "d", "e"].map((name) => `${name}@example.org`) }));
  expect(states).toEqual(["delivered", "delivered", "delivered", "delivered", "delivered"]);
  expect(upstream.messages.length).toBe(1);
});

test("a lost final reply is unknown, and is tried again once the upstream must have given up", async () => {
  const upstream = await peer({
    RCPT: ["250 ok\r\n", "550 5.1.1 who?\r\n", "250 ok\r\n"],
    message: ["cut", "250 ok\r\n"],
  });
  const { take } = await relay({ upstreams: [{ port: upstream.port, finalReplyTimeoutMs: 700 }] });
  const id = await take({ to: ["b@example.org", "c@example.org"] });
  const after = await waitFor("the first attempt", async () => {
    const { deliveries, recipients } = await historyOf(id);
    return deliveries[0] && { delivery: deliveries[0], recipients };
  });
  expect(after.delivery.outcome).toBe("unknown");
  // The one that was refused by name is not unknown.
  expect(after.recipients.map((recipient) => recipient.state)).toEqual(["waiting", "bounced"]);
  expect(after.recipients[0]!.nextAttemptAt - after.recipients[0]!.changedAt).toBeGreaterThanOrEqual(700);
  expect((await ended(id)).states).toEqual(["delivered", "bounced"]);
});

test("an upstream that is away is passed over for the next of the route", async () => {
  const away = await startFaultyPeer();
  await away.close();
  const backup = await peer();
  const upstreams = [{ name: "first", port: away.port }, { name: "backup", port: backup.port }];
  const { take, worker } = await relay({ upstreams, routes: [{ via: ["first", "backup"] }] });
  const { states, outcomes } = await ended(await take({}));
  expect([states, outcomes]).toEqual([["delivered"], ["backup delivered"]]);
  expect(worker.lanes.find((lane) => lane.name === "first")?.state.down?.reply.local).toBe(true);
});

test.each<[string, PeerScript]>([
  ["greets with 554", { greeting: "554 go away\r\n" }],
  ["refuses EHLO and HELO", { EHLO: "550 no\r\n", HELO: "550 no\r\n" }],
])("an upstream that %s says nothing about the message: it waits", async (_, script) => {
  const upstream = await peer(script);
  const { take } = await relay({ upstreams: [{ port: upstream.port }] });
  const id = await take({});
  const { recipients } = await waitFor("the attempt", async () => {
    const history = await historyOf(id);
    return history.deliveries.length > 0 && history;
  });
  expect(recipients[0]!.state).toBe("waiting");
});

test("without an upstream a message waits, and says why", async () => {
  const { take } = await relay({});
  const id = await take({});
  const { recipients } = await waitFor("the attempt", async () => {
    const history = await historyOf(id);
    return history.deliveries.length > 0 && history;
  });
  expect(recipients[0]).toMatchObject({
    state: "waiting",
    lastReply: expect.stringContaining("no upstream is configured"),
  });
});

test.each<[string, PeerScript]>([
  ["closed", { RSET: "cut", MAIL: ["250 ok\r\n", "cut", "250 ok\r\n"] }],
  ["closed with a 421", { RSET: "cut", MAIL: ["250 ok\r\n", "421 4.4.2 idle for too long\r\n", "250 ok\r\n"] }],
])("a reused connection that the upstream has %s costs no attempt", async (_, script) => {
  const upstream = await peer({ EHLO: COMMAND_BY_COMMAND, ...script });
  const { take } = await relay({ upstreams: [{ port: upstream.port }] });
  await ended(await take({}));
  const { outcomes, recipients } = await ended(await take({}));
  expect(outcomes).toEqual(["first delivered"]);
  expect(recipients[0]!.attempts).toBe(1);
  expect([upstream.connections, upstream.messages.length]).toEqual([2, 2]);
});

test("a message whose kept connection has gone stale gets a new one, since the others may have gone with it", async () => {
  const fine = "250 2.1.0 fine\r\n";
  const upstream = await peer({ MAIL: [fine, fine, fine, "cut", fine] });
  const { take } = await relay({ upstreams: [{ port: upstream.port }] });
  for (const id of await Promise.all([take({}), take({}), take({})])) await ended(id);
  const kept = upstream.connections;
  expect(kept).toBeGreaterThan(1);
  expect((await ended(await take({}))).outcomes).toEqual(["first delivered"]);
  expect(upstream.connections).toBe(kept + 1);
});

test("an upstream that was started anew gets the next messages at their first attempt", async () => {
  const before = await startFaultyPeer();
  const { take } = await relay({ upstreams: [{ port: before.port }] });
  for (const id of await Promise.all([take({}), take({}), take({})])) await ended(id);
  await before.close();
  const after = await startFaultyPeer({}, before.port);
  try {
    for (const id of await Promise.all([take({}), take({}), take({})])) {
      expect((await ended(id)).outcomes).toEqual(["first delivered"]);
    }
  } finally {
    await after.close();
  }
});

test("connections are reused, and left after as many messages as the upstream takes", async () => {
  const upstream = await peer();
  const { take, worker, records } = await relay({
    upstreams: [{ port: upstream.port, maxConnections: 1, messagesPerConnection: 2 }],
  });
  for (let count = 0; count < 5; count++) await ended(await take({}));
  expect(upstream.connections).toBe(3);
  await worker.stop();
  expect(records.map((record) => [record.outcome, record.messages])).toEqual([
    ["completed", 2],
    ["completed", 2],
    ["completed", 1],
  ]);
});

test("recipients that go different ways are served each by its own, once", async () => {
  const one = await peer();
  const other = await peer({ RCPT: "550 5.1.1 who?\r\n" });
  const { take } = await relay({
    upstreams: [{ name: "one", port: one.port }, { name: "other", port: other.port }],
    routes: [{ recipient: "*@other.example", via: ["other"] }],
  });
  const { states, outcomes } = await ended(await take({ to: ["b@example.org", "c@other.example", "d@example.org"] }));
  expect(states).toEqual(["delivered", "bounced", "delivered"]);
  expect([...outcomes].sort()).toEqual(["one delivered", "other refused"]);
  expect(one.commands.filter((line) => line.startsWith("RCPT"))).toEqual(
    expect.arrayContaining(["RCPT TO:<b@example.org>", "RCPT TO:<d@example.org>"]),
  );
  expect(one.commands).not.toContain("RCPT TO:<c@other.example>");
});

test("a message that arrives while memory is full goes by the spool", async () => {
  const upstream = await peer({ EHLO: COMMAND_BY_COMMAND });
  const policy = () => ({
    retry: { firstMs: 150, factor: 1, maxMs: 150, jitter: 0 },
    lifetimeMs: 60_000,
    hotMemory: 600,
  });
  const { take, worker } = await relay({ upstreams: [{ port: upstream.port, maxConnections: 1 }] }, { policy });
  const taken = await Promise.all(Array.from({ length: 8 }, () => take({})));
  for (const id of taken) expect((await ended(id)).states).toEqual(["delivered"]);
  expect(upstream.messages.length).toBe(8);
  // All memory was given back.
  await waitFor("the memory", () => {
    const reserved = worker.reserve(600);
    if (reserved) worker.unreserve(600);
    return reserved !== null;
  });
});

test("a message whose commit took longer than its claim is sent once, by who has found it due meanwhile", async () => {
  const upstream = await peer();
  const policy = () => ({
    retry: { firstMs: 1, factor: 1, maxMs: 1, jitter: 0 },
    lifetimeMs: 60_000,
    hotMemory: 1_000_000,
  });
  const { store } = stored();
  let isSlow = true;
  const slow = Object.assign(Object.create(store) as typeof store, {
    write: async (...args: Parameters<typeof store.write>) => {
      const written = await store.write(...args);
      if (args[0] !== "acceptMessage" || !isSlow) return written;
      // The answer comes when the message has long been found in the queue, and sent.
      isSlow = false;
      worker.look();
      await waitFor("the message", () => upstream.messages.length === 1);
      return written;
    },
  });
  const { take, worker } = await relay({ upstreams: [{ port: upstream.port, maxConnections: 1 }] }, { policy }, slow);
  const id = await take({});
  expect((await ended(id)).outcomes).toEqual(["first delivered"]);
  await ended(await take({ from: "behind@example.net" }));
  expect(upstream.commands.filter((line) => line.startsWith("MAIL"))).toEqual([
    expect.stringContaining("<a@example.net>"),
    expect.stringContaining("<behind@example.net>"),
  ]);
});
