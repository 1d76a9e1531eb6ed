import process from "node:process";
import { expect, test } from "vitest";
import type { Waypost } from "../support/process.ts";
import { queueRows } from "../support/queue-rows.ts";
import { createRandom } from "../support/random.ts";
import { RawSmtp } from "../support/raw-smtp.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { receivedBefore, sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";
import type { TakenMessage } from "../support/scripted-upstream.ts";
import { waitFor } from "../support/wait.ts";

const scene = createScene();

/** For longer runs: messages, kills, clients at a time, and the seed that a failed run printed. */
const run = {
  messages: Number(process.env.WAYPOST_KILL_MESSAGES ?? 2_000),
  kills: Number(process.env.WAYPOST_KILLS ?? 6),
  clients: Number(process.env.WAYPOST_KILL_CLIENTS ?? 8),
  seed: Number(process.env.WAYPOST_KILL_SEED ?? Date.now() % 1_000_000),
};
const LIMIT_MS = 60_000 + run.messages * 20;

/** One attempt of a client to send a message: it has an identity of its own, and the 250 came or did not. */
interface Try {
  readonly name: string;
  readonly octets: Buffer;
  accepted: boolean;
}

test(`every message that got its 250 arrives, however often kill -9 comes (seed ${run.seed})`, async () => {
  const random = createRandom(run.seed);
  const takenAt: number[] = [];
  const upstream = await scene.upstream({ keep: true, final: () => (takenAt.push(Date.now()), "250 2.0.0 Taken") });
  const folder = scene.folder();
  const settings = relaySettings({ upstreams: [{ port: upstream.port }], allowWithoutAuth: ["127.0.0.0/8"] });
  const relay = { now: await scene.waypost(folder, settings) };
  const tries: Try[] = [];
  const sending = sendAll(relay, tries, random);
  const kills: { readonly endedAt: number; readonly againAt: number }[] = [];
  for (let kill = 1; kill <= run.kills; kill++) {
    const due = run.messages * (kill - 0.2 - 0.6 * random()) / run.kills;
    await waitFor("the moment of the kill", () => tries.filter((one) => one.accepted).length >= due, LIMIT_MS);
    await new Promise((resolve) => setTimeout(resolve, random() * 30));
    await relay.now.kill();
    const endedAt = Date.now();
    relay.now = await scene.waypost(folder, settings);
    kills.push({ endedAt, againAt: Date.now() });
  }
  await sending;
  await waitFor("the queue to be empty", async () => {
    return (await queueRows(folder)).every((row) => row.state === "delivered");
  }, LIMIT_MS);

  const copies = Map.groupBy(upstream.messages.map((message, index) => ({ message, at: takenAt[index]! })), nameOf);
  const lost = tries.filter((one) => one.accepted && !copies.has(one.name));
  const repeated = [...copies].filter(([, all]) => all.length > 1);
  const withoutReply = tries.filter((one) => !one.accepted && copies.has(one.name));
  console.log(
    `${run.messages} messages, ${run.kills} kills, seed ${run.seed}: ${tries.length} tries, ${lost.length} lost, ` +
      `${repeated.length} delivered twice by us, ${withoutReply.length} delivered although the client saw no 250`,
  );
  expect(lost.map((one) => one.name)).toEqual([]);
  for (const one of tries) {
    for (const { message } of copies.get(one.name) ?? []) receivedBefore(message.octets, one.octets);
  }
  // A copy is sent once more only when a kill came between the upstream's 250 and our commit. What the killed process
  // had sent may be read here a little after its end.
  for (const [name, all] of repeated) {
    const between = kills.filter(({ endedAt, againAt }) =>
      all.some((copy) => copy.at < againAt) && all.some((copy) => copy.at > endedAt)
    );
    const shown = `${name} came at ${all.map((copy) => copy.at)}, kills ended at ${kills.map((kill) => kill.endedAt)}`;
    expect(all.length, shown).toBeLessThanOrEqual(1 + between.length);
  }
  await relay.now.stop();
}, LIMIT_MS * 2);

/** Clients that send all messages, each again until its 250 has come, as a mail program would. */
async function sendAll(relay: { now: Waypost }, tries: Try[], random: () => number): Promise<void> {
  let next = 0;
  const client = async () => {
    let smtp: RawSmtp | null = null;
    while (next < run.messages) {
      const number = next++;
      for (let attempt = 1;; attempt++) {
        const name = `${number}-${attempt}`;
        const size = random() < 0.02 ? 300_000 : 600 + Math.floor(random() * 4_000);
        const one = { name, octets: sampleMessage(size, `try ${name}`), accepted: false };
        try {
          smtp ??= await connect(relay);
          tries.push(one);
          await smtp.send("scanner@example.net", ["bob@example.org"], one.octets);
          one.accepted = true;
          break;
        } catch {
          // The relay was killed: the message is sent anew once there is another one.
          smtp?.client.destroy();
          smtp = null;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    }
    await smtp?.quit();
  };
  await Promise.all(Array.from({ length: run.clients }, client));
}

async function connect(relay: { now: Waypost }): Promise<RawSmtp> {
  const smtp = await RawSmtp.connect(relay.now.smtp[0]!);
  await smtp.ask(250, "EHLO scanner");
  return smtp;
}

function nameOf({ message }: { message: TakenMessage }): string {
  return /^Subject: try (\S+)$/m.exec(message.octets.subarray(0, 2_000).toString("latin1"))?.[1] ?? "?";
}
