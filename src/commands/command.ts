import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { toApi } from "../dashboard/json.ts";
import { formatSettingError, loadSettings, type Settings } from "../settings.ts";
import { type HelpName, usageOf } from "./help.ts";
import type { CommandIo } from "./check.ts";

export type { CommandIo } from "./check.ts";

/** The command line is wrong: said with the command's usage, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The request failed in a way that its sentence explains: exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** The options that every command has beside its own. */
const COMMON = { config: { type: "string" }, json: { type: "boolean" } } as const;

/** What a command line came to. */
export interface CommandLine<Options extends ParseArgsOptionsConfig> {
  readonly values: ReturnType<typeof parseArgs<{ options: typeof COMMON & Options; allowPositionals: true }>>["values"];
  readonly positionals: readonly string[];
}

/** How many words beside the options a command takes. */
export interface WordCount {
  readonly min: number;
  readonly max: number;
  /** What they are, for the error: "the name of an upstream". */
  readonly what: string;
}

/**
 * Reads a command line.
 * @throws UsageError for unknown options, missing values, too few or too many words
 */
export function readCommandLine<const Options extends ParseArgsOptionsConfig>(
  args: string[],
  options: Options,
  words: WordCount = { min: 0, max: 0, what: "nothing beside its options" },
): CommandLine<Options> {
  let parsed: CommandLine<Options>;
  try {
    parsed = parseArgs({ args, options: { ...COMMON, ...options }, allowPositionals: true }) as CommandLine<Options>;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const { length } = parsed.positionals;
  if (length < words.min || length > words.max) {
    throw new UsageError(`expected ${words.what}; got ${length === 0 ? "nothing" : parsed.positionals.join(" ")}`);
  }
  return parsed;
}

/** The settings of a command line. @throws CommandError with every error of the file */
export function settingsOf(config: string | undefined, io: CommandIo): Settings {
  const loaded = loadSettings(config, io.env);
  if ("errors" in loaded) throw new CommandError(loaded.errors.map(formatSettingError).join("\n"));
  return loaded.settings;
}

/** Prints data for programs: ids in base32, times as ISO 8601 in UTC, as the dashboard's API writes them. */
export function printJson(io: CommandIo, value: unknown): void {
  io.stdout(`${JSON.stringify(toApi(value), null, 2)}\n`);
}

/** Runs the part of a command that its first word names. @throws UsageError when it names none */
export async function runPart(
  name: HelpName,
  parts: Readonly<Record<string, (args: string[], io: CommandIo) => Promise<number>>>,
  [word, ...rest]: string[],
  io: CommandIo,
): Promise<number> {
  const part = word !== undefined && Object.hasOwn(parts, word) ? parts[word] : undefined;
  if (!part) {
    const expected = Object.keys(parts).join(", ");
    throw new UsageError(`waypost ${name}: expected one of ${expected}; got ${word ?? "nothing"}`);
  }
  return await part(rest, io);
}

/** Makes a command's entry point: its errors become sentences on stderr and exit codes. */
export function asCommand(
  name: HelpName,
  run: (args: string[], io: CommandIo) => Promise<number>,
): (args: string[], io: CommandIo) => Promise<number> {
  return async (args, io) => {
    try {
      return await run(args, io);
    } catch (error) {
      if (error instanceof UsageError) {
        io.stderr(`${error.message}\n${usageOf(name)}`);
        return 2;
      }
      io.stderr(`waypost: ${sentenceOf(error)}\n`);
      return 1;
    }
  };
}

/** Errors with a name of ours explain themselves; others are a fault of the program, whose place helps to find it. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const known = error.name !== "Error" && !/^(Type|Range|Reference|Syntax)Error$/.test(error.name);
  const cause = error.cause instanceof Error ? `: ${sentenceOf(error.cause)}` : "";
  const isSystem = "code" in error && typeof error.code === "string";
  return known || isSystem || error.stack === undefined ? `${error.message}${cause}` : `${error.stack}${cause}`;
}
