import { spawnSync } from "node:child_process";
import process from "node:process";

/**
 * Whether a test that drives these programs can run: gives their names that are not installed. On a machine that
 * promises to have all (CI), a missing one is an error.
 * @throws in CI, when one is missing
 */
export function missingPrograms(...names: string[]): string[] {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return missing;
  if (process.env.CI) {
    throw new Error(`not installed: ${missing.join(", ")}; scripts/ci-install.sh should have done that`);
  }
  console.warn(`skipped: ${missing.join(", ")} not installed`);
  return missing;
}

function isInstalled(name: string): boolean {
  return spawnSync("sh", ["-c", 'PATH="$PATH:/usr/sbin:/sbin" command -v "$0"', name]).status === 0;
}
