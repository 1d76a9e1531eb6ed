import { Buffer } from "node:buffer";
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { RawPop3 } from "../support/raw-pop3.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { type ScriptedSource, sourceMessage, startSource } from "../support/scripted-source.ts";
import { waitFor } from "../support/wait.ts";
import { commandsIn, wideLines } from "./support.ts";

const scene = createScene();

/** Several commands in a row, each a process of its own, on a machine that may be busy. */
const PATIENCE_MS = 90_000;

interface FetchResult {
  readonly by: string;
  readonly results: readonly { readonly account: string; readonly fetched: number; readonly outcome: string }[];
}

function settings(port: number, mode: string): string {
  return relaySettings({
    accounts: `[[account]]\nlogin = "${alice.login}"\npassword = "${alice.password}"\n[account.source]\n` +
      `name = "private"\nhost = "127.0.0.1"\nport = ${port}\ntls = "off"\nusername = "alice"\n` +
      `password = "source secret"\ninterval = "30d"\nconnect_timeout = "2s"\n${mode}`,
    more: '[telemetry]\nflush_interval = "100ms"\n',
  });
}

function message(index: number) {
  const text = `Message-ID: <fetched-${index}@example.net>\r\nSubject: number ${index}\r\n\r\ntext\r\n`;
  return sourceMessage(`uidl-${index}`, Buffer.from(text));
}

async function source(): Promise<ScriptedSource> {
  const started = await startSource([message(1), message(2)]);
  scene.atEnd(() => started.stop());
  return started;
}

test("through the server, fetch says what each source has brought", async () => {
  const folder = scene.folder();
  const upstream = await source();
  await scene.waypost(folder, settings(upstream.port, 'mode = "keep"\n'));
  const { run, json } = commandsIn(folder);
  await waitFor("the poll of the start", () => upstream.sessions() > 0);
  upstream.messages = [...upstream.messages, message(3), message(4), message(5)];
  const fetched = await json<FetchResult>(["fetch", alice.login.toUpperCase()]);
  expect(fetched.by).toBe("server");
  expect(fetched.results).toMatchObject([{ account: alice.login, source: "private", fetched: 3, outcome: "ok" }]);
  const again = await run(["fetch"]);
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining("0 messages fetched") });
  expect(wideLines(again.out)).toEqual([]);
  expect(await run(["fetch", "nobody"])).toMatchObject({ code: 1, err: expect.stringContaining("no account nobody") });
});

test("without a server fetch polls by itself; the trace shows the way to the deletion on the source", async () => {
  const folder = scene.folder();
  const upstream = await source();
  const waypost = await scene.waypost(folder, settings(upstream.port, 'mode = "delete"\ndelete_after = "0s"\n'));
  const { json } = commandsIn(folder);
  await waitFor("the poll of the start", () => upstream.sessions() > 0);
  await waypost.stop();
  upstream.messages = [message(3)];
  const fetched = await json<FetchResult>(["fetch"]);
  expect(fetched).toMatchObject({ by: "command", results: [{ fetched: 1, removed: 1, outcome: "ok" }] });
  expect(upstream.messages).toEqual([]);
  const { traces } = await json<{ traces: { steps: { place: string; event: string; session: unknown }[] }[] }>([
    "trace",
    "fetched-3@example.net",
  ]);
  expect(traces[0]!.steps.map(({ place, event }) => `${place}: ${event}`)).toEqual([
    `pop3-client: fetched from private for ${alice.login}`,
    `mailbox: stored in the mailbox of ${alice.login}`,
    "ledger: the server has confirmed its deletion",
  ]);
  expect(traces[0]!.steps[0]!.session).toMatchObject({ peerAddress: "127.0.0.1", outcome: "completed" });
  await upstream.stop();
  expect(await json<FetchResult>(["fetch"], 1)).toMatchObject({
    results: [{ fetched: 0, outcome: expect.stringContaining("connect") }],
  });
});

test("a source that is paused says why in fetch and status, and goes on with --resume", async () => {
  const folder = scene.folder();
  const upstream = await source();
  upstream.messages = Array.from({ length: 12 }, (_, index) => message(index));
  await scene.waypost(folder, settings(upstream.port, 'mode = "keep"\n'));
  const { run } = commandsIn(folder);
  expect(await run(["fetch"])).toMatchObject({ code: 0 });
  upstream.messages = [];
  const hint = `"waypost fetch ${alice.login} --resume"`;
  const paused = await run(["fetch"]);
  expect(paused.code).toBe(1);
  expect(paused.out).toContain("paused: 12 of the 12 messages that were on the server are gone");
  expect(paused.out).toContain(hint);
  expect((await run(["status"])).out.replaceAll(/\s+/g, " ")).toContain(hint);
  expect(await run(["fetch", alice.login, "--resume"])).toMatchObject({ code: 0 });
  expect((await run(["status"])).out).not.toContain("--resume");
});

test("a server that commands do not find still keeps fetch from working beside it", async () => {
  const folder = scene.folder();
  const upstream = await source();
  const text = settings(upstream.port, 'mode = "keep"\n');
  await scene.waypost(folder, text);
  const { run } = commandsIn(folder);
  // As after a crash of the dashboard alone: the server is there, and commands do not find it.
  fs.rmSync(path.join(folder, "data", "control.json"));
  expect(await run(["fetch"])).toMatchObject({ code: 1, err: expect.stringContaining('"waypost serve" runs') });
});

/** A source with a message that is larger than the limit. */
async function limitedSource(folder: string) {
  const upstream = await source();
  const large = `Message-ID: <large@example.net>\r\nSubject: film\r\n\r\n${"x".repeat(3_000)}\r\n`;
  upstream.messages = [...upstream.messages, sourceMessage("uidl-large", Buffer.from(large))];
  const more = 'mode = "delete"\ndelete_after = "0s"\nmax_message_size = "1KB"\n';
  return { upstream, text: settings(upstream.port, more), ...commandsIn(folder) };
}

interface Plans {
  readonly plans: readonly {
    readonly problem: string | null;
    readonly fetch: { readonly count: number };
    readonly announce: { readonly count: number };
    readonly remove: { readonly count: number; readonly first: readonly { readonly uidl: string }[] };
  }[];
}

test.each(["server", "command"])("by the %s: a dry run says what would happen and does nothing", async (by) => {
  const folder = scene.folder();
  const { upstream, text, run, json } = await limitedSource(folder);
  const waypost = await scene.waypost(folder, text.replace('interval = "30d"', 'interval = "30d"\n'));
  await waitFor("the poll of the start", () => upstream.sessions() > 0);
  if (by === "command") await waypost.stop();
  upstream.messages = [...upstream.messages, message(7)];
  const [plan] = (await json<Plans>(["fetch", "--dry-run"])).plans;
  expect(plan).toMatchObject({ problem: null, fetch: { count: 1 }, announce: { count: 0 }, remove: { count: 1 } });
  expect(plan!.remove.first[0]).toMatchObject({ uidl: "uidl-7" });
  expect(upstream.messages.length).toBe(2);
  const shown = await run(["fetch", alice.login, "--dry-run"]);
  expect(shown.out).toContain("1 message would be fetched");
  expect(shown.out).toContain("1 message would be deleted on the server");
  expect(wideLines(shown.out)).toEqual([]);
  expect((await run(["fetch", "--dry-run", "--resume"])).code).toBe(2);
  await upstream.stop();
  expect(await json<Plans>(["fetch", "--dry-run"], 1)).toMatchObject({ plans: [{ problem: expect.any(String) }] });
}, PATIENCE_MS);

test.each(["server", "command"])(
  "by the %s: a message that was left for its size is fetched when it is asked for",
  async (by) => {
    const folder = scene.folder();
    const { upstream, text, run, json } = await limitedSource(folder);
    const waypost = await scene.waypost(folder, text);
    await waitFor("the poll of the start", () => upstream.messages.length === 1);
    const { mailboxes } = await json<{ mailboxes: { id: string }[] }>(["status"]);
    expect(mailboxes).toHaveLength(1);
    const { traces } = await json<{ traces: { id: string; steps: { event: string }[] }[] }>([
      "trace",
      "large@example.net",
    ]);
    const id = traces[0]!.id;
    if (by === "command") await waypost.stop();
    const fetched = await json<FetchResult>(["fetch", alice.login, "--message", id]);
    expect(fetched).toMatchObject({ by, results: [{ account: alice.login, fetched: 1, outcome: "ok" }] });
    expect(upstream.messages).toEqual([]);
    expect(await run(["fetch", "--message", id])).toMatchObject({
      code: 1,
      err: expect.stringContaining("no message waits on its server"),
    });
  },
);

test(
  "what delete mode removed can be had back: listed, saved and sent again, also after a client has deleted it",
  async () => {
    const folder = scene.folder();
    const upstream = await source();
    const waypost = await scene.waypost(folder, settings(upstream.port, 'mode = "delete"\ndelete_after = "0s"\n'));
    const { run, json } = commandsIn(folder);
    await waitFor("the source to be empty", () => upstream.messages.length === 0);
    const reader = await RawPop3.logIn(waypost.pop3[0]!, waypost.ca, alice.login, alice.password);
    const before = await reader.uidls();
    await reader.ask("DELE 1");
    await reader.quit();
    const { messages } = await json<{ messages: { id: string; subject: string; deletedAt: string | null }[] }>([
      "mailbox",
      "removed",
      alice.login,
    ]);
    expect(messages.map(({ subject, deletedAt }) => [subject, deletedAt === null])).toEqual([
      ["number 2", true],
      ["number 1", false],
    ]);
    expect(wideLines((await run(["mailbox", "removed"])).out)).toEqual([]);
    const file = path.join(folder, "saved.eml");
    expect(await run(["mailbox", "save", messages[1]!.id, file])).toMatchObject({ code: 0 });
    expect(fs.readFileSync(file, "utf8")).toContain("Subject: number 1\r\n");
    expect(await run(["mailbox", "save", messages[1]!.id, file])).toMatchObject({
      code: 1,
      err: `waypost: ${file} is there already\n`,
    });
    expect(await json(["mailbox", "resend", messages[1]!.id])).toEqual({ resent: 1, missing: [] });
    const again = await RawPop3.logIn(waypost.pop3[0]!, waypost.ca, alice.login, alice.password);
    const after = await again.uidls();
    expect(after).toHaveLength(2);
    expect(after.filter((uidl) => before.includes(uidl))).toHaveLength(1);
    await again.quit();
  },
  PATIENCE_MS,
);
