import { type ChildProcess, spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DataFolderInUse, lockHolder } from "../control/lock.ts";
import type { Endpoint } from "../net/connection.ts";
import type { DemoStart } from "./process.ts";
import { type DemoPorts, writeDemoSettings } from "./settings.ts";

/** The demo's other side at work. */
export interface Demo {
  /** The settings file that names its upstream and its source. */
  readonly settingsFile: string;
  /** The password of the demo's accounts. */
  readonly password: string;
  /** Begins to send and read, once it is known where Waypost listens. */
  begin(servers: { readonly smtp: Endpoint; readonly pop3: Endpoint }): void;
  /** Ends its process. */
  stop(): void;
}

const SCRIPT = fileURLToPath(new URL("./process.ts", import.meta.url));
/** What the demo's database consists of. */
const DATABASE_FILES = ["waypost.db", "waypost.db-wal", "waypost.db-shm"];
/** How long the process may take to say where it listens. */
const START_MS = 30_000;

/**
 * Starts the demo's process and writes settings that name it. The demo begins anew each time: its source forgets its mail
 * when it ends, and a source that has lost all its mail would rightly be paused.
 * @param workDir where the demo's data folder is made: "data/demo"
 * @throws DataFolderInUse when a demo runs there already; Error when the process does not start
 */
export async function startDemo(workDir: string): Promise<Demo> {
  const dataDir = join(workDir, "data", "demo");
  const holder = await lockHolder(dataDir);
  if (holder) throw new DataFolderInUse(dataDir, holder);
  for (const file of DATABASE_FILES) await rm(join(dataDir, file), { force: true });
  const child = spawn(process.execPath, [...runtimeFlags(), SCRIPT], { stdio: ["pipe", "pipe", "inherit"] });
  const ports = await firstLine(child);
  const { file, password } = await writeDemoSettings(dataDir, ports);
  return {
    settingsFile: file,
    password,
    begin(servers) {
      const start: DemoStart = { ...servers, password };
      child.stdin!.write(`${JSON.stringify(start)}\n`);
    },
    stop: () => child.stdin!.end(),
  };
}

/** The flags that this process was started with, for another of its kind. */
function runtimeFlags(): string[] {
  if (!("deno" in process.versions)) return process.execArgv;
  return ["run", "-A", "--no-prompt", "--no-lock", "--no-remote", "--node-modules-dir=manual"];
}

function firstLine(child: ChildProcess): Promise<DemoPorts> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error("the demo's process did not start"));
    const timer = setTimeout(fail, START_MS);
    child.once("exit", fail);
    child.once("error", reject);
    createInterface({ input: child.stdout! }).once("line", (line) => {
      clearTimeout(timer);
      child.off("exit", fail);
      resolve(JSON.parse(line) as DemoPorts);
    });
  });
}
