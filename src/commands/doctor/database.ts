import { readEntries } from "../../identity/entries.ts";
import { describeError } from "../../net/errors.ts";
import type { Settings } from "../../settings.ts";
import { timeOfId } from "../../store/ids.ts";
import { StoreError } from "../../store/errors.ts";
import type { Store } from "../../store/store.ts";
import { showDuration, showTime } from "../output/figures.ts";
import { openSecretBox, withReader } from "../stores.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** How far the clock may be behind what the database has seen: nodes that share a store differ by seconds. */
const BEHIND_MS = 5 * 60_000;

/** Tests the database, the key of its passwords, and whether the clock stands where it stood. */
export async function examineDatabase(settings: Settings, now: number): Promise<Finding[]> {
  try {
    return await withReader(settings, async (store) => [
      ...await examineSoundness(store),
      ...await examineClock(store, now),
      ...await examineKey(store, settings),
    ]);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === "STORE_MISSING") return [warning("database", error.message, "start the server once")];
    const advice = error.code === "STORE_OLDER" || error.code === "STORE_NEWER"
      ? "run the version of Waypost that fits"
      : "check the file and its folder; if it is damaged: waypost restore BACKUP";
    return [problem("database", describeError(error), advice)];
  }
}

async function examineSoundness(store: Store): Promise<Finding[]> {
  const faults = await store.read("databaseFaults", null);
  if (faults.length === 0) return [ok("database", "sound")];
  const advice = "stop the server, keep a copy of the file, then: waypost restore BACKUP. Look at the disk or SD card";
  return [problem("database", `damaged: ${faults.join("; ")}`, advice)];
}

async function examineClock(store: Store, now: number): Promise<Finding[]> {
  const id = await store.read("newestId", null);
  const newestAt = id === 0 ? 0 : timeOfId(id);
  if (newestAt - now <= BEHIND_MS) return [ok("clock", `${showTime(now)}, not behind the newest mail`)];
  const text = `it says ${showTime(now)}, ${showDuration(newestAt - now)} before the newest mail came`;
  return [
    problem("clock", text, "set it (timedatectl), and keep it right by NTP; retries and certificates depend on it"),
  ];
}

async function examineKey(store: Store, settings: Settings): Promise<Finding[]> {
  try {
    const { stored, problems } = await readEntries(store, await openSecretBox(store, settings, false), settings.smtp);
    const count = stored.accounts.length + stored.upstreams.length + stored.routes.length + stored.devices.length;
    const findings = problems.map((text) => problem("entries", text, "enter it anew, or put secret.key back"));
    return problems.length > 0 ? findings : [ok("entries", `${count} in the database, all can be read`)];
  } catch (error) {
    return [problem("entries", describeError(error), "put secret.key back from a backup")];
  }
}
