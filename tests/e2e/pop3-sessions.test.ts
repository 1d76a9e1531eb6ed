import { expect, test } from "vitest";
import { sourceMessage, startSource } from "../support/scripted-source.ts";
import type { Waypost } from "../support/process.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";

const scene = createScene();

async function start(pop3: string, more = ""): Promise<Waypost> {
  const upstream = await startSource(
    [1, 2, 3].map((n) => sourceMessage(`u${n}`, Buffer.from(`Subject: ${n}\r\n\r\n`))),
  );
  scene.atEnd(() => upstream.stop());
  const accounts = `[[account]]\nlogin = "${alice.login}"\npassword = "${alice.password}"\n[account.source]\n` +
    `host = "127.0.0.1"\nport = ${upstream.port}\ntls = "off"\nusername = "a"\npassword = "b"\ninterval = "1s"\n`;
  const text = relaySettings({ accounts, more }).replace("[[pop3.listen]]", `[pop3]\n${pop3}\n[[pop3.listen]]`);
  const waypost = await scene.waypost(scene.folder(), text);
  for (;;) {
    const reader = await logIn(waypost);
    const count = (await reader.uidls()).length;
    await reader.quit();
    if (count === 3) return waypost;
  }
}

function logIn(waypost: Waypost, login: string = alice.login): Promise<RawPop3> {
  return RawPop3.logIn(waypost.pop3[0]!, waypost.ca, login, alice.password);
}

test("a client that comes again after it has lost its session gets the mailbox at once when that session is gone", async () => {
  const waypost = await start("");
  const lost = await logIn(waypost);
  await lost.ask("DELE 1");
  await expect(logIn(waypost)).rejects.toThrow("-ERR [IN-USE]");
  lost.client.destroy();
  for (let reader: RawPop3 | null = null; reader === null;) {
    reader = await logIn(waypost).catch(() => null);
    if (reader) expect(await reader.ask("STAT")).toMatch(/^3 /);
  }
});

test("as set, a second session reads, and is told that it deletes nothing", async () => {
  const waypost = await start('second_session = "read"');
  const first = await logIn(waypost);
  const second = await logIn(waypost);
  await first.ask("DELE 1");
  await expect(second.ask("DELE 2")).rejects.toThrow("-ERR another session has the mailbox open");
  expect((await second.retrieve(1)).size).toBeGreaterThan(0);
  await first.quit();
  await second.quit();
  const third = await logIn(waypost);
  expect(await third.ask("STAT")).toMatch(/^2 /);
  await third.quit();
});

test("as set, what one client deletes stays for the others, and the capabilities follow the settings", async () => {
  const more = '[mailbox]\non_delete = "hide"\nmax_age = "90d"\n';
  const waypost = await start('login_delay = "0s"', more);
  const phone = await logIn(waypost, `${alice.login}/phone`);
  expect(await phone.list("CAPA")).toEqual(expect.arrayContaining(["EXPIRE 90", "UTF8 USER"]));
  await phone.ask("DELE 1");
  await phone.quit();
  const again = await logIn(waypost, `${alice.login}/phone`);
  expect(await again.ask("STAT")).toMatch(/^2 /);
  await again.quit();
  const desk = await logIn(waypost, `${alice.login}/desk`);
  expect(await desk.ask("STAT")).toMatch(/^3 /);
  await desk.quit();
});
