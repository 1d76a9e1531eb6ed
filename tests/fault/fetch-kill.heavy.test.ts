import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { createClient } from "@libsql/client";
import { expect, test } from "vitest";
import { createRandom } from "../support/random.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";
import { sourceMessage, startSource } from "../support/scripted-source.ts";
import { waitFor } from "../support/wait.ts";

const scene = createScene();

const run = {
  messages: Number(process.env.WAYPOST_KILL_MESSAGES ?? 2_000) / 5,
  kills: Number(process.env.WAYPOST_KILLS ?? 20),
  seed: Number(process.env.WAYPOST_KILL_SEED ?? Date.now() % 1_000_000),
};
const LIMIT_MS = 60_000 + run.messages * 50;

test(
  `no message is lost, doubled or deleted unstored in delete mode, however often kill -9 comes (seed ${run.seed})`,
  async () => {
    const random = createRandom(run.seed);
    const sent = Array.from({ length: run.messages }, (_, index) => {
      return sampleMessage(random() < 0.05 ? 400_000 : 600 + Math.floor(random() * 8_000), `message ${index}`);
    });
    const all = sent.map((octets, index) => sourceMessage(`uidl-${index}`, octets));
    const source = await startSource([]);
    scene.atEnd(() => source.stop());
    const folder = scene.folder();
    const settings = relaySettings({
      accounts: `
[[account]]
login = "${alice.login}"
password = "${alice.password}"
[account.source]
host = "127.0.0.1"
port = ${source.port}
tls = "off"
username = "alice"
password = "source-secret"
mode = "delete"
delete_after = "0s"
interval = "1s"`,
    });
    let waypost = await scene.waypost(folder, settings);
    const retrieved = () => source.commands.filter((command) => command.startsWith("RETR")).length;
    let arrived = 0;
    const removed: number[] = [];
    for (let kill = 1; kill <= run.kills; kill++) {
      const arriving = all.slice(arrived, Math.ceil(run.messages * kill / run.kills));
      arrived += arriving.length;
      source.messages = [...source.messages, ...arriving];
      // Some kills come while messages are fetched, some while they are deleted, some between two sessions.
      const due = retrieved() + Math.floor(random() * 1.5 * arriving.length);
      await waitFor("the moment of the kill", () => retrieved() >= due || source.messages.length === 0, LIMIT_MS);
      await new Promise((resolve) => setTimeout(resolve, random() * 60));
      const there = new Set(source.messages.map(({ uidl }) => uidl));
      const gone = all.slice(0, arrived).filter(({ uidl }) => !there.has(uidl));
      await waypost.kill();
      // What the source has removed by now is durable here, before anything is mended by a start.
      const here = await stored(folder);
      expect(gone.filter(({ uidl }) => !here.has(textOf(sent[indexOf(uidl)]!))).map(({ uidl }) => uidl)).toEqual([]);
      removed.push(gone.length);
      waypost = await scene.waypost(folder, settings);
    }
    await waitFor("the source to be empty", () => source.messages.length === 0, LIMIT_MS);

    const reader = await waitFor("the mailbox", () => {
      return RawPop3.logIn(waypost.pop3[0]!, waypost.ca, alice.login, alice.password).catch(() => null);
    });
    const count = (await reader.uidls()).length;
    const got: string[] = [];
    for (let number = 1; number <= count; number++) got.push((await reader.retrieve(number)).octets.toString("latin1"));
    await reader.quit();
    console.log(
      `${run.messages} messages, ${run.kills} kills, seed ${run.seed}: ${retrieved()} retrieved, ${count} here; ` +
        `removed before each kill: ${removed.join(" ")}`,
    );
    expect(got.toSorted()).toEqual(sent.map((octets) => octets.toString("latin1")).toSorted());
    await waypost.stop();
  },
  LIMIT_MS * 2,
);

function textOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString("latin1");
}

function indexOf(uidl: string): number {
  return Number(uidl.split("-")[1]);
}

/** The messages that the database of a process that was killed holds. */
async function stored(folder: string): Promise<Set<string>> {
  const client = createClient({ url: pathToFileURL(path.join(folder, "data", "waypost.db")).href });
  const { rows } = await client.execute(
    "select spool_id, octets from chunk where spool_id in (select id from mailbox_message) order by spool_id, position",
  );
  client.close();
  const texts = new Map<unknown, string>();
  for (const { spool_id, octets } of rows) {
    texts.set(spool_id, (texts.get(spool_id) ?? "") + textOf(new Uint8Array(octets as ArrayBuffer)));
  }
  return new Set(texts.values());
}
