import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { documentApi } from "../dashboard/document-api.ts";
import { settingsTable } from "../settings.ts";
import { documentProviders } from "../settings/document-providers.ts";
import { documentSettings } from "../settings/document.ts";
import { providers } from "../settings/providers.ts";
import type { CommandIo } from "./check.ts";

const USAGE = "usage: waypost docs [--check]\n";

/** The files that are made, by their name in docs. */
const FILES: Readonly<Record<string, () => string>> = {
  "settings.md": () => documentSettings(settingsTable),
  "providers.md": () => documentProviders(providers),
  "api.md": documentApi,
};

/**
 * `waypost docs`: writes docs/settings.md from the table of settings, docs/providers.md from the profiles and
 * docs/api.md from the routes of the API; with `--check` only tells whether it differs.
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
  const outcomes = await Promise.all(Object.keys(FILES).map((name) => isCheck ? check(name, io) : write(name, io)));
  return Math.max(...outcomes);
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../../docs/${name}`, import.meta.url));
}

async function write(name: string, io: CommandIo): Promise<number> {
  await writeFile(pathOf(name), FILES[name]!());
  io.stdout(`docs/${name} is written.\n`);
  return 0;
}

async function check(name: string, io: CommandIo): Promise<number> {
  const committed = await readFile(pathOf(name), "utf8").catch((error: Error) => error);
  if (committed === FILES[name]!()) return 0;
  const reason = committed instanceof Error ? "cannot be read" : "differs from the source";
  io.stderr(`docs/${name} ${reason}: run "waypost docs" and commit the file.\n`);
  return 1;
}
