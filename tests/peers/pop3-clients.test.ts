import { mkdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oddMessages } from "../support/odd-messages.ts";
import { missingPrograms } from "../support/peers/installed.ts";
import { longestLine, programOf, readers, type Reading } from "../support/peers/readers.ts";
import type { Waypost } from "../support/process.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { sourceMessage, startSource } from "../support/scripted-source.ts";
import { waitFor } from "../support/wait.ts";

const messages = oddMessages();
const password = "a correct horse";
const loginOf = (reader: string) => `${reader.replace("::", "-").toLowerCase()}@example.net`;

describe("mail programs read, leave and delete", () => {
  const scene = createScene(afterAll);
  let waypost: Waypost;

  beforeAll(async () => {
    const source = await startSource(messages.map(({ octets }, index) => sourceMessage(`uidl-${index}`, octets)));
    scene.atEnd(() => source.stop());
    const accounts = Object.keys(readers).map((reader) => `
[[account]]
login = "${loginOf(reader)}"
password = "${password}"
[account.source]
host = "127.0.0.1"
port = ${source.port}
tls = "off"
username = "${loginOf(reader)}"
password = "source-secret"
interval = "1d"`);
    const implicit = '[[pop3.listen]]\naddress = "127.0.0.1:0"\ntls = "implicit"';
    waypost = await scene.waypost(scene.folder(), relaySettings({ accounts: [...accounts, implicit].join("\n") }));
    for (const reader of Object.keys(readers)) {
      await waitFor(`the mail of ${reader}`, async () => (await countOf(reader)) === messages.length, 60_000);
    }
  });

  async function countOf(reader: string): Promise<number> {
    const session = await RawPop3.logIn(waypost.pop3[0]!, waypost.ca, loginOf(reader), password);
    const count = Number((await session.ask("STAT")).split(" ")[0]);
    await session.quit();
    return count;
  }

  function reading(reader: string, remove: boolean): Reading {
    const folder = path.join(scene.folder(), "mail");
    mkdirSync(folder);
    const [starttls, implicit] = waypost.pop3;
    return {
      port: starttls!.port,
      implicitPort: implicit!.port,
      caPath: waypost.caPath,
      login: loginOf(reader),
      password,
      folder,
      remove,
    };
  }

  test.each(Object.keys(readers))("%s", async (reader) => {
    if (missingPrograms(programOf(reader)).length > 0) return;
    expectAll(await readers[reader]!(reading(reader, false)), reader);
    expect(await countOf(reader), "left on the server").toBe(messages.length);
    expectAll(await readers[reader]!(reading(reader, true)), reader);
    expect(await countOf(reader), "deleted on the server").toBe(0);
  });
});

/** Every message is there, octet for octet, in whatever order. */
function expectAll(got: readonly Buffer[], reader: string): void {
  expect(got).toHaveLength(messages.length);
  const limit = longestLine[reader] ?? Infinity;
  const left = got.map((octets) => octets.toString("latin1"));
  for (const { name, octets } of messages) {
    const text = octets.toString("latin1");
    if (text.split("\n").some((line) => line.length > limit)) continue;
    const at = left.indexOf(text);
    expect(at, `${reader}: ${name}`).toBeGreaterThanOrEqual(0);
    left.splice(at, 1);
  }
}
