import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { settingsTable } from "../settings.ts";
import { documentSettings } from "../settings/document.ts";
import type { CommandIo } from "./check.ts";

const USAGE = "usage: waypost docs [--check]\n";

/** Where the documentation of the settings stands. */
const TARGET = fileURLToPath(new URL("../../docs/settings.md", import.meta.url));

/**
 * `waypost docs`: writes docs/settings.md from the table of settings; with `--check` only tells whether it differs.
 * @returns 0 done or equal, 1 it differs, 2 the command line is wrong
 */
export async function run(args: string[], io: CommandIo): Promise<number> {
  let isCheck: boolean;
  try {
    isCheck = parseArgs({ args, options: { check: { type: "boolean" } } }).values.check ?? false;
  } catch (error) {
    io.stderr(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  const wanted = documentSettings(settingsTable);
  if (!isCheck) {
    await writeFile(TARGET, wanted);
    io.stdout("docs/settings.md is written.\n");
    return 0;
  }
  const committed = await readFile(TARGET, "utf8").catch((error: Error) => error);
  if (committed === wanted) return 0;
  const reason = committed instanceof Error
    ? "cannot be read"
    : "differs from the table of settings in src/settings.ts";
  io.stderr(`docs/settings.md ${reason}: run "waypost docs" and commit the file.\n`);
  return 1;
}
