import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { DataFolderInUse, lockDataFolder, lockHolder } from "./lock.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "waypost-lock-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("a data folder has one holder at a time", async () => {
  const dataDir = folder();
  const lock = await lockDataFolder(dataDir, "serve");
  await expect(lockDataFolder(dataDir, "fetch")).rejects.toThrow(DataFolderInUse);
  await expect(lockDataFolder(dataDir, "fetch")).rejects.toThrow('"waypost serve" runs as process');
  expect((await lockHolder(dataDir))?.command).toBe("serve");
  await lock.release();
  expect(await lockHolder(dataDir)).toBeNull();
  await (await lockDataFolder(dataDir, "fetch")).release();
});

test("of many that want it at once, one gets it", async () => {
  for (let round = 0; round < 20; round++) await oneOfMany();
});

test("a claim on a stale lock whose process was killed holds nobody up", async () => {
  const dataDir = folder();
  const text = JSON.stringify({ command: "serve", pid: 1, port: 1, word: "gone" });
  const claim = `lock.json.${createHash("sha256").update(text).digest("hex").slice(0, 16)}.tmp`;
  writeFileSync(join(dataDir, "lock.json"), text);
  writeFileSync(join(dataDir, claim), "");
  utimesSync(join(dataDir, claim), 1, 1);
  await (await lockDataFolder(dataDir, "serve")).release();
});

async function oneOfMany(): Promise<void> {
  const dataDir = folder();
  writeFileSync(join(dataDir, "lock.json"), JSON.stringify({ command: "serve", pid: 1, port: 1, word: "gone" }));
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataFolder(dataDir, "serve")));
  const held = results.filter((result) => result.status === "fulfilled");
  expect(held).toHaveLength(1);
  await held[0]!.value.release();
}

test("what a killed holder has left counts for nothing, even when another program has its port", async () => {
  const dataDir = folder();
  const other = createServer((socket) => socket.end("another word"));
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  for (const text of [JSON.stringify({ command: "serve", pid: 1, port, word: "gone" }), "{", "null", ""]) {
    writeFileSync(join(dataDir, "lock.json"), text);
    await (await lockDataFolder(dataDir, "serve")).release();
  }
});
