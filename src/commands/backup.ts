import { createReadStream, existsSync } from "node:fs";
import { link, mkdtemp, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { hasErrorCode } from "../net/files.ts";
import type { Settings } from "../settings.ts";
import { databaseFile } from "../store/store.ts";
import { asCommand, CommandError, printJson, readCommandLine, settingsOf } from "./command.ts";
import { showOctets } from "./output/figures.ts";
import { withReader } from "./stores.ts";
import { type TarMember, writeTar } from "./tar.ts";

/** The name of the database within a backup. */
export const BACKUP_DATABASE = "waypost.db";
/** The files of the data folder that a backup holds beside the database, as far as they are there. */
export const BACKUP_FILES: readonly string[] = [
  "secret.key",
  "node",
  "tls/ca.pem",
  "tls/ca.key",
  "tls/server.pem",
  "tls/server.key",
];
const PRIVATE_MODE = 0o600;
const NO_LINKS: readonly string[] = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"];

/** `waypost backup`: writes one file. @returns 0 written, 1 it failed, 2 the command line is wrong */
export const run = asCommand("backup", async (args, io) => {
  const { values, positionals } = readCommandLine(args, {}, { min: 1, max: 1, what: "one FILE" });
  const file = resolve(positionals[0]!);
  const settings = settingsOf(values.config, io);
  if (databaseFile(settings.store.url) === null) {
    throw new CommandError(`the database is on ${settings.store.url}: back it up there`);
  }
  if (existsSync(file)) throw thereAlready(file);
  const members = await writeBackup(settings, file);
  const { size } = await stat(file);
  if (values.json) printJson(io, { file, octets: size, members });
  else {
    io.stdout(
      `${file}: ${showOctets(size)}, with ${members.join(", ")}\n` +
        "It holds mail and keys: keep it where only you can read it.\n" +
        "The settings file (waypost.toml) is not in it: keep a copy of that as well.\n",
    );
  }
  return 0;
});

function thereAlready(file: string): CommandError {
  return new CommandError(
    `${file} is there already: name another file, or remove that one; a backup does not overwrite`,
  );
}

/** Writes beside the file first, in a folder that is ours alone: the file appears whole or not at all. */
async function writeBackup(settings: Settings, file: string): Promise<string[]> {
  const folder = await mkdtemp(join(dirname(file), `.${basename(file)}-`)).catch((cause: unknown) => {
    throw new CommandError(`${dirname(file)} cannot be written`, { cause });
  });
  try {
    const database = join(folder, BACKUP_DATABASE);
    await withReader(settings, (store) => store.read("copyDatabase", { path: database }));
    const members = [await memberOf(BACKUP_DATABASE, database)];
    for (const name of BACKUP_FILES) {
      const path = join(settings.dataDir, name);
      if (existsSync(path)) members.push(await memberOf(name, path));
    }
    const whole = join(folder, "whole.tar");
    const handle = await open(whole, "wx", PRIVATE_MODE);
    try {
      await writeTar(handle, members);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await moveTo(whole, file);
    return members.map(({ name }) => name);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Gives a file its name, unless that is taken. @throws CommandError */
async function moveTo(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (hasErrorCode(error, "EEXIST")) throw thereAlready(to);
    // A memory stick has no links: the name is taken with an empty file first.
    if (!NO_LINKS.some((code) => hasErrorCode(error, code))) throw error;
    await (await open(to, "wx", PRIVATE_MODE)).close();
    await rename(from, to);
  }
}

async function memberOf(name: string, path: string): Promise<TarMember> {
  const { size, mtimeMs } = await stat(path);
  // A file that grows while it is read is no file of ours: what was announced is read.
  const octets = size === 0 ? [] : createReadStream(path, { end: size - 1 });
  return { name, size, modifiedAtSeconds: mtimeMs / 1000, octets };
}
