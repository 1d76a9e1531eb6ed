import { expect, test } from "vitest";
import { oddMessages } from "../support/odd-messages.ts";
import type { Waypost } from "../support/process.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { type ScriptedSource, sourceMessage, startSource } from "../support/scripted-source.ts";
import { waitFor } from "../support/wait.ts";

const scene = createScene();
const messages = oddMessages();
const inMailbox = () => messages.map(({ octets }, index) => sourceMessage(`uidl-${index}`, octets));

function sourceSettings(port: number, more: string): string {
  return relaySettings({
    accounts: `
[[account]]
login = "${alice.login}"
password = "${alice.password}"
[account.source]
host = "127.0.0.1"
port = ${port}
tls = "off"
username = "alice"
password = "source secret"
interval = "1s"
${more}`,
  });
}

async function source(port = 0): Promise<ScriptedSource> {
  const started = await startSource(inMailbox(), port);
  scene.atEnd(() => started.stop());
  return started;
}

function read(waypost: Waypost): Promise<RawPop3> {
  return RawPop3.logIn(waypost.pop3[0]!, waypost.ca, alice.login, alice.password);
}

/** Waits until the mailbox holds so many messages; a POP3 session sees what was there when it began. */
async function untilFetched(waypost: Waypost, count: number): Promise<RawPop3> {
  for (;;) {
    const reader = await read(waypost);
    if ((await reader.list("UIDL")).length >= count) return reader;
    await reader.quit();
  }
}

async function expectAllMessages(reader: RawPop3): Promise<void> {
  const sizes = (await reader.list("LIST")).map((line) => Number(line.split(" ")[1]));
  for (const [index, { name, octets }] of messages.entries()) {
    const got = await reader.retrieve(index + 1);
    expect(got.octets.equals(octets), name).toBe(true);
    expect(sizes[index], `the size of ${name}`).toBe(octets.length);
  }
}

test("in keep mode all messages come out octet for octet, the source keeps them, and a second poll fetches nothing", async () => {
  const upstream = await source();
  const waypost = await scene.waypost(scene.folder(), sourceSettings(upstream.port, 'mode = "keep"'));
  const reader = await untilFetched(waypost, messages.length);
  await expectAllMessages(reader);
  await reader.quit();

  const polls = upstream.sessions();
  await waitFor("two more polls", () => upstream.sessions() >= polls + 2);
  const retrieved = upstream.commands.filter((command) => command.startsWith("RETR"));
  expect(retrieved).toHaveLength(messages.length);
  expect(upstream.commands.filter((command) => command.startsWith("DELE"))).toEqual([]);
  expect(upstream.messages).toHaveLength(messages.length);
  const again = await read(waypost);
  expect(await again.uidls()).toHaveLength(messages.length);
  await again.quit();
  await waypost.stop();
});

test("in delete mode the source is emptied, and the messages stay here", async () => {
  const upstream = await source();
  const folder = scene.folder();
  const settings = sourceSettings(upstream.port, 'mode = "delete"\ndelete_after = "0s"');
  const waypost = await scene.waypost(folder, settings);
  await waitFor("the source to be empty", () => upstream.messages.length === 0);
  const polls = upstream.sessions();
  await waitFor("two more polls", () => upstream.sessions() >= polls + 2);
  expect(upstream.commands.filter((command) => command.startsWith("RETR"))).toHaveLength(messages.length);
  const reader = await read(waypost);
  await expectAllMessages(reader);
  await reader.quit();
  await waypost.stop();
});

test("mail that was fetched is read while the source is away, also after a restart, and under the same UIDLs", async () => {
  const upstream = await source();
  const folder = scene.folder();
  const settings = sourceSettings(upstream.port, "");
  const first = await scene.waypost(folder, settings);
  const early = await untilFetched(first, messages.length);
  const before = await early.uidls();
  await early.quit();
  await upstream.stop();
  await expectAllMessages(await read(first));
  await first.kill();

  const second = await scene.waypost(folder, settings);
  const reader = await read(second);
  expect(await reader.uidls()).toEqual(before);
  await expectAllMessages(reader);
  await reader.quit();
  await second.stop();
});

test("a message that a client deletes is gone after QUIT, stays so, and is not fetched again", async () => {
  const upstream = await source();
  const waypost = await scene.waypost(scene.folder(), sourceSettings(upstream.port, ""));
  const reader = await untilFetched(waypost, messages.length);
  const before = await reader.uidls();
  await reader.ask("DELE 2");
  await reader.quit();
  const polls = upstream.sessions();
  await waitFor("two more polls", () => upstream.sessions() >= polls + 2);
  const after = await read(waypost);
  expect(await after.uidls()).toEqual(before.filter((_, index) => index !== 1));
  // A connection that breaks before QUIT deletes nothing (RFC 1939 section 6).
  await after.ask("DELE 1");
  after.client.destroy();
  const last = await waitFor("the mailbox to be free again", () => read(waypost).catch(() => null));
  expect(await last.uidls()).toHaveLength(messages.length - 1);
});
