import { appendFileSync, existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { expect, test } from "vitest";
import type { Waypost } from "../support/process.ts";
import { selectRows } from "../support/queue-rows.ts";
import { createRandom } from "../support/random.ts";
import { RawSmtp } from "../support/raw-smtp.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { receivedBefore, sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";
import type { TakenMessage, UpstreamScript } from "../support/scripted-upstream.ts";
import { waitFor } from "../support/wait.ts";

const scene = createScene();

/** For longer runs; the seed is that of the first round, each further one has the next. */
const run = {
  kills: Number(process.env.WAYPOST_KILLS ?? 30),
  clients: Number(process.env.WAYPOST_KILL_CLIENTS ?? 6),
  seed: Number(process.env.WAYPOST_KILL_SEED ?? Date.now() % 1_000_000),
  /** A file to which each round adds its line: a run that was broken off goes on with it. */
  record: process.env.WAYPOST_KILL_RECORD,
  /** No round begins after so many seconds. */
  seconds: Number(process.env.WAYPOST_KILL_SECONDS ?? Infinity),
};
/** Kills between two looks at what arrived. */
const ROUND_KILLS = 30;
/** The longest time between a start and its kill. */
const LIFE_MS = 400;
const ROUND_MS = 180_000;

/** One attempt of a client to send a message: it has an identity of its own, and the 250 came or did not. */
interface Try {
  readonly name: string;
  readonly octets: Buffer;
  accepted: boolean;
}

/** What a round came to. */
interface Round {
  readonly seed: number;
  readonly kills: number;
  /** Messages whose client saw a 250. */
  readonly accepted: number;
  readonly lost: number;
  /** Delivered more often than once: a kill came between the upstream's 250 and our commit. */
  readonly twiceByKill: number;
  /** The same, where the upstream's reply was lost. */
  readonly twiceByLostReply: number;
  /** Attempts that the history calls "unknown". */
  readonly answerUnknown: number;
  /** Delivered, although the client saw no 250: it sends it again. */
  readonly without250: number;
}

const began = Date.now();
const rounds: Round[] = run.record && existsSync(run.record)
  ? readFileSync(run.record, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line) as Round)
  : [];

test(
  `every message that got its 250 arrives, however often kill -9 comes and whatever the upstream does (seed ${run.seed})`,
  async () => {
    const sum = (field: keyof Round) => rounds.reduce((all, round) => all + round[field], 0);
    while (sum("kills") < run.kills && (Date.now() - began) / 1_000 < run.seconds) {
      const kills = Math.min(ROUND_KILLS, run.kills - sum("kills"));
      const round = await playRound(run.seed + rounds.length, kills);
      rounds.push(round);
      if (run.record) appendFileSync(run.record, `${JSON.stringify(round)}\n`);
    }
    console.log(
      `${sum("kills")} kills, seeds from ${run.seed}: ${sum("accepted")} messages, ${sum("lost")} lost, ` +
        `${sum("twiceByKill")} delivered again after a kill, ${sum("twiceByLostReply")} after a lost reply ` +
        `(${sum("answerUnknown")} answers unknown), ${sum("without250")} although the client saw no 250`,
    );
    expect(sum("lost")).toBe(0);
    expect(sum("kills")).toBeGreaterThan(0);
  },
  Math.ceil(run.kills / ROUND_KILLS) * ROUND_MS,
);

/** Traffic through one data folder, some kills, and then a look at what arrived. @throws when something is wrong */
async function playRound(seed: number, killCount: number): Promise<Round> {
  const random = createRandom(seed);
  const takenAt: number[] = [];
  const lostReplies = new Map<string, number>();
  const upstream = await scene.upstream({ keep: true, ...faulty(createRandom(seed + 1), takenAt, lostReplies) });
  const folder = scene.folder();
  const more = 'final_reply_timeout = "1s"';
  const settings = relaySettings({ upstreams: [{ port: upstream.port, more }], allowWithoutAuth: ["127.0.0.0/8"] });
  const traffic = { relay: await scene.waypost(folder, settings), isOver: false };
  const tries: Try[] = [];
  const sending = sendAll(traffic, tries, random);
  const kills: { readonly endedAt: number; readonly againAt: number }[] = [];
  for (let kill = 0; kill < killCount; kill++) {
    await new Promise((resolve) => setTimeout(resolve, random() * LIFE_MS));
    await traffic.relay.kill();
    const endedAt = Date.now();
    traffic.relay = await scene.waypost(folder, settings);
    kills.push({ endedAt, againAt: Date.now() });
  }
  traffic.isOver = true;
  await sending;
  await waitFor("the queue to be empty", async () => {
    const rows = await selectRows(folder, "select count(*) as waiting from recipient where state <> 'delivered'");
    return Number(rows[0]!.waiting) === 0;
  }, ROUND_MS / 2);
  const unknown = await selectRows(folder, "select count(*) as count from delivery where outcome = 'unknown'");
  await traffic.relay.stop();
  await upstream.stop();

  const copies = Map.groupBy(upstream.messages.map((message, index) => ({ message, at: takenAt[index]! })), nameOf);
  for (const one of tries) {
    for (const { message } of copies.get(one.name) ?? []) receivedBefore(message.octets, one.octets);
  }
  const again = { byKill: 0, byLostReply: 0 };
  for (const [name, all] of copies) {
    if (all.length === 1) continue;
    // A copy is sent once more only when a kill came between the upstream's 250 and our commit, or the 250 was lost. What
    // the killed process had sent may be read here a little after its end.
    const between = kills.filter(({ endedAt, againAt }) =>
      all.some((copy) =>
        copy.at < againAt
      ) && all.some((copy) => copy.at > endedAt)
    ).length;
    const unanswered = lostReplies.get(name) ?? 0;
    const shown = `${name} came at ${all.map((copy) => copy.at)}, kills ended at ${kills.map((kill) => kill.endedAt)}`;
    expect(all.length, `seed ${seed}: ${shown}`).toBeLessThanOrEqual(1 + between + unanswered);
    again.byLostReply += Math.min(unanswered, all.length - 1);
    again.byKill += Math.max(0, all.length - 1 - unanswered);
  }
  return {
    seed,
    kills: killCount,
    accepted: tries.filter((one) => one.accepted).length,
    lost: tries.filter((one) => one.accepted && !copies.has(one.name)).length,
    twiceByKill: again.byKill,
    twiceByLostReply: again.byLostReply,
    answerUnknown: Number(unknown[0]!.count),
    without250: tries.filter((one) => !one.accepted && copies.has(one.name)).length,
  };
}

/** An upstream that now and then is not ready, hangs up, or takes a message and hangs up without a word. */
function faulty(random: () => number, takenAt: number[], lostReplies: Map<string, number>): UpstreamScript {
  const hangsUp = () => random() < 0.01;
  return {
    sender: () => hangsUp() ? "" : random() < 0.02 ? "451 4.3.0 Not now" : "250 2.1.0 OK",
    recipient: () => hangsUp() ? "" : random() < 0.02 ? "450 4.2.0 Not now" : "250 2.1.5 OK",
    final(message) {
      if (random() < 0.02) return "451 4.3.0 Not now";
      takenAt.push(Date.now());
      if (!hangsUp()) return "250 2.0.0 Taken";
      const name = nameOf({ message });
      lostReplies.set(name, (lostReplies.get(name) ?? 0) + 1);
      return "";
    },
  };
}

/** Clients that send one message after the other, each again until its 250 has come, as a mail program would. */
async function sendAll(
  traffic: { readonly relay: Waypost; readonly isOver: boolean },
  tries: Try[],
  random: () => number,
): Promise<void> {
  let next = 0;
  const client = async () => {
    let smtp: RawSmtp | null = null;
    while (!traffic.isOver) {
      const number = next++;
      for (let attempt = 1;; attempt++) {
        const name = `${number}-${attempt}`;
        const size = random() < 0.02 ? 300_000 : 600 + Math.floor(random() * 4_000);
        const one = { name, octets: sampleMessage(size, `try ${name}`), accepted: false };
        try {
          smtp ??= await connect(traffic.relay);
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
      await new Promise((resolve) => setTimeout(resolve, random() * 20));
    }
    await smtp?.quit();
  };
  await Promise.all(Array.from({ length: run.clients }, client));
}

async function connect(relay: Waypost): Promise<RawSmtp> {
  const smtp = await RawSmtp.connect(relay.smtp[0]!);
  await smtp.ask(250, "EHLO scanner");
  return smtp;
}

function nameOf({ message }: { message: TakenMessage }): string {
  return /^Subject: try (\S+)$/m.exec(message.octets.subarray(0, 2_000).toString("latin1"))?.[1] ?? "?";
}
