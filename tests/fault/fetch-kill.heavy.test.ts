import process from "node:process";
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
  kills: Number(process.env.WAYPOST_KILLS ?? 6),
  seed: Number(process.env.WAYPOST_KILL_SEED ?? Date.now() % 1_000_000),
};
const LIMIT_MS = 60_000 + run.messages * 50;

test(
  `no fetched message is lost or doubled in delete mode, however often kill -9 comes (seed ${run.seed})`,
  async () => {
    const random = createRandom(run.seed);
    const sent = Array.from({ length: run.messages }, (_, index) => {
      return sampleMessage(random() < 0.05 ? 400_000 : 600 + Math.floor(random() * 8_000), `message ${index}`);
    });
    const source = await startSource(sent.map((octets, index) => sourceMessage(`uidl-${index}`, octets)));
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
    for (let kill = 1; kill <= run.kills; kill++) {
      // Some kills come while messages are fetched, some while they are deleted, some between two sessions.
      const due = retrieved() + Math.floor(random() * run.messages / run.kills);
      await waitFor("the moment of the kill", () => retrieved() >= due || source.messages.length === 0, LIMIT_MS);
      await new Promise((resolve) => setTimeout(resolve, random() * 60));
      await waypost.kill();
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
      `${run.messages} messages, ${run.kills} kills, seed ${run.seed}: ${retrieved()} retrieved, ${count} here`,
    );
    expect(got.toSorted()).toEqual(sent.map((octets) => octets.toString("latin1")).toSorted());
    await waypost.stop();
  },
  LIMIT_MS * 2,
);
