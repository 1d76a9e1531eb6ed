import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { chooseRuntime } from "../../scripts/runtimes.mjs";
import { waitFor } from "./wait.ts";

const projectRoot = fileURLToPath(new URL("../..", import.meta.url));
const mainScript = path.join(projectRoot, "src", "main.ts");

/** How long a start, or an orderly end, may take before a test calls it hung. */
const PATIENCE_MS = 30_000;

/** A child process with all that it said. */
export interface Child {
  readonly pid: number;
  /** Standard output and standard error as they came. */
  output(): string;
  /** Resolves with the exit code, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
  isRunning(): boolean;
  /** Sends a signal, if it still runs. */
  signal(name: NodeJS.Signals): void;
}

/** How a program is started. */
export interface ChildOptions {
  readonly cwd?: string;
  /** Added to the test's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Signals go to all processes that it starts, too. */
  readonly group?: boolean;
}

/** Starts a program; whatever becomes of the test, the process ends with it. */
export function startChild(command: string, args: readonly string[], options: ChildOptions = {}): Child {
  const { cwd = os.tmpdir(), env, group = false } = options;
  const child = spawn(command, [...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: group,
  });
  const said: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => said.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
  const exited = outcomeOf(child, command);
  let running = true;
  void exited.catch((error) => said.push(String(error))).finally(() => {
    running = false;
    children.delete(end);
  });
  const signal = (name: NodeJS.Signals) => sendSignal(child, name, group);
  const end = () => signal("SIGKILL");
  children.add(end);
  return {
    pid: child.pid ?? -1,
    output: () => said.join(""),
    exited,
    isRunning: () => running,
    signal,
  };
}

const children = new Set<() => void>();
// The last resort, for a test that was ended from outside before its own clean-up.
process.on("exit", () => {
  for (const end of children) end();
});

function outcomeOf(child: ChildProcess, command: string): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.on("error", (cause) => reject(new Error(`cannot run ${command}`, { cause })));
    child.on("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
}

function sendSignal(child: ChildProcess, name: NodeJS.Signals, group: boolean): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    // On Deno child.kill works only once.
    process.kill(group ? -child.pid : child.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A folder of a test's own; `remove` when the test is over. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "waypost-test-"));
  return { path: folder, remove: () => fs.rmSync(folder, { recursive: true, force: true }) };
}

/** An address where a server of the process listens. */
export interface Port {
  readonly address: string;
  readonly port: number;
}

/** `waypost serve` at work, as a process of its own. */
export interface Waypost extends Child {
  /** Its SMTP listeners, in the order of the settings. */
  readonly smtp: readonly Port[];
  readonly pop3: readonly Port[];
  readonly dashboard: readonly Port[];
  /** The certificate of its own CA, PEM; "" when the settings name a certificate. */
  readonly ca: string;
  readonly caPath: string;
  /** The memory that it holds, and the most that it has held since the last `resetPeak`, in octets (Linux). */
  memory(): { readonly now: number; readonly peak: number };
  /** Lets the peak begin anew with what it holds now. */
  resetPeak(): void;
  /** Ends it by SIGTERM and waits. @throws when it does not end in time, or not with 0 */
  stop(): Promise<void>;
  /** Ends it by SIGKILL and waits. */
  kill(): Promise<void>;
}

/**
 * Starts `waypost serve` on the runtime that runs the test, with the launcher's flags.
 * @param folder where `waypost.toml` is written and `data` lies; the same again for a restart
 * @param settings the settings file without `data_dir`; listeners best have port 0
 * @throws when it does not say in time where it listens; with all that it said
 */
export async function startWaypost(folder: string, settings: string): Promise<Waypost> {
  const file = path.join(folder, "waypost.toml");
  fs.writeFileSync(file, `data_dir = "data"\n${settings}`);
  const { command, flags } = chooseRuntime(undefined);
  const child = startChild(command, [...flags, mainScript, "serve", "--config", file], {
    cwd: folder,
    env: { DENO_NO_UPDATE_CHECK: "1" },
  });
  try {
    await waitFor("waypost to listen", () => {
      if (!child.isRunning()) throw new Error("waypost ended at its start");
      return /^Waypost listens on\n[^]*\n$/m.test(child.output());
    }, PATIENCE_MS);
  } catch (cause) {
    child.signal("SIGKILL");
    throw new Error(`waypost did not start:\n${child.output()}`, { cause });
  }
  const caPath = /trust (\S+)\n/.exec(child.output())?.[1] ?? "";
  return {
    ...child,
    smtp: portsOf(child, "smtp"),
    pop3: portsOf(child, "pop3"),
    dashboard: portsOf(child, "dashboard"),
    caPath,
    ca: caPath === "" ? "" : fs.readFileSync(caPath, "utf8"),
    memory: () => memoryOf(child.pid),
    // proc(5): 5 resets the peak resident set size.
    resetPeak: () => fs.writeFileSync(`/proc/${child.pid}/clear_refs`, "5"),
    stop: () => stopChild(child),
    async kill() {
      child.signal("SIGKILL");
      await child.exited;
    },
  };
}

/** The addresses where a service listens, as `serve` prints them. */
export function portsOf(child: Child, service: "smtp" | "pop3" | "dashboard"): Port[] {
  const pattern = new RegExp(`^ +${service} +(?:https?://)?(\\S+?):(\\d+)\\b`, "gm");
  return [...child.output().matchAll(pattern)].map(([, address = "", port]) => ({ address, port: Number(port) }));
}

function memoryOf(pid: number): { now: number; peak: number } {
  const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
  return { now: read("VmRSS"), peak: read("VmHWM") };
}

/** Ends a process by SIGTERM. @throws when it does not end in time, or not with 0 */
export async function stopChild(child: Child): Promise<void> {
  child.signal("SIGTERM");
  const timer = setTimeout(() => child.signal("SIGKILL"), PATIENCE_MS);
  const outcome = await child.exited;
  clearTimeout(timer);
  if (outcome !== 0) throw new Error(`the process ended with ${outcome} after SIGTERM:\n${child.output()}`);
}
