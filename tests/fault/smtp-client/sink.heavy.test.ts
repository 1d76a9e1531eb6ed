import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRelayScene } from "../../support/relay-scene.ts";
import { missingPrograms } from "../../support/peers/installed.ts";
import { startSink } from "../../support/peers/sink.ts";
import { waitFor } from "../../support/wait.ts";

/** What smtp-sink does, what becomes of each recipient at the first attempt, and how the attempt is recorded. */
type Row = readonly [faults: string, state: "delivered" | "bounced" | "waiting", outcome: string, reply: RegExp];

const HARD = /^500 5\.3\.0 Error/;
const SOFT = /^450 4\.3\.0 Error/;
const GONE = /^(?:no connection|timed out)/;
const BYE = /^421 /;
const UNKNOWN = /^answer unknown/;
const LATE = /^timed out/;

/** Whoever changes a row changes what happens to people's mail. */
const TABLE: readonly Row[] = [
  ["", "delivered", "delivered", /^250 /],
  // Errors for good: before the message is named they say nothing about it.
  ["-f connect", "waiting", "deferred", /^(?:500|554) /],
  ["-f ehlo", "delivered", "delivered", /^250 /],
  ["-f ehlo,helo", "waiting", "deferred", /^500 /],
  ["-f mail", "bounced", "refused", HARD],
  ["-f rcpt", "bounced", "refused", HARD],
  ["-f data", "bounced", "refused", HARD],
  ["-f .", "bounced", "refused", HARD],
  ["-f quit", "delivered", "delivered", /^250 /],
  // Errors for now.
  ["-r connect", "waiting", "deferred", /^4\d\d /],
  ["-r ehlo", "delivered", "delivered", /^250 /],
  ["-r ehlo,helo", "waiting", "deferred", /^450 /],
  ["-r mail", "waiting", "deferred", SOFT],
  ["-r rcpt", "waiting", "deferred", SOFT],
  ["-r data", "waiting", "deferred", SOFT],
  ["-r .", "waiting", "deferred", SOFT],
  // Connections that break.
  ["-q connect", "waiting", "deferred", GONE],
  ["-q ehlo", "waiting", "deferred", GONE],
  ["-q mail", "waiting", "deferred", GONE],
  ["-q rcpt", "waiting", "deferred", GONE],
  ["-q data", "waiting", "deferred", GONE],
  ["-q .", "waiting", "unknown", UNKNOWN],
  ["-q quit", "delivered", "delivered", /^250 /],
  // Servers that go away and say so.
  ["-Q ehlo", "waiting", "deferred", BYE],
  ["-Q mail", "waiting", "deferred", BYE],
  ["-Q rcpt", "waiting", "deferred", BYE],
  ["-Q data", "waiting", "deferred", BYE],
  ["-Q .", "waiting", "deferred", BYE],
  // Servers that stall for longer than we wait; smtp-sink muddles its replies where it stalls amid a group of commands.
  ["-W ehlo:5", "waiting", "deferred", LATE],
  ["-p -W mail:5", "waiting", "deferred", LATE],
  ["-p -W rcpt:5", "waiting", "deferred", LATE],
  ["-p -W data:5", "waiting", "deferred", LATE],
  ["-p -W .:5", "waiting", "unknown", UNKNOWN],
  // A refusal amid the message, and servers that offer less.
  ["-A 0", "bounced", "refused", /^550 /],
  ["-e", "delivered", "delivered", /^250 /],
  ["-8 -E -N -p", "delivered", "delivered", /^250 /],
];

const policy = () => ({
  retry: { firstMs: 3_600_000, factor: 1, maxMs: 3_600_000, jitter: 0 },
  lifetimeMs: 36_000_000,
  hotMemory: 1_000_000,
});

describe.skipIf(missingPrograms("smtp-sink").length > 0)("smtp-sink as upstream, with each of its faults", () => {
  const { relay, ended, historyOf, stored } = createRelayScene();
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(path.join(os.tmpdir(), "waypost-sink-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test.each(TABLE)("smtp-sink %s: each recipient is %s", async (faults, state, outcome, reply) => {
    const faulty = await startSink(path.join(folder, "faulty"), faults.split(" ").filter((word) => word !== ""));
    const { take, worker } = await relay({ upstreams: [{ port: faulty.port }] }, { policy });
    const text = "Message-ID: <one@example.net>\r\nSubject: one\r\n\r\nText.\r\n";
    const id = Number(await take({ from: "", to: ["b@example.org", "c@example.org"], text }));
    await waitFor("the first attempt", async () => (await historyOf(id)).deliveries.length > 0);
    const first = await historyOf(id);
    expect(first.recipients.map((row) => row.state)).toEqual([state, state]);
    expect(first.deliveries[0]!.outcome).toBe(outcome);
    expect(first.recipients[0]!.lastReply).toMatch(reply);
    if (state === "delivered") expect(faulty.taken()).toEqual(["one@example.net"]);
    await faulty.stop();

    // The server is mended: what waited arrives once, what was taken or given up does not come again.
    const mended = await startSink(path.join(folder, "mended"), [], faulty.port);
    try {
      await stored().store.write("actOnQueue", { messageId: id, action: "retry", now: Date.now() });
      worker.retryNow();
      const { states } = await ended(id);
      expect(states).toEqual(state === "waiting" ? ["delivered", "delivered"] : [state, state]);
      expect(mended.taken()).toEqual(state === "waiting" ? ["one@example.net"] : []);
    } finally {
      await mended.stop();
    }
  });
});
