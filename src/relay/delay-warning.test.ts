import { expect, test } from "vitest";
import { createRelayScene } from "../../tests/support/relay-scene.ts";
import { waitFor } from "../../tests/support/wait.ts";

const { peer, relay, ended, historyOf } = createRelayScene();

const policy = (warnAfterMs: number, lifetimeMs = 60_000) => () => ({
  retry: { firstMs: 100, factor: 1, maxMs: 100, jitter: 0 },
  lifetimeMs,
  warnAfterMs,
  hotMemory: 1_000_000,
});

/** Two upstreams: the message goes by one that puts it off for some time, the reports by another. */
async function scene(deferrals: number, warnAfterMs: number, lifetimeMs?: number) {
  const first = await peer({
    EHLO: "250 peer.test\r\n",
    RCPT: [...new Array<string>(deferrals).fill("451 4.3.0 not now\r\n"), "250 ok\r\n"],
  });
  const reports = await peer();
  const entries = {
    upstreams: [{ port: first.port, maxConnections: 1 }, { name: "reports", port: reports.port }],
    routes: [{ sender: "*@example.net", via: ["first"] }, { via: ["reports"] }],
  };
  return { ...await relay(entries, { policy: policy(warnAfterMs, lifetimeMs) }), reports };
}

test("a message that waits for long is told of once, and its delivery still follows", async () => {
  const { take, reports } = await scene(6, 250);
  const id = await take({ text: "Subject: hello\r\n\r\nText.\r\n" });
  expect((await ended(id)).states).toEqual(["delivered"]);
  await waitFor("the report", () => reports.messages.length > 0);
  expect(reports.messages.length).toBe(1);
  expect(reports.commands.find((line) => line.startsWith("MAIL"))).toMatch(/^MAIL FROM:<>/);
  const report = reports.messages[0]!;
  expect(report).toMatch(/^Subject: Delayed: hello$/m);
  expect(report).toMatch(/^Action: delayed\r$/m);
  expect(report).toMatch(/^Status: 4\.3\.0\r$/m);
  expect(report).toMatch(/^Will-Retry-Until: /m);
  const history = await historyOf(id);
  expect(history.recipients[0]!.warnedAt).toBeGreaterThan(0);
  expect(history.reports).toEqual([{
    id: expect.any(Number),
    subject: "Delayed: hello",
    receivedAt: expect.any(Number),
  }]);
});

test.each([
  ["switched off", 0, undefined, "a@example.net"],
  ["NOTIFY=NEVER", 100, "NEVER", "a@example.net"],
  ["NOTIFY=FAILURE", 100, "FAILURE", "a@example.net"],
  ["a report itself", 100, undefined, ""],
])("nobody is told of a delay: %s", async (_, warnAfterMs, notify, from) => {
  const { take, reports } = await scene(4, warnAfterMs);
  const id = await take({ from, to: [{ address: "b@example.org", ...notify === undefined ? {} : { notify } }] });
  expect((await ended(id)).states).toEqual(["delivered"]);
  expect(reports.messages.filter((text) => text.includes("Action: delayed"))).toEqual([]);
  expect((await historyOf(id)).reports).toEqual([]);
});

test("after the warning comes the bounce, once the time is over", async () => {
  const { take, reports } = await scene(1_000, 150, 700);
  const id = await take({});
  expect((await ended(id)).states).toEqual(["bounced"]);
  await waitFor("both reports", () => reports.messages.length === 2);
  expect(reports.messages.map((text) => /^Action: (\w+)/m.exec(text)?.[1]).toSorted()).toEqual(["delayed", "failed"]);
});
