import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { RawSmtp, stuffDots } from "../support/raw-smtp.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { receivedBefore, sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const scene = createScene();
const bob = ["bob@example.org"];

/** A relay whose upstream is away, with an idle client, and one that is within a message. */
async function interrupted() {
  const upstream = await scene.upstream();
  await upstream.stop();
  const folder = scene.folder();
  const settings = relaySettings({ upstreams: [{ port: upstream.port }] });
  const waypost = await scene.waypost(folder, settings);
  const logIn = () => RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, alice.login, alice.password);
  const idle = await logIn();
  const kept = [sampleMessage(3_000), sampleMessage(900_000)];
  for (const message of kept) await idle.send(alice.login, bob, message);
  const busy = await logIn();
  await busy.ask(250, `MAIL FROM:<${alice.login}>`);
  await busy.ask(250, `RCPT TO:<${bob[0]}>`);
  await busy.ask(354, "DATA");
  const underWay = sampleMessage(500_000);
  const stuffed = stuffDots(underWay);
  await busy.client.write(stuffed.subarray(0, 200_000));
  return {
    waypost,
    idle,
    busy,
    kept,
    underWay,
    /** Sends the rest of the message that is under way. */
    finish: () => busy.client.write(Buffer.concat([stuffed.subarray(200_000), Buffer.from(".\r\n")])),
    /** What the upstream gets from the next run. */
    async delivered(count: number): Promise<Buffer[]> {
      const back = await scene.upstream({ port: upstream.port, keep: true });
      await scene.waypost(folder, settings);
      await waitFor("the messages", () => back.messages.length >= count);
      return back.messages.map(({ octets }) => octets).sort((one, other) => one.length - other.length);
    },
  };
}

test("SIGTERM sends idle clients away, lets a message end that is under way, and loses nothing", async () => {
  const { waypost, idle, busy, kept, underWay, finish, delivered } = await interrupted();
  const stopped = waypost.stop();
  await idle.expect(421);
  await finish();
  await busy.expect(250);
  await busy.expect(421);
  await stopped;
  const messages = [...kept, underWay].sort((one, other) => one.length - other.length);
  (await delivered(3)).forEach((octets, index) => receivedBefore(octets, messages[index]!));
});

test("a second signal ends it at once; what got its 250 is not lost, what did not is not kept", async () => {
  const { waypost, idle, kept, delivered } = await interrupted();
  waypost.signal("SIGTERM");
  await idle.expect(421);
  expect(waypost.isRunning()).toBe(true);
  waypost.signal("SIGTERM");
  // Nobody ends the message: without the second signal the process would wait for it.
  expect(await waypost.exited).toBe(1);
  const octets = await delivered(2);
  expect(octets).toHaveLength(2);
  octets.forEach((found, index) => receivedBefore(found, kept[index]!));
});
