import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { expect, onTestFinished, test } from "vitest";
import { createControl, findServer } from "../control/control.ts";
import { lockDataFolder } from "../control/lock.ts";
import type { Settings } from "../settings.ts";
import { serverOf } from "./status-read.ts";

/** A data folder that "waypost serve" holds. */
async function held(): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), "waypost-status-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const lock = await lockDataFolder(dataDir, "serve");
  onTestFinished(() => lock.release());
  return dataDir;
}

/** Lets commands find an API of this test as the server of a data folder. */
async function published(dataDir: string, api: Parameters<typeof createServer>[1]): Promise<void> {
  const server = createServer(api as never);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const record = { address: "127.0.0.1", port, pid: process.pid, startedAt: 1, endpoints: [] };
  await createControl(dataDir, (length) => new Uint8Array(length)).publish(record);
}

const asSettings = (dataDir: string) => ({ dataDir }) as Settings;

test("a server that has not published its address yet, or not any more, is starting or stopping", async () => {
  const { status } = await serverOf(asSettings(await held()));
  expect(status).toMatchObject({ state: "unready", pid: process.pid });
});

test("a folder that nobody holds has no server", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "waypost-status-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  expect((await serverOf(asSettings(dataDir))).status).toMatchObject({ state: "stopped", pid: null });
});

test("a server that hangs up is there, and is not taken for one that was killed", async () => {
  const dataDir = await held();
  await published(dataDir, ((request: { socket: { destroy(): void } }) => request.socket.destroy()) as never);
  expect((await serverOf(asSettings(dataDir))).status).toMatchObject({ state: "silent", pid: process.pid });
});

test("a server that takes too long is said to be busy or stuck, with its process", async () => {
  const dataDir = await held();
  await published(dataDir, (() => undefined) as never);
  await expect(findServer(dataDir, 50)).rejects.toThrow(
    `the server (process ${process.pid}) did not answer within 0.05 s: it is very busy, or stuck`,
  );
});
