import { randomBytes } from "node:crypto";
import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describeError } from "../../net/errors.ts";
import { hasErrorCode } from "../../net/files.ts";
import type { Settings } from "../../settings.ts";
import { showOctets } from "../output/figures.ts";
import { NO_ROOM_WITHIN } from "../../store/room.ts";
import { readDisk } from "../status-read.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** With less room than this no mail is safe to take, octets. */
const TOO_LITTLE_OCTETS = 200_000_000;
/** With less than this somebody should look. */
const LITTLE_OCTETS = 1_000_000_000;
/** Files that nobody else may read. */
const PRIVATE_FILES = ["waypost.db", "secret.key", "control.json", "tls/ca.key", "tls/server.key"];
const OTHERS = 0o077;

/** Tests the data folder: is it there, ours, private, writable, with room enough? */
export async function examineFolder(settings: Settings): Promise<Finding[]> {
  const { dataDir } = settings;
  const about = "data folder";
  const found = await stat(dataDir).catch((error: unknown) => {
    if (hasErrorCode(error, "ENOENT")) return null;
    throw error;
  });
  if (!found) return [warning(about, `${dataDir} is not there yet`, '"waypost serve" makes it at its first start')];
  if (!found.isDirectory()) {
    return [problem(about, `${dataDir} is no folder`, "move it away, or set data_dir to another folder")];
  }
  return [...await examineOwner(dataDir, found.uid, found.mode), ...await examineRoom(settings)];
}

async function examineOwner(dataDir: string, owner: number, mode: number): Promise<Finding[]> {
  const about = "data folder";
  const findings: Finding[] = [];
  const self = process.getuid?.();
  if (self !== undefined && self !== owner) {
    findings.push(warning(
      about,
      `${dataDir} belongs to user ${owner}, and this command runs as user ${self}`,
      "run commands as the user that runs the server, or files that it cannot read come to be",
    ));
  }
  const probe = join(dataDir, `.doctor-${randomBytes(4).toString("hex")}`);
  try {
    await writeFile(probe, "");
    await rm(probe);
    findings.push(ok(about, `${dataDir} can be written`));
  } catch (error) {
    findings.push(problem(about, `${dataDir} cannot be written: ${describeError(error)}`, "check its owner and mode"));
  }
  if (process.platform === "win32") return findings;
  const open = (mode & OTHERS) !== 0 ? [dataDir] : [];
  for (const file of PRIVATE_FILES) {
    const found = await stat(join(dataDir, file)).catch(() => null);
    if (found && (found.mode & OTHERS) !== 0) open.push(join(dataDir, file));
  }
  for (const file of open) {
    findings.push(warning(about, `others on this machine can read ${file}`, `chmod go= ${file}`));
  }
  return findings;
}

async function examineRoom(settings: Settings): Promise<Finding[]> {
  const { freeOctets, totalOctets, databaseOctets } = await readDisk(settings, NO_ROOM_WITHIN);
  if (freeOctets === null || totalOctets === null) return [];
  const database = databaseOctets === null ? "" : `; the database takes ${showOctets(databaseOctets)}`;
  const text = `${showOctets(freeOctets)} free of ${showOctets(totalOctets)}${database}`;
  if (freeOctets < Math.max(TOO_LITTLE_OCTETS, 2 * settings.smtp.maxMessageSize)) {
    return [problem("disk", text, "make room: mail is refused when the disk is full")];
  }
  if (freeOctets < LITTLE_OCTETS) return [warning("disk", text, "make room before it is full")];
  return [ok("disk", text)];
}
