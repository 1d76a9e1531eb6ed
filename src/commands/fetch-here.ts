import { randomInt } from "node:crypto";
import { lockDataFolder } from "../control/lock.ts";
import { fetchSource } from "../mailbox/fetch.ts";
import { type AccountSource, sourcesOf } from "../mailbox/sources.ts";
import type { FetchReport } from "../mailbox/report.ts";
import { randomUidl } from "../mailbox/uidl.ts";
import type { Directory } from "../identity/directory.ts";
import type { Settings } from "../settings.ts";
import { createIds } from "../store/ids.ts";
import type { FetchState } from "../store/operations/mailbox.ts";
import { PhaseRecorder } from "../store/phases.ts";
import type { Store } from "../store/store.ts";
import { systemClock } from "../wire/clock.ts";
import { CommandError, type CommandIo } from "./command.ts";
import { loadDirectory, withWriter } from "./stores.ts";

/** A source that was polled by the command itself. */
export interface PolledHere extends AccountSource {
  readonly mailboxId: number;
  /** When it began. */
  readonly since: number;
  readonly before: FetchState;
  readonly report: FetchReport;
}

/** How it polls. */
export interface PollHow {
  readonly resume?: boolean;
  readonly isDryRun?: boolean;
}

/**
 * Polls in this process; no server may start meanwhile: it would take half-fetched messages for left-overs.
 * @param choose which sources
 * @param done told of each as it is done
 */
export async function pollHere(
  settings: Settings,
  io: CommandIo,
  how: PollHow,
  choose: (store: Store, directory: Directory) => Promise<readonly AccountSource[]>,
  done: (polled: PolledHere, store: Store) => Promise<void>,
): Promise<void> {
  await withWriter(settings, async (store) => {
    const lock = await lockDataFolder(settings.dataDir, "fetch");
    try {
      const chosen = await choose(store, await loadDirectory(store, settings, io));
      await pollAll(store, settings, chosen, how, done);
    } finally {
      await lock.release();
    }
  });
}

async function pollAll(
  store: Store,
  { telemetry }: Settings,
  sources: readonly AccountSource[],
  { resume = false, isDryRun = false }: PollHow,
  done: (polled: PolledHere, store: Store) => Promise<void>,
): Promise<void> {
  const clock = systemClock;
  const nextId = createIds(clock, randomInt(4096));
  const recorder = new PhaseRecorder(store, {
    flushIntervalMs: telemetry.flushIntervalMs,
    keepMs: telemetry.keepSessionsMs,
    keepTranscripts: telemetry.keepTranscripts,
  }, () => clock.now());
  const ports = { store, clock, nextId, newUidl: randomUidl, recorder };
  for (const { account, source } of sources) {
    const since = clock.now();
    const mailboxId = await store.write("ensureMailbox", { id: nextId(), account, source: source.name });
    const before = (await store.read("mailboxes", null)).find(({ id }) => id === mailboxId)!;
    const { signal } = new AbortController();
    const request = { account, source, mailboxId, brakeReleased: resume, isDryRun, signal };
    const report = await fetchSource(request, ports);
    await done({ account, source, mailboxId, since, before, report }, store);
  }
  await recorder.flush();
}

/** The sources that are meant. @throws CommandError when there is none */
export function selectSources(
  directory: Pick<Directory, "accounts">,
  login: string | undefined,
): { readonly account: string | undefined; readonly chosen: readonly AccountSource[] } {
  const isMeant = (name: string) => login === undefined || name.toLowerCase() === login.toLowerCase();
  const meant = directory.accounts.filter((one) => isMeant(one.login));
  if (login !== undefined && meant.length === 0) throw new CommandError(`there is no account ${login}`);
  const chosen = sourcesOf(directory).filter(({ account }) => isMeant(account));
  if (chosen.length === 0) {
    throw new CommandError(
      login === undefined ? "no account has a source to fetch" : `${login} has no source to fetch`,
    );
  }
  return { account: login === undefined ? undefined : meant[0]!.login, chosen };
}
