/**
 * The launcher behind every npm script and Deno task: installs what is missing, chooses the runtime, runs the command on
 * it. Any Node >= 18 or Deno 2.9 runs this file.
 *
 *     node scripts/run.mjs start [OPTIONS]          waypost serve
 *     node scripts/run.mjs waypost COMMAND …        any command
 *     node scripts/run.mjs test [VITEST OPTIONS]    the test suite
 *     node scripts/run.mjs ok                       the gate
 *
 * WAYPOST_RUNTIME=node or =deno forces the runtime. Exits with the command's exit code; 2: wrong use of the launcher.
 */
import { spawn } from "node:child_process";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { ensureModules, root } from "./modules.mjs";
import { chooseRuntime } from "./runtimes.mjs";
import { say, SetUpError } from "./say.mjs";

const main = path.join(root, "src", "main.ts");
const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");

/** verb: the script it runs, the arguments before the person's own, whether it needs the development packages. */
const verbs = {
  start: { script: main, args: ["serve"], dev: false },
  waypost: { script: main, args: [], dev: false },
  test: { script: vitest, args: ["run"], dev: true },
  ok: { script: path.join(root, "scripts", "ok.mjs"), args: [], dev: true },
};

function launch([name, ...rest]) {
  const verb = Object.hasOwn(verbs, name ?? "") ? verbs[name] : undefined;
  if (!verb) {
    say(`run.mjs ${name ?? ""}: expected one of ${Object.keys(verbs).join(", ")}`);
    process.exitCode = 2;
    return;
  }
  try {
    ensureModules({ dev: verb.dev });
    const { kind, command, flags } = chooseRuntime(process.env.WAYPOST_RUNTIME);
    become(command, [...flags, verb.script, ...verb.args, ...rest], { ...process.env, ...environment(kind) });
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

function environment(kind) {
  // glibc keeps freed memory for each thread apart: two such stores serve all threads, and a 50 MB message leaves 6 MB less.
  // What is larger than a megabyte goes back to the system when it is freed: glibc would keep up to 64 MB of it.
  const shared = {
    MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? "2",
    MALLOC_MMAP_THRESHOLD_: process.env.MALLOC_MMAP_THRESHOLD_ ?? "1048576",
  };
  if (kind === "deno") return { ...shared, DENO_NO_UPDATE_CHECK: "1" };
  // Node keeps the JavaScript that it makes of TypeScript: making it anew costs each thread time and 15 MB.
  return {
    ...shared,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? path.join(root, ".runtime", "compile-cache"),
  };
}

/** Runs the command in place of this process where the runtime can do that, otherwise as its child. */
function become(command, args, env) {
  // A launcher that stays costs 40 MB on a machine that may have 256.
  if (process.execve && process.platform !== "win32") process.execve(command, [command, ...args], env);
  const child = spawn(command, args, { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // Ctrl-C reaches the whole terminal group: the child has it already. (On Deno child.kill works only once.)
      if (signal !== "SIGINT" || !process.stdin.isTTY) process.kill(child.pid, signal);
    });
  }
  child.on("error", (error) => {
    say(`cannot run ${command}: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (os.constants.signals[signal] ?? 0)));
}

launch(process.argv.slice(2));
