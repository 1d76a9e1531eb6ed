import { mkdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oddMessages } from "../support/odd-messages.ts";
import { readers, type Reading } from "../support/peers/readers.ts";
import { type Dovecot, startDovecot } from "../support/peers/dovecot.ts";
import { missingPrograms } from "../support/peers/installed.ts";
import type { Waypost } from "../support/process.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const messages = oddMessages();
const password = "source-secret";

/** An account with a Dovecot mailbox as its source. */
function account(login: string, port: number, caPath: string, more: string): string {
  return `
[[account]]
login = "${login}"
password = "${alice.password}"
[account.source]
host = "127.0.0.1"
port = ${port}
tls = "starttls"
ca = "${caPath}"
username = "${login.split("@")[0]}"
password = "${password}"
interval = "1s"
${more}`;
}

describe.skipIf(missingPrograms("dovecot").length > 0)("Dovecot as source, STLS", () => {
  const scene = createScene(afterAll);
  let dovecot: Dovecot;
  let waypost: Waypost;
  /** What Dovecot itself serves: the octets that have to come out of Waypost. */
  let served: Buffer[];

  beforeAll(async () => {
    const certificate = await scene.certificate();
    dovecot = await startDovecot({ folder: scene.folder(), certificate, password });
    scene.atEnd(() => dovecot.stop());
    for (const user of ["keeper", "remover"]) dovecot.fill(user, messages.map(({ octets }) => octets));
    const direct = await RawPop3.logIn(dovecot, certificate.ca, "keeper", password);
    served = [];
    for (let number = 1; number <= messages.length; number++) served.push((await direct.retrieve(number)).octets);
    await direct.quit();
    const accounts = [
      account("keeper@example.net", dovecot.port, certificate.caPath, 'mode = "keep"'),
      account("remover@example.net", dovecot.port, certificate.caPath, 'mode = "delete"\ndelete_after = "0s"'),
    ];
    waypost = await scene.waypost(scene.folder(), relaySettings({ accounts: accounts.join("\n") }));
    await untilFetched("keeper@example.net");
    await untilFetched("remover@example.net");
  });

  test("Dovecot serves the messages as they were put there", () => {
    served.forEach((octets, index) => expect(octets.equals(messages[index]!.octets), messages[index]!.name).toBe(true));
  });

  test("poplib reads all messages octet for octet", async () => {
    const got = await readers["poplib"]!(reading("keeper@example.net"));
    expect(got).toHaveLength(messages.length);
    messages.forEach((message, index) => expectSame(message.name, got[index]!, served[index]!));
  });

  test("in keep mode the source still has the messages, and another poll fetches nothing", async () => {
    const logins = countLogins("keeper");
    await waitFor("two more polls", () => countLogins("keeper") >= logins + 2);
    expect(dovecot.count("keeper")).toBe(messages.length);
    expect(retrieved("keeper")).toBe(0);
  });

  test("in delete mode the source has them no longer, and they are all here", async () => {
    await waitFor("the mailbox to be empty", () => dovecot.count("remover") === 0);
    const reader = await RawPop3.logIn(waypost.pop3[0]!, waypost.ca, "remover@example.net", alice.password);
    for (const [index, { name }] of messages.entries()) {
      expectSame(name, (await reader.retrieve(index + 1)).octets, served[index]!);
    }
    await reader.quit();
  });

  test("while the source is stopped, cached mail is read", async () => {
    await dovecot.stop();
    const got = await readers["poplib"]!(reading("keeper@example.net"));
    messages.forEach((message, index) => expectSame(message.name, got[index]!, served[index]!));
  });

  function reading(login: string): Reading {
    const folder = path.join(scene.folder(), "mail");
    mkdirSync(folder);
    return { port: waypost.pop3[0]!.port, caPath: waypost.caPath, login, password: alice.password, folder };
  }

  async function untilFetched(login: string): Promise<void> {
    await waitFor(`the mail of ${login}`, async () => {
      const reader = await RawPop3.logIn(waypost.pop3[0]!, waypost.ca, login, alice.password);
      const { length } = await reader.uidls();
      await reader.quit();
      return length === messages.length;
    }, 60_000);
  }

  /** Dovecot writes a line for each session, with what was retrieved in it. */
  function sessionsOf(user: string): string[] {
    return dovecot.log().split("\n").filter((line) => line.includes(`pop3(${user})`) && line.includes("retr="));
  }

  function countLogins(user: string): number {
    return sessionsOf(user).length;
  }

  /** Messages retrieved in the last session. */
  function retrieved(user: string): number {
    return Number(/retr=(\d+)/.exec(sessionsOf(user).at(-1) ?? "")?.[1]);
  }
});

function expectSame(name: string, got: Buffer, wanted: Buffer): void {
  if (got.equals(wanted)) return;
  const at = got.findIndex((octet, index) => octet !== wanted[index]);
  const show = (octets: Buffer) => JSON.stringify(octets.subarray(Math.max(0, at - 20), at + 40).toString("latin1"));
  expect.fail(`${name}: ${got.length} octets for ${wanted.length}, at ${at}: ${show(got)} for ${show(wanted)}`);
}
