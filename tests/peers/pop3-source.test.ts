import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandsIn } from "../commands/support.ts";
import { type Dovecot, startDovecot } from "../support/peers/dovecot.ts";
import { missingPrograms } from "../support/peers/installed.ts";
import type { Waypost } from "../support/process.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const password = "source-secret";
const modes = ["keep", "delete"] as const;
/** More than the handful that may vanish or change without a question. */
const MESSAGES = 12;

interface Fetched {
  readonly fetched: number;
  readonly removed: number;
  readonly paused: boolean;
  readonly outcome: string;
}

describe.skipIf(missingPrograms("dovecot").length > 0)("Dovecot as a source that others use too", () => {
  const scene = createScene(afterAll);
  let dovecot: Dovecot;
  let waypost: Waypost;
  let ca: string;
  let folder: string;

  const users = ["others", "replaced", "renumbered"].flatMap((name) =>
    modes.map((mode) => ({ user: `${name}-${mode}`, mode }))
  );

  beforeAll(async () => {
    const certificate = await scene.certificate();
    ca = certificate.ca;
    dovecot = await startDovecot({ folder: scene.folder(), certificate, password });
    scene.atEnd(() => dovecot.stop());
    for (const { user } of users) dovecot.fill(user, letters(user, 0, MESSAGES));
    const accounts = users.map(({ user, mode }) => `
[[account]]
login = "${user}"
password = "${password}"
[account.source]
host = "127.0.0.1"
port = ${dovecot.port}
tls = "starttls"
ca = "${certificate.caPath}"
username = "${user}"
password = "${password}"
interval = "30d"
mode = "${mode}"${mode === "delete" ? '\ndelete_after = "365d"' : ""}`);
    folder = scene.folder();
    waypost = await scene.waypost(folder, relaySettings({ accounts: accounts.join("\n") }));
    for (const { user } of users) {
      await waitFor(`the mail of ${user}`, async () => (await read(user)).length === MESSAGES);
    }
  });

  async function poll(user: string, code = 0, ...more: string[]): Promise<Fetched> {
    const { results } = await commandsIn(folder).json<{ results: Fetched[] }>(["fetch", user, ...more], code);
    return results[0]!;
  }

  /** What Waypost serves, as text, in its order. */
  async function read(user: string): Promise<string[]> {
    const session = await RawPop3.logIn(waypost.pop3[0]!, waypost.ca, user, password);
    const count = (await session.uidls()).length;
    const texts: string[] = [];
    for (let number = 1; number <= count; number++) {
      texts.push((await session.retrieve(number)).octets.toString("latin1"));
    }
    await session.quit();
    return texts;
  }

  test.each(modes)(
    "another client deletes between polls (%s mode): what is here stays, what is new comes",
    async (mode) => {
      const user = `others-${mode}`;
      const before = await read(user);
      const other = await RawPop3.logIn(dovecot, ca, user, password);
      for (const number of [1, 2, 5]) await other.ask(`DELE ${number}`);
      await other.quit();
      dovecot.fill(user, letters(user, MESSAGES, 2));
      expect(await poll(user)).toMatchObject({ fetched: 2, removed: 0, paused: false, outcome: "ok" });
      expect(await poll(user)).toMatchObject({ fetched: 0, removed: 0, paused: false, outcome: "ok" });
      const after = await read(user);
      expect(after.slice(0, MESSAGES)).toEqual(before);
      expect(after.toSorted()).toEqual(letters(user, 0, MESSAGES + 2).map(textOf).toSorted());
      expect(dovecot.count(user)).toBe(MESSAGES - 3 + 2);
    },
  );

  test.each(modes)(
    "the mailbox is replaced (%s mode): a brake, and nothing is touched until its owner says so",
    async (mode) => {
      const user = `replaced-${mode}`;
      fs.rmSync(dovecot.maildir(user), { recursive: true });
      dovecot.fill(user, letters(user, 100, MESSAGES));
      expect(await poll(user, 1)).toMatchObject({ fetched: 0, removed: 0, paused: true });
      expect((await read(user)).length).toBe(MESSAGES);
      expect(await poll(user, 0, "--resume")).toMatchObject({
        fetched: MESSAGES,
        removed: 0,
        paused: false,
        outcome: "ok",
      });
      const all = [...letters(user, 0, MESSAGES), ...letters(user, 100, MESSAGES)].map(textOf);
      expect((await read(user)).toSorted()).toEqual(all.toSorted());
      expect(dovecot.count(user)).toBe(MESSAGES);
    },
  );

  test.each(modes)(
    "UIDVALIDITY changes (%s mode): all UIDLs are new, and nothing is fetched twice unasked",
    async (mode) => {
      const user = `renumbered-${mode}`;
      const before = await uidlsOf(user);
      for (const name of fs.readdirSync(dovecot.maildir(user)).filter((name) => name.startsWith("dovecot"))) {
        fs.rmSync(path.join(dovecot.maildir(user), name));
      }
      // It is the time in seconds.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      const after = await uidlsOf(user);
      expect(after.filter((uidl) => before.includes(uidl))).toEqual([]);
      const { outcome, ...rest } = await poll(user, 1);
      expect(rest).toMatchObject({ fetched: 0, removed: 0, paused: true });
      expect(outcome).toContain("UIDLs may have changed");
      expect((await read(user)).length).toBe(MESSAGES);
      expect(dovecot.count(user)).toBe(MESSAGES);
    },
  );

  async function uidlsOf(user: string): Promise<string[]> {
    const session = await RawPop3.logIn(dovecot, ca, user, password);
    const uidls = await session.uidls();
    await session.quit();
    return uidls;
  }
});

const made = new Map<string, Buffer>();

/** Messages of a user, the same again for the same numbers. */
function letters(user: string, first: number, count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `${user} ${first + index}`;
    const letter = made.get(name) ?? sampleMessage(2_000, name);
    made.set(name, letter);
    return letter;
  });
}

function textOf(octets: Buffer): string {
  return octets.toString("latin1");
}
