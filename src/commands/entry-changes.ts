import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import process from "node:process";
import { findServer } from "../control/control.ts";
import { createDirectory, type Directory, type Origin } from "../identity/directory.ts";
import { type EntryKind, type EntryValue, readEntries } from "../identity/entries.ts";
import { createEntryChanges, type EntryChanges } from "../identity/entry-changes.ts";
import type { Settings } from "../settings.ts";
import { CommandError, type CommandIo, printJson, UsageError } from "./command.ts";
import { openSecretBox, withWriter } from "./stores.ts";

export { isSameName } from "../identity/entry-changes.ts";

/** Who changes something by command, in the log of changes. */
export const COMMAND_ACTOR = "command";

/** What a change of entries works with. */
export interface ChangeContext {
  readonly directory: Directory;
  readonly entries: EntryChanges;
}

/**
 * Changes entries of the database, made at need, and has a running server read them.
 * @returns whether a server has read them
 * @throws CommandError, EntryError, EntryConflict, StoreError
 */
export async function changeEntries(
  settings: Settings,
  io: CommandIo,
  change: (context: ChangeContext) => Promise<void>,
): Promise<boolean> {
  await withWriter(settings, async (store) => {
    const box = await openSecretBox(store, settings, true);
    const { stored, problems } = await readEntries(store, box, settings.smtp);
    for (const problem of problems) io.stderr(`left out: ${problem}\n`);
    const directory = createDirectory(settings, stored);
    const entries = createEntryChanges({
      store,
      box,
      now: Date.now,
      directory: () => directory,
      limits: () => settings.smtp,
      newName: randomUUID,
      changed: () => Promise.resolve(),
    });
    await change({ directory, entries });
  }, true);
  const server = await findServer(settings.dataDir);
  await server?.ask({ method: "POST", path: "/api/v1/reload" });
  return server !== null;
}

/** Says what was changed, and whether the server knows. */
export function tellChange(
  io: CommandIo,
  json: boolean | undefined,
  change: { readonly action: string; readonly kind: EntryKind; readonly name: string; readonly inUse: boolean },
): void {
  if (json) return printJson(io, change);
  const { action, kind, name, inUse } = change;
  io.stdout(`${kind} ${name}: ${action}, ${inUse ? "in use from now on" : "in use with the next start"}\n`);
}

/**
 * Makes sure that an entry may be made or changed here.
 * @param found the entry of that name, if there is one
 * @param wanted "new": there must be none; "database": there must be one, and not of the file
 * @throws CommandError
 */
export function requireEntry(
  kind: EntryKind,
  name: string,
  found: { readonly origin: Origin } | undefined,
  wanted: "new" | "database",
  config: string | undefined,
): void {
  if (found?.origin === "file") {
    throw new CommandError(
      `${kind} ${name} stands in the settings file ${config ?? "data/waypost.toml"}: change it there, ` +
        `then "kill -HUP" the server, or restart it`,
    );
  }
  if (wanted === "new" && found) throw new CommandError(`there is a ${kind} ${name} already; remove it first`);
  if (wanted === "database" && !found) throw new CommandError(`there is no ${kind} ${name}`);
}

/** Makes sure that an upstream exists. @throws CommandError with those that do */
export function requireUpstream({ upstreams }: Directory, name: string | undefined): void {
  if (name === undefined || upstreams.some((upstream) => upstream.name === name)) return;
  const known = upstreams.map((upstream) => upstream.name).join(", ");
  throw new CommandError(
    `there is no upstream ${name}; ${known === "" ? "none is configured yet" : `there is ${known}`}`,
  );
}

/**
 * Reads KEY=VALUE options: numbers, true, false and JSON lists as such, everything else as text. Passwords are refused:
 * a command line can be read by everybody on the machine. The path of a `ca` file becomes absolute.
 * @throws UsageError
 */
export function readAssignments(assignments: readonly string[]): EntryValue {
  return Object.fromEntries(assignments.map((assignment) => {
    const [, key, text] = /^([a-z_]+)=(.*)$/s.exec(assignment) ?? [];
    if (key === undefined || text === undefined) throw new UsageError(`${assignment}: expected KEY=VALUE`);
    if (key.includes("password")) {
      throw new UsageError(`${key}: a password is asked for, or read with --password-stdin, never an argument`);
    }
    return [key, key === "ca" ? resolve(process.cwd(), text) : readValue(text)];
  }));
}

function readValue(text: string): unknown {
  if (/^\[.*\]$/s.test(text)) {
    try {
      return JSON.parse(text);
    } catch (error) {
      if (error instanceof SyntaxError) throw new UsageError(`${text}: expected a list such as ["a","b"]`);
      throw error;
    }
  }
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** An entry without the keys that were not given. */
export function given(value: EntryValue): EntryValue {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
}

/** A number of the command line. @throws UsageError */
export function readNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new UsageError(`--${option} ${text}: expected a number`);
  return Number(text);
}
