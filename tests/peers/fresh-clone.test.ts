import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ensureDeno } from "../../scripts/runtimes.mjs";
import { portAnswers } from "../support/free-port.ts";
import { missingPrograms } from "../support/peers/installed.ts";
import { portsOf, startChild } from "../support/process.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const scene = createScene();

/** Installing comes first, from the network. */
const INSTALL_MS = 120_000;

const isNpmMissing = missingPrograms("git", "npm", "node").length > 0;

test.skipIf(isNpmMissing)("npm start in a fresh clone, with Node and npm alone, answers on three ports", async () => {
  const bin = path.join(scene.folder(), "bin");
  fs.mkdirSync(bin);
  const node = process.versions.deno ? find("node") : process.execPath;
  // npm runs scripts by a shell.
  for (const [name, target] of [["node", node], ["sh", find("sh")]] as const) {
    fs.symlinkSync(target, path.join(bin, name));
  }
  const npm = fs.realpathSync(find("npm"));
  fs.writeFileSync(path.join(bin, "npm"), `#!${find("sh")}\nexec "${node}" "${npm}" "$@"\n`, { mode: 0o755 });
  await expectStart(bin, path.join(bin, "npm"), ["start"], {});
}, INSTALL_MS * 1.5);

test.skipIf(isNpmMissing)("deno task start in a fresh clone, with Deno alone, answers on three ports", async () => {
  const bin = path.join(scene.folder(), "bin");
  fs.mkdirSync(bin);
  fs.symlinkSync(ensureDeno(), path.join(bin, "deno"));
  await expectStart(bin, path.join(bin, "deno"), ["task", "start"], { DENO_DIR: path.join(bin, "..", "cache") });
}, INSTALL_MS * 1.5);

/** Runs the README's command in a clone of the last commit, where nothing is installed, with nothing else on PATH. */
async function expectStart(bin: string, command: string, args: string[], env: Record<string, string>): Promise<void> {
  const clone = path.join(scene.folder(), "waypost");
  const { status, stderr } = spawnSync("git", ["clone", "--quiet", "--depth=1", `file://${root}`, clone]);
  expect(status, String(stderr)).toBe(0);
  expect(fs.existsSync(path.join(clone, "node_modules"))).toBe(false);
  // The usual ports may be taken on the machine that runs the test.
  fs.mkdirSync(path.join(clone, "data"));
  fs.writeFileSync(path.join(clone, "data", "waypost.toml"), relaySettings({}));
  const child = startChild(command, args, {
    cwd: clone,
    group: true,
    env: { PATH: bin, WAYPOST_RUNTIME: "", npm_execpath: "", npm_config_prefix: "", ...env },
  });
  scene.atEnd(async () => {
    child.signal("SIGKILL");
    await child.exited;
  });
  await waitFor(() => `the start:\n${child.output()}`, () => {
    if (!child.isRunning()) throw new Error(`it ended:\n${child.output()}`);
    return child.output().includes("Waypost listens on") && portsOf(child, "dashboard").length > 0;
  }, INSTALL_MS);
  const ports = (["smtp", "pop3", "dashboard"] as const).map((service) => portsOf(child, service)[0]!.port);
  for (const port of ports) expect(await portAnswers(port), `port ${port}`).toBe(true);
  const page = await fetch(`http://127.0.0.1:${ports[2]}/`, { redirect: "follow" });
  expect(page.status, "the dashboard's first page").toBe(200);
  await page.body?.cancel();
  child.signal("SIGTERM");
  await waitFor(() => `the end:\n${child.output()}`, () => !child.isRunning());
  for (const port of ports) expect(await portAnswers(port), `port ${port} after the end`).toBe(false);
}

function find(name: string): string {
  return String(spawnSync("sh", ["-c", 'command -v "$0"', name]).stdout).trim();
}
