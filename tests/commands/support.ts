import { spawn } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { chooseRuntime } from "../../scripts/runtimes.mjs";

const mainScript = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** What a command came to. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command as a process on the runtime that runs the test, with the launcher's flags. */
export function runCommand(folder: string, args: readonly string[], input = ""): Promise<Ran> {
  const { command, flags } = chooseRuntime(undefined);
  const child = spawn(command, [...flags, mainScript, ...args], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => out += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => err += text);
  // A command that reads no input may end before it has come.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

/** Runs commands on a folder's waypost.toml. */
export function commandsIn(folder: string) {
  const config = path.join(folder, "waypost.toml");
  return {
    run: (args: readonly string[], input?: string) => runCommand(folder, [...args, "--config", config], input),
    /** Runs a command with --json that must end with `code` and print JSON alone. */
    async json<Shape>(args: readonly string[], code?: number, input?: string): Promise<Shape> {
      const ran = await runCommand(folder, [...args, "--json", "--config", config], input);
      if (ran.code !== (code ?? 0)) throw new Error(`${args.join(" ")} ended with ${ran.code}: ${ran.err}${ran.out}`);
      return JSON.parse(ran.out) as Shape;
    },
  };
}

/** Lines that are wider than a terminal of 80 columns. */
export function wideLines(text: string): string[] {
  return text.split("\n").filter((line) => [...line].length > 80);
}
