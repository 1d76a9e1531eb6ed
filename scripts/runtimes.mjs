/**
 * The runtimes that Waypost runs on and the flags that each gets: the Node or Deno that runs this file if it is recent
 * enough, otherwise one from npm, installed once into `.runtime/` and found there again without a network.
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { npm, root, withInstallLock } from "./modules.mjs";
import { say, SetUpError } from "./say.mjs";

const denoVersion = "2.9.6";
const nodeVersion = "24.21.0";

/**
 * A small young generation is collected often: what a message leaves behind does not pile up. An old generation that may
 * begin large is collected seldom: the pieces of messages, which lie outside the heap, would have it collected over and
 * over. The collector can be called by the program, which knows when a large message has passed. So young a generation is
 * collected faster by one thread than by several, which have to be woken for it.
 */
const v8Flags = [
  "--max-semi-space-size=2",
  "--initial-old-space-size=32",
  "--expose-gc",
  "--no-parallel-scavenge",
  "--no-concurrent-array-buffer-sweeping",
];

const flags = {
  node: ["--disable-warning=ExperimentalWarning", ...v8Flags],
  // Everything is granted up front: nothing may ask or be asked. The npm packages are those in node_modules.
  deno: [
    "run",
    "-A",
    "--no-prompt",
    "--no-lock",
    "--no-remote",
    "--node-modules-dir=manual",
    `--v8-flags=${v8Flags.join(",")}`,
  ],
};

/**
 * The runtime to use: `{ kind: "node" | "deno", command, flags }`, where `flags` stand before the script.
 * `wanted` (WAYPOST_RUNTIME) is "node", "deno" or empty; throws SetUpError when it is something else or cannot be had.
 */
export function chooseRuntime(wanted) {
  if (wanted && wanted !== "node" && wanted !== "deno") {
    throw new SetUpError(`WAYPOST_RUNTIME is "${wanted}": expected "node" or "deno"`);
  }
  if (wanted === "node") return runtime("node", ensureNode());
  if (wanted === "deno") return runtime("deno", ensureDeno());
  if (process.versions.deno) return runtime("deno", process.execPath);
  if (isNodeEnough()) return runtime("node", process.execPath);
  try {
    return runtime("deno", ensureDeno());
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    say(`${error.message}; trying Node ${nodeVersion}`);
    return runtime("node", ensureNode());
  }
}

function runtime(kind, command) {
  return { kind, command, flags: flags[kind] };
}

/** Path of a Deno binary: this process's own, or the npm package's for this platform. */
export function ensureDeno() {
  if (process.versions.deno) return process.execPath;
  const libc = process.platform === "linux" ? "-glibc" : "";
  return ensureBinary("Deno", `@deno/${process.platform}-${process.arch}${libc}`, denoVersion, "deno");
}

/** Path of a Node >= 22.18 binary: this process's own, or the npm package's for this platform. */
export function ensureNode() {
  if (isNodeEnough()) return process.execPath;
  const platform = process.platform === "win32" ? "win" : process.platform;
  return ensureBinary("Node", `node-${platform}-${process.arch}`, nodeVersion, path.join("bin", "node"));
}

/** Node 22.18 and later strip types by themselves (some distributions build it without). */
function isNodeEnough() {
  return !process.versions.deno && Boolean(process.features.typescript);
}

function ensureBinary(title, name, version, file) {
  const home = path.join(root, ".runtime", `${title.toLowerCase()}-${version}`);
  const binary = path.join(home, "node_modules", name, process.platform === "win32" ? `${file}.exe` : file);
  if (fs.existsSync(binary)) return binary;
  withInstallLock(() => {
    if (fs.existsSync(binary)) return;
    say(`this needs Node 22.18 or Deno ${denoVersion}; installing ${title} ${version} into .runtime/ (once) …`);
    installPackage(title, home, `${name}@${version}`, path.relative(home, binary));
  });
  return binary;
}

/** Installs beside and renames when the binary has shown that it runs here: what stands in `home` is whole. */
function installPackage(title, home, spec, file) {
  const fresh = `${home}.new`;
  fs.rmSync(fresh, { recursive: true, force: true });
  fs.mkdirSync(fresh, { recursive: true });
  try {
    npm(["install", "--prefix", fresh, "--no-save", "--no-package-lock", spec], { quiet: true });
    const { status } = spawnSync(path.join(fresh, file), ["--version"], { stdio: "ignore" });
    if (status !== 0) throw new SetUpError(`${spec} does not run on this system`);
    fs.rmSync(home, { recursive: true, force: true });
    fs.renameSync(fresh, home);
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    throw new SetUpError(`no ${title} from npm (${spec}): install Node 22.18 or later, or Deno 2.9`, { cause: error });
  } finally {
    fs.rmSync(fresh, { recursive: true, force: true });
  }
}
