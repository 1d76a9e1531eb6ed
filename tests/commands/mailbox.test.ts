import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { oddMessages } from "../support/odd-messages.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { commandsIn, wideLines } from "./support.ts";

const scene = createScene();
const messages = oddMessages();

interface Deleted {
  readonly messages: readonly { readonly id: string; readonly size: number; readonly forAll: boolean }[];
}

function archiveIn(folder: string): string {
  const place = join(folder, "archive");
  mkdirSync(place);
  messages.forEach(({ octets }, index) => writeFileSync(join(place, `${index}.eml`), octets));
  return place;
}

test(
  "mail that is imported beside a running server is served, exported, and restored when a client has deleted it",
  async () => {
    const folder = scene.folder();
    const waypost = await scene.waypost(folder, relaySettings({}));
    const { run, json } = commandsIn(folder);
    const place = archiveIn(folder);
    const logIn = () => RawPop3.logIn(waypost.pop3[0]!, waypost.ca, alice.login, alice.password);

    const imported = await json(["mailbox", "import", alice.login, place]);
    expect(imported).toMatchObject({ imported: messages.length, known: 0, format: "eml", source: "imported" });
    expect(await json(["mailbox", "import", alice.login.toUpperCase(), place])).toMatchObject({
      imported: 0,
      known: messages.length,
    });

    const reader = await logIn();
    const sizes = (await reader.list("LIST")).map((line) => Number(line.split(" ")[1]));
    expect(sizes).toEqual(messages.map(({ octets }) => octets.length));
    for (const [index, { name, octets }] of messages.entries()) {
      expect((await reader.retrieve(index + 1)).octets.equals(octets), name).toBe(true);
    }
    await reader.ask("DELE 1");
    await reader.quit();

    const out = join(folder, "out");
    expect(await json(["mailbox", "export", `${alice.login}+imported`, out, "--format", "eml"])).toMatchObject({
      exported: messages.length - 1,
    });
    const written = readdirSync(out).sort().map((name) => readFileSync(join(out, name)));
    expect(written.every((octets, index) => octets.equals(messages[index + 1]!.octets))).toBe(true);

    const listed = await run(["mailbox", "deleted", alice.login]);
    expect([listed.code, wideLines(listed.out), listed.out]).toEqual([0, [], expect.stringContaining("all")]);
    const deleted = await json<Deleted>(["mailbox", "deleted", alice.login]);
    expect(deleted.messages).toMatchObject([{ size: messages[0]!.octets.length, forAll: true }]);
    expect(await json(["mailbox", "restore", alice.login, deleted.messages[0]!.id])).toEqual({ restored: 1 });
    const again = await logIn();
    expect((await again.retrieve(1)).octets.equals(messages[0]!.octets)).toBe(true);
    await again.quit();
    const totals = await run(["mailbox", "list"]);
    expect(totals.out).toMatch(new RegExp(`${alice.login}\\s+imported \\(no source\\)\\s+${messages.length}\\s+0`));
  },
  60_000,
);

test("without a server the same commands work on the database; wrong ones say what was expected", async () => {
  const folder = scene.folder();
  const waypost = await scene.waypost(folder, relaySettings({}));
  await waypost.stop();
  const { run, json } = commandsIn(folder);
  const place = archiveIn(folder);
  expect(await json(["mailbox", "import", alice.login, place])).toMatchObject({ imported: messages.length });
  const mbox = join(folder, "out.mbox");
  const exported = await run(["mailbox", "export", alice.login, mbox]);
  expect([exported.code, exported.out]).toEqual([0, expect.stringContaining(`written to ${mbox}`)]);

  const wrong = async (...args: string[]) => {
    const { code, err } = await run(["mailbox", ...args]);
    return [code, err.split("\n")[0]];
  };
  expect(await wrong("import", "nobody", place)).toEqual([1, "waypost: there is no account nobody"]);
  expect(await wrong("import", `${alice.login}+work`, place)).toEqual([
    1,
    `waypost: ${alice.login} has no source work; there is imported`,
  ]);
  expect(await wrong("import", alice.login, join(folder, "no"))).toEqual([
    1,
    `waypost: ${join(folder, "no")} does not exist`,
  ]);
  expect(await wrong("import", alice.login, place, "--quoting", "x")).toEqual([
    2,
    "--quoting x: expected mboxrd or mboxo",
  ]);
  expect(await wrong("export", alice.login, mbox)).toEqual([
    1,
    `waypost: ${mbox} is there already; an mbox is not added to`,
  ]);
  expect(await wrong("export", alice.login, mbox, "--format", "x")).toEqual([
    2,
    "--format x: expected mbox, maildir, eml",
  ]);
  expect(await wrong("restore", alice.login)).toEqual([2, "expected either IDs or --all"]);
  expect(await wrong("restore", alice.login, "0000000001")).toEqual([
    1,
    "waypost: not deleted, or removed for good: 1",
  ]);
  expect(await wrong("restore", alice.login, "--all")).toEqual([0, ""]);
}, 60_000);
