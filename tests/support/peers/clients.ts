import { startChild } from "../process.ts";

/** How long a mail program of others may take. */
const PATIENCE_MS = 90_000;

/** Runs a program to its end; gives what it said. @throws when it ends with anything but 0, with what it said */
export async function runProgram(command: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = startChild(command, args, { cwd: "/", env });
  const timer = setTimeout(() => child.signal("SIGKILL"), PATIENCE_MS);
  const outcome = await child.exited;
  clearTimeout(timer);
  if (outcome !== 0) throw new Error(`${command} ended with ${outcome}:\n${child.output()}`);
  return child.output();
}
