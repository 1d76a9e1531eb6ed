import { expect, test } from "vitest";
import { directoryOf } from "../../tests/support/relay.ts";
import { createRelayScene } from "../../tests/support/relay-scene.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { createIds, formatId } from "../store/ids.ts";
import { systemClock } from "../wire/clock.ts";
import { createOwnerActions, OwnerRequestError } from "./owner-actions.ts";

const { peer, relay, ended, historyOf, stored } = createRelayScene();

const policy = () => ({
  retry: { firstMs: 3_600_000, factor: 1, maxMs: 3_600_000, jitter: 0 },
  lifetimeMs: 36_000_000,
  hotMemory: 1_000_000,
});

/** A message that waits for an upstream that puts it off, another upstream, and the actions of an owner. */
async function scene(from = "a@example.net") {
  const first = await peer({ EHLO: "250 peer.test\r\n", MAIL: "451 4.3.0 not now\r\n" });
  const second = await peer();
  const entries = {
    upstreams: [
      { name: "first", port: first.port },
      { name: "second", port: second.port, senders: ["*@example.net"] },
    ],
    routes: [{ sender: "*@*", via: ["first"] }, { via: ["second"] }],
  };
  const { take, worker } = await relay(entries, { policy });
  const directory = directoryOf(entries);
  const nextId = createIds(systemClock, 9);
  const actions = createOwnerActions({
    store: stored().store,
    clock: systemClock,
    nextId,
    hostname: () => "relay.test",
    directory: () => directory,
  });
  const id = Number(await take({ from }));
  await waitFor("the attempt", async () => (await historyOf(id)).deliveries.length > 0);
  return { id, take, actions, worker, second };
}

test("a message is sent by another upstream, and its history says who wanted it", async () => {
  const { id, actions, worker } = await scene();
  expect(await actions({ action: "send-by", ids: [id], by: "second" }, "anna")).toEqual([{ id, changed: 1 }]);
  worker.retryNow();
  expect((await ended(id)).outcomes).toEqual(["first deferred", "second delivered"]);
  expect((await historyOf(id)).actions).toMatchObject([{ actor: "anna", action: "send-by", detail: "second" }]);
});

test("not by one that does not allow its sender, nor by one that does not exist", async () => {
  const { id, actions } = await scene("a@other.example");
  const [result] = await actions({ action: "send-by", ids: [id], by: "second" }, "anna");
  expect(result).toMatchObject({
    changed: 0,
    refused: expect.stringContaining("does not let us send as a@other.example"),
  });
  await expect(actions({ action: "send-by", ids: [id], by: "third" }, "anna")).rejects.toThrow(OwnerRequestError);
  expect((await historyOf(id)).actions).toEqual([]);
});

test("a held message stays held, and goes by the other upstream once it is released: the answer says so", async () => {
  const { id, actions, worker } = await scene();
  await actions({ action: "hold", ids: [id] }, "anna");
  expect(await actions({ action: "send-by", ids: [id], by: "second" }, "anna")).toEqual([{ id, changed: 1, held: 1 }]);
  const change = { action: "readdress", ids: [id], from: "b@example.org", to: "c@example.org" } as const;
  expect(await actions(change, "anna")).toEqual([{ id, changed: 1, held: 1 }]);
  expect((await historyOf(id)).recipients).toMatchObject([{ state: "held", sendBy: "second" }]);
  await actions({ action: "release", ids: [id] }, "anna");
  worker.retryNow();
  expect((await ended(id)).outcomes).toEqual(["first deferred", "second delivered"]);
});

test("a recipient becomes another, and reports go on naming the first", async () => {
  const { id, actions, worker, second } = await scene();
  const change = { action: "readdress", ids: [id], from: "B@example.org", to: "c@example.org" } as const;
  expect(await actions(change, "command")).toEqual([{ id, changed: 1 }]);
  await actions({ action: "send-by", ids: [id], by: "second" }, "command");
  worker.retryNow();
  expect((await ended(id)).recipients[0]).toMatchObject({
    address: "c@example.org",
    originalRecipient: "rfc822;B@example.org",
  });
  expect(second.commands.join(" ")).toContain("RCPT TO:<c@example.org>");
  await expect(actions({ ...change, to: "nobody" }, "command")).rejects.toThrow(OwnerRequestError);
});

test("a message is taken out with a bounce to its sender", async () => {
  const { id, actions, worker, second } = await scene();
  expect(await actions({ action: "bounce", ids: [id] }, "anna")).toEqual([{ id, changed: 1 }]);
  expect((await ended(id)).states).toEqual(["bounced"]);
  worker.retryNow();
  await waitFor("the bounce", () => second.messages.length === 1);
  expect(second.messages[0]).toContain("looks after this relay");
  expect(await actions({ action: "bounce", ids: [id] }, "anna")).toEqual([{ id, changed: 0 }]);
});

test("the filter finds by sender, recipient, upstream, state and age", async () => {
  const { id } = await scene();
  const find = (filter: Record<string, unknown>) =>
    stored().store.read("messagesForAction", { action: "remove", filter });
  expect(await find({})).toContain(id);
  expect(await find({ sender: "*@EXAMPLE.net", recipient: "b@*", upstream: "first", state: "waiting" })).toEqual([id]);
  for (
    const filter of [
      { sender: "*@example.org" },
      { recipient: "*%" },
      { upstream: "second" },
      { state: "held" },
      { receivedBefore: systemClock.now() - 60_000 },
    ]
  ) expect([filter, await find(filter)]).toEqual([filter, []]);
});

test("the log of changes has one row for each action, however many messages it was done to, and none for nothing", async () => {
  const { id, take, actions } = await scene();
  const other = Number(await take({}));
  await waitFor("the attempt", async () => (await historyOf(other)).deliveries.length > 0);
  await stored().sql("delete from audit");
  await actions({ action: "hold", ids: [id, other, 1] }, "anna");
  await actions({ action: "send-by", ids: [id], by: "second" }, "command");
  await actions({ action: "retry", ids: [1] }, "anna");
  const log = await stored().store.read("auditLog", { limit: 10 });
  expect(log.map(({ kind, actor, name, action, detail }) => [kind, actor, name, action, JSON.parse(detail)])).toEqual([
    ["queue", "command", formatId(id), "send-by", { note: "second" }],
    ["queue", "anna", "2 messages", "hold", {}],
  ]);
});
