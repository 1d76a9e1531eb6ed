import { expect, test } from "vitest";
import { queueRows } from "../support/queue-rows.ts";
import { RawSmtp, stuffDots } from "../support/raw-smtp.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { receivedBefore, sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const scene = createScene();

test.each(["SIGTERM", "SIGKILL"] as const)(
  "mail that waits when %s comes is delivered by the next run",
  async (signal) => {
    const gone = await scene.upstream();
    await gone.stop();
    const folder = scene.folder();
    const settings = relaySettings({ upstreams: [{ port: gone.port }] });
    const first = await scene.waypost(folder, settings);
    const client = await RawSmtp.logIn(first.smtp[0]!, first.ca, alice.login, alice.password);
    const messages = [sampleMessage(4_000), sampleMessage(2_000_000)];
    for (const message of messages) await client.send(alice.login, ["bob@example.org"], message);
    if (signal === "SIGTERM") await first.stop();
    else await first.kill();

    const back = await scene.upstream({ port: gone.port, keep: true });
    const second = await scene.waypost(folder, settings);
    await waitFor("both messages", () => back.messages.length === 2);
    const arrived = [...back.messages].sort((one, other) => one.size - other.size);
    messages.forEach((message, index) => receivedBefore(arrived[index]!.octets, message));
    await waitFor("the queue to be empty", async () => {
      return (await queueRows(folder)).every((row) => row.state === "delivered");
    });
    expect(second.ca, "devices need not trust another CA").toBe(first.ca);
    await second.stop();
  },
);

test("a client that stays connected is told to leave, and does not keep the relay from ending", async () => {
  const waypost = await scene.waypost(scene.folder(), relaySettings({}));
  const client = await RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, alice.login, alice.password);
  const stopped = waypost.stop();
  await client.expect(421);
  await stopped;
});

test("a message that is broken off is never delivered and leaves nothing behind", async () => {
  const upstream = await scene.upstream();
  const folder = scene.folder();
  const waypost = await scene.waypost(folder, relaySettings({ upstreams: [{ port: upstream.port }] }));
  const client = await RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, alice.login, alice.password);
  await client.ask(250, `MAIL FROM:<${alice.login}>`);
  await client.ask(250, "RCPT TO:<bob@example.org>");
  await client.ask(354, "DATA");
  await client.client.write(stuffDots(sampleMessage(3_000_000)));
  client.client.destroy();

  const next = await RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, alice.login, alice.password);
  await next.send(alice.login, ["bob@example.org"], sampleMessage(1_000));
  await waitFor("the second message", () => upstream.messages.length > 0);
  expect(upstream.messages).toMatchObject([{ size: expect.toSatisfy((size: number) => size < 2_000) }]);
  expect(await queueRows(folder)).toHaveLength(1);
  await next.quit();
  await waypost.stop();
});
