/**
 * node_modules: installs it when it is missing, older than package-lock.json, or lacks the development packages that a
 * test needs. Any Node >= 18 or Deno runs this file: only `node:` modules here.
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { say, SetUpError } from "./say.mjs";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const modules = path.join(root, "node_modules");
const stamp = path.join(modules, ".installed");
const lockWaitMs = 250;

const runsOnDeno = Boolean(process.versions.deno);

/** Installs what package-lock.json (on Deno: deno.lock) says, unless it is there. With `dev`, the tools as well. */
export function ensureModules({ dev }) {
  if (areModulesFresh(dev)) return;
  withInstallLock(() => {
    if (areModulesFresh(dev)) return; // another process did it while this one waited
    const all = dev || hasDevPackages();
    say("installing dependencies (once) …");
    if (runsOnDeno) install(process.execPath, ["install", "--quiet", "--frozen"]);
    else npm(["ci", all ? "--include=dev" : "--omit=dev"]);
    fs.writeFileSync(stamp, "");
  });
}

/** Runs npm in the project's folder without its chatter; what it still says goes to stderr. */
export function npm(args, { quiet = false } = {}) {
  // npm tells its scripts where it is; without that, the one on PATH.
  const self = process.env.npm_execpath;
  const known = !runsOnDeno && self && /npm-cli\.c?js$/.test(self) && fs.existsSync(self);
  const options = [
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-progress",
    `--loglevel=${quiet ? "silent" : "error"}`,
  ];
  if (known) install(process.execPath, [self, ...args, ...options]);
  else install(process.platform === "win32" ? "npm.cmd" : "npm", [...args, ...options]);
}

function install(command, args) {
  const shell = command.endsWith(".cmd");
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2], shell });
  if (status === 0) return;
  const why = error ? error.message : `it ended with ${status}`;
  throw new SetUpError(`cannot install: ${path.basename(command)} ${args.join(" ")}: ${why}`);
}

function areModulesFresh(dev) {
  const installedAt = Math.max(modifiedAt(stamp), modifiedAt(path.join(modules, ".package-lock.json")));
  return installedAt >= modifiedAt(path.join(root, "package-lock.json")) && installedAt > 0 &&
    (!dev || hasDevPackages());
}

function hasDevPackages() {
  return fs.existsSync(path.join(modules, "vitest", "package.json"));
}

function modifiedAt(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Two installs into one folder destroy each other: the second waits, then finds the work done. */
export function withInstallLock(work) {
  const folder = path.join(root, ".runtime");
  const file = path.join(folder, "install.lock");
  fs.mkdirSync(folder, { recursive: true });
  for (let told = false; !takeLock(file); told = true) {
    if (!told) say("waiting for another install to end (.runtime/install.lock) …");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lockWaitMs);
  }
  try {
    return work();
  } finally {
    fs.rmSync(file, { force: true });
  }
}

function takeLock(file) {
  try {
    fs.writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    const holder = readPid(file);
    if (holder !== undefined && !isAlive(holder)) fs.rmSync(file, { force: true });
    return false;
  }
}

function readPid(file) {
  try {
    return Number(fs.readFileSync(file, "utf8")) || undefined; // undefined: taken, not yet written
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
