import { execFileSync } from "node:child_process";
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { createClient } from "@libsql/client";
import { expect, test } from "vitest";
import { missingPrograms } from "../support/peers/installed.ts";
import { startChild, startWaypost, type Waypost } from "../support/process.ts";
import { RawSmtp } from "../support/raw-smtp.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const scene = createScene();
const settings = relaySettings({ allowWithoutAuth: ["127.0.0.0/8"], retry: "1h" });

/** Long enough for what is written behind a 250: what turns read-only in the middle of a commit ends the process. */
const CALM_MS = 1_000;

/** Runs a program that needs root; gives why it could not be done, or null. */
function asRoot(command: string, ...args: string[]): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "this needs Linux, and root";
  try {
    execFileSync(command, args, { stdio: "pipe" });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether something can be shown on this machine; if not it says why. */
function isPossible(problem: string | null): boolean {
  if (problem !== null) console.log(`not shown here: ${problem}`);
  return problem === null;
}

/** A folder on a file system of its own, in memory; null: there can be none. */
function smallDisk(octets: number): string | null {
  const folder = scene.folder();
  if (!isPossible(asRoot("mount", "-t", "tmpfs", "-o", `size=${octets}`, "tmpfs", folder))) return null;
  scene.atEnd(() => asRoot("umount", folder));
  return folder;
}

/** Sends a message; gives the reply that decided. */
async function send(waypost: Waypost, octets = 2_000): Promise<string> {
  const smtp = await RawSmtp.connect(waypost.smtp[0]!);
  try {
    await smtp.ask(250, "EHLO scanner");
    await smtp.send("scanner@example.net", ["bob@example.org"], sampleMessage(octets));
    return "250";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    smtp.client.destroy();
  }
}

/** What something gave, and how long it took. */
async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startedAt = performance.now();
  return [await work(), performance.now() - startedAt];
}

/** An owner who has signed in to the dashboard; gives what its first page says. */
async function owner({ dashboard, output }: Waypost): Promise<() => Promise<string>> {
  const { address, port } = dashboard[0]!;
  const base = `http://${address}:${port}`;
  const code = /one-time code: (\S+)/.exec(output())![1]!;
  const body = new URLSearchParams({ code, name: "anna", password: "correct horse", again: "correct horse" });
  const signedIn = await fetch(`${base}/setup`, {
    method: "POST",
    body,
    headers: { origin: base },
    redirect: "manual",
  });
  const cookie = signedIn.headers.get("set-cookie")!.split(";")[0]!;
  return async () => await (await fetch(`${base}/`, { headers: { cookie } })).text();
}

/** How many recipients wait, by the database itself. */
async function waitingRows(folder: string): Promise<unknown> {
  const database = createClient({ url: pathToFileURL(path.join(folder, "data", "waypost.db")).href });
  try {
    return (await database.execute("select count(*) as count from recipient where state = 'waiting'"))
      .rows[0]!["count"];
  } finally {
    database.close();
  }
}

/** The database with its log and index. */
function databaseFiles(folder: string): string[] {
  const data = path.join(folder, "data");
  return readdirSync(data).filter((name) => name.startsWith("waypost.db")).map((name) => path.join(data, name));
}

/** Waits until mail is taken again, by the same process. */
async function takesMailAgain(waypost: Waypost): Promise<void> {
  await waitFor("mail to be taken again", async () => await send(waypost) === "250", 30_000);
  expect(waypost.isRunning()).toBe(true);
}

test("files of the database that were made immutable let mail wait at its senders, and all goes on when they no longer are", async () => {
  const folder = scene.folder();
  const waypost = await scene.waypost(folder, settings);
  expect(await send(waypost)).toBe("250");
  const page = await owner(waypost);
  await sleep(CALM_MS);
  const files = databaseFiles(folder);
  scene.atEnd(() => asRoot("chattr", "-i", ...files));
  if (!isPossible(asRoot("chattr", "+i", ...files))) return;
  for (let count = 0; count < 3; count++) expect(await send(waypost)).toMatch(/451 4\.3\.0/);
  expect(await page()).toMatch(/read-only/);
  asRoot("chattr", "-i", ...files);
  await takesMailAgain(waypost);
  await waypost.stop();
});

test("files of the database that were made immutable do not keep it from ending in order, and nothing is lost", async () => {
  const folder = scene.folder();
  const waypost = await scene.waypost(folder, settings);
  expect(await send(waypost)).toBe("250");
  await sleep(CALM_MS);
  const files = databaseFiles(folder);
  scene.atEnd(() => asRoot("chattr", "-i", ...files));
  if (!isPossible(asRoot("chattr", "+i", ...files))) return;
  await waypost.stop();
  asRoot("chattr", "-i", ...files);
  const again = await scene.waypost(folder, settings);
  expect(await waitingRows(folder)).toBe(1);
  await again.stop();
});

test("files of the database that were moved away let mail wait at its senders, and all goes on when they are back", async () => {
  const folder = scene.folder();
  const waypost = await scene.waypost(folder, settings);
  expect(await send(waypost)).toBe("250");
  const page = await owner(waypost);
  const files = databaseFiles(folder);
  for (const file of files) renameSync(file, `${file}.aside`);
  for (let count = 0; count < 3; count++) expect(await send(waypost)).toMatch(/451 4\.3\.0/);
  expect(await page()).toMatch(/removed or replaced/);
  for (const file of files) renameSync(`${file}.aside`, file);
  await takesMailAgain(waypost);
  await waypost.stop();
  expect(await waitingRows(folder)).toBe(2);
});

test("a file system that goes read-only after an error lets mail wait at its senders; mounted anew, all goes on", async () => {
  const image = path.join(scene.folder(), "image");
  const folder = scene.folder();
  writeFileSync(image, "");
  truncateSync(image, 200_000_000);
  const made = asRoot("mkfs.ext4", "-q", "-F", image);
  const mount = () => asRoot("mount", "-o", "loop,errors=remount-ro", image, folder);
  if (!isPossible(made ?? mount())) return;
  // The rows that were counted may keep a file open for a while.
  scene.atEnd(() => asRoot("umount", "-l", folder));
  const device = readFileSync("/proc/mounts", "utf8").split("\n").find((line) => line.includes(` ${folder} `))!;
  const trigger = `/sys/fs/ext4/${path.basename(device.split(" ", 1)[0]!)}/trigger_fs_error`;
  if (!isPossible(existsSync(trigger) ? null : "the kernel lets no error be made")) return;
  const waypost = await scene.waypost(folder, settings);
  expect(await send(waypost)).toBe("250");
  const page = await owner(waypost);
  await sleep(CALM_MS);
  writeFileSync(trigger, "1");
  for (let count = 0; count < 3; count++) expect(await send(waypost)).toMatch(/451 4\.3\.0/);
  expect(await page()).toMatch(/read-only/);
  await waypost.stop();
  expect(asRoot("umount", folder)).toBeNull();
  expect(mount()).toBeNull();
  const again = await scene.waypost(folder, settings);
  expect(await send(again)).toBe("250");
  expect(await waitingRows(folder)).toBe(2);
  await again.stop();
});

test("on a read-only disk the start fails, names the folder and says what to do; once it is writable it starts", async () => {
  const folder = smallDisk(200_000_000);
  if (folder === null) return;
  const first = await startWaypost(folder, settings);
  await first.stop();
  expect(asRoot("mount", "-o", "remount,ro", folder)).toBeNull();
  const config = scene.folder();
  symlinkSync(path.join(folder, "data"), path.join(config, "data"));
  await expect(startWaypost(config, settings)).rejects.toThrow(
    /cannot write into the data folder \S+data: it lies on a read-only file system: make that writable/,
  );
  expect(asRoot("mount", "-o", "remount,rw", folder)).toBeNull();
  const again = await startWaypost(folder, settings);
  expect(await send(again)).toBe("250");
  await again.stop();
});

test("on a full disk mail waits at its senders, and goes on when there is room", async () => {
  const folder = smallDisk(300_000_000);
  if (folder === null) return;
  const waypost = await scene.waypost(folder, settings);
  expect(await send(waypost)).toBe("250");
  const { bavail, bsize } = statfsSync(folder);
  const ballast = path.join(folder, "ballast");
  writeFileSync(ballast, new Uint8Array(bavail * bsize - 1_000_000));
  await waitFor("mail to be refused", async () => /452 4\.3\.1/.test(await send(waypost)), 10_000);
  rmSync(ballast);
  await takesMailAgain(waypost);
  await waypost.stop();
});

test("with little room on the disk what a drained queue has left empty in the database takes mail", async () => {
  const folder = smallDisk(300_000_000);
  if (folder === null) return;
  const away = await scene.waypost(folder, relaySettings({ allowWithoutAuth: ["127.0.0.0/8"] }));
  for (let count = 0; count < 4; count++) expect(await send(away, 20_000_000)).toBe("250");
  await away.stop();
  const upstream = await scene.upstream();
  const waypost = await scene.waypost(
    folder,
    relaySettings({ allowWithoutAuth: ["127.0.0.0/8"], upstreams: [{ port: upstream.port }] }),
  );
  await waitFor("the queue to be drained", () => upstream.messages.length === 4, 60_000);
  // By now the log has the size that it keeps.
  for (let count = 0; count < 2; count++) expect(await send(waypost, 20_000_000)).toBe("250");
  await waitFor("the queue to be drained", () => upstream.messages.length === 6, 60_000);
  const ballast = path.join(folder, "ballast");
  const leave = (octets: number) => {
    rmSync(ballast, { force: true });
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(ballast, new Uint8Array(bavail * bsize - octets));
  };
  leave(12_000_000);
  // The database is asked for its room once the disk is seen to be nearly full.
  await takesMailAgain(waypost);
  for (let count = 0; count < 3; count++) expect(await send(waypost, 10_000_000)).toBe("250");
  leave(1_000_000);
  await waitFor("mail to be refused", async () => /452 4\.3\.1/.test(await send(waypost)), 10_000);
  rmSync(ballast);
  await takesMailAgain(waypost);
  await waypost.stop();
}, 120_000);

/** How long another program keeps the database locked: longer than a write waits for it. */
const LOCK_SECONDS = Number(process.env["WAYPOST_LOCK_SECONDS"] ?? 8);
/** No reply may take longer: clients have a patience of minutes, and people less. */
const PATIENCE_MS = 12_000;

test.skipIf(missingPrograms("python3").length > 0)(
  "while another program has the database locked mail waits at its senders, and goes on when it is free",
  async () => {
    const folder = scene.folder();
    const upstream = await scene.upstream();
    const waypost = await scene.waypost(
      folder,
      relaySettings({ allowWithoutAuth: ["127.0.0.0/8"], upstreams: [{ port: upstream.port }] }),
    );
    const page = await owner(waypost);
    const script = "import sqlite3,sys,time\ndatabase=sqlite3.connect(sys.argv[1])\n" +
      "database.execute('BEGIN EXCLUSIVE')\nprint('locked',flush=True)\ntime.sleep(float(sys.argv[2]))\n";
    const args = ["-c", script, path.join(folder, "data", "waypost.db"), String(LOCK_SECONDS)];
    const other = startChild("python3", args);
    scene.atEnd(() => other.signal("SIGKILL"));
    await waitFor("the lock", () => other.output().includes("locked"));
    let taken = 0;
    const refused: string[] = [];
    while (other.isRunning()) {
      const [reply, ms] = await timed(() => send(waypost));
      expect(ms).toBeLessThan(PATIENCE_MS);
      if (reply === "250") taken++;
      else if (refused.push(reply) === 1) expect(await page()).toMatch(/Another program has locked it/);
    }
    expect(refused.length).toBeGreaterThan(0);
    for (const reply of refused) expect(reply).toMatch(/451 4\.3\.0/);
    await takesMailAgain(waypost);
    await waitFor("all that was taken", () => upstream.messages.length >= taken + 1);
    expect(upstream.messages).toHaveLength(taken + 1);
    await waypost.stop();
  },
  (LOCK_SECONDS + 60) * 1_000,
);
