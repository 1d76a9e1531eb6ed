/**
 * The gate: everything that must hold before a commit. `npm run ok` or `deno task ok`.
 *
 *     --fix             format and mend what lint can mend first
 *     --without-tests   everything but the test suite
 *
 * Every quick step runs, so that one call shows all that is wrong; the suite runs when they passed. Exits 1 if a step
 * failed and says which, with the command that mends it.
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { root } from "./modules.mjs";
import { chooseRuntime, ensureDeno } from "./runtimes.mjs";
import { say } from "./say.mjs";

const options = new Set(process.argv.slice(2));
const deno = ensureDeno();
const runtime = chooseRuntime(process.env.WAYPOST_RUNTIME);
const npm = Boolean(process.env.npm_lifecycle_event);
const command = (verb) => npm ? `npm run -s ${verb} --` : `deno task ${verb}`;

/** Folders and files to check, as far as they exist. */
const code = ["src", "web", "tests", "scripts", "vitest.config.ts", "drizzle.config.ts"].filter((name) =>
  fs.existsSync(path.join(root, name))
);

const onRuntime = (script, ...args) => [runtime.command, ...runtime.flags, path.join(root, script), ...args];
const vitest = (...args) => onRuntime("node_modules/vitest/vitest.mjs", "run", ...args);

const fix = options.has("--fix");
const quickSteps = [
  { name: "format", run: [deno, "fmt", ...(fix ? [] : ["--check"])], mend: `${command("ok")} --fix` },
  {
    name: "lint",
    run: [deno, "lint", ...(fix ? ["--fix"] : [])],
    mend: `${command("ok")} --fix, then what it still names`,
  },
  { name: "types", run: [deno, "check", "--quiet", ...code], mend: "see the errors above" },
  { name: "rules", run: vitest("tests/rules"), mend: "see the sentences above" },
  ...(fs.existsSync(path.join(root, "src/commands/docs.ts"))
    ? [{ name: "docs", run: onRuntime("src/main.ts", "docs", "--check"), mend: `${command("waypost")} docs` }]
    : []),
];
const suite = { name: "tests", run: vitest(), mend: `${command("test")} FILE` };

function passes({ name, run: [program, ...args] }) {
  say(`ok: ${name} …`);
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (error) say(error.message);
  return status === 0;
}

const failed = quickSteps.filter((step) => !passes(step));
if (failed.length === 0 && !options.has("--without-tests") && !passes(suite)) failed.push(suite);

for (const { name, mend } of failed) say(`ok: ${name} FAILED. To mend: ${mend}`);
if (failed.length === 0) say("ok: all passed");
else process.exitCode = 1;
