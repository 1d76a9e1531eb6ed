import { randomInt } from "node:crypto";
import { lockDataFolder } from "../control/lock.ts";
import { findServer, type RunningServer } from "../control/control.ts";
import { type AccountSource } from "../mailbox/poller.ts";
import { fetchSource } from "../mailbox/fetch.ts";
import { stateAfter } from "../mailbox/schedule.ts";
import { randomUidl } from "../mailbox/uidl.ts";
import type { Settings } from "../settings.ts";
import { createIds } from "../store/ids.ts";
import { PhaseRecorder } from "../store/phases.ts";
import type { Store } from "../store/store.ts";
import { systemClock, systemSleep } from "../wire/clock.ts";
import { asCommand, CommandError, type CommandIo, printJson, readCommandLine, settingsOf } from "./command.ts";
import { showCount, showOctets } from "./output/figures.ts";
import { resumeHint } from "./output/hints.ts";
import { layOutTable, oneLine } from "./output/table.ts";
import { loadDirectory, withReader, withWriter } from "./stores.ts";

/** What the poll of one source came to. */
export interface Fetched {
  readonly account: string;
  readonly source: string;
  readonly fetched: number;
  readonly octets: number;
  /** Messages that its server has removed. */
  readonly removed: number;
  /** Whether its owner is asked before it is fetched again. */
  readonly paused: boolean;
  /** "ok", or what went wrong. */
  readonly outcome: string;
}

/** A mailbox that was never fetched takes its time: the server answers when all is fetched. */
const POLL_MS = 3_600_000;
/** How long after the server's answer the last of its writing may take, and how often it is looked for. */
const WRITTEN_MS = 30_000;
const LOOK_EVERY_MS = 200;

/** `waypost fetch`: polls now. @returns 0 all went well, 1 a poll failed, 2 the command line is wrong */
export const run = asCommand("fetch", async (args, io) => {
  const options = { resume: { type: "boolean" } } as const;
  const { values, positionals } = readCommandLine(args, options, { min: 0, max: 1, what: "one LOGIN, or none" });
  const settings = settingsOf(values.config, io);
  const [login] = positionals;
  const resume = values.resume ?? false;
  const server = await findServer(settings.dataDir);
  const results = server
    ? await fetchByServer(server, settings, login, resume, io)
    : await fetchHere(settings, login, resume, io);
  if (values.json) printJson(io, { by: server ? "server" : "command", results });
  else io.stdout(describeFetched(results));
  return results.every(({ outcome }) => outcome === "ok") ? 0 : 1;
});

async function fetchByServer(
  server: RunningServer,
  settings: Settings,
  login: string | undefined,
  resume: boolean,
  io: CommandIo,
): Promise<Fetched[]> {
  return await withReader(settings, async (store) => {
    const sources = selectSources((await loadDirectory(store, settings, io)).accounts, login);
    const since = systemClock.now();
    const body = {
      ...(sources.account === undefined ? {} : { account: sources.account }),
      ...(resume ? { resume } : {}),
    };
    await server.ask({ method: "POST", path: "/api/v1/fetch", body, timeoutMs: POLL_MS });
    return await readResults(store, sources.chosen, since);
  });
}

/** Reads from the database what each source has brought since a time. */
async function readResults(store: Store, sources: readonly AccountSource[], since: number): Promise<Fetched[]> {
  const until = systemClock.now() + WRITTEN_MS;
  for (;;) {
    const rows = await store.read("mailboxes", null);
    const rowOf = ({ account, source }: AccountSource) =>
      rows.find((row) => row.account.toLowerCase() === account.toLowerCase() && row.source === source.name);
    const isWritten = sources.every((one) => (rowOf(one)?.lastFetchAt ?? 0) >= since);
    if (isWritten || systemClock.now() > until) {
      return await Promise.all(sources.map(async (one) => {
        const row = rowOf(one);
        const names = { account: one.account, source: one.source.name };
        if (!row || (row.lastFetchAt ?? 0) < since) {
          return {
            ...names,
            fetched: 0,
            octets: 0,
            removed: 0,
            paused: false,
            outcome: "the server has not polled it",
          };
        }
        const found = await store.read("fetchedSince", { mailboxId: row.id, sinceAt: since });
        return { ...names, ...found, paused: row.pausedBecause !== null, outcome: row.lastOutcome ?? "ok" };
      }));
    }
    await systemSleep(LOOK_EVERY_MS, new AbortController().signal);
  }
}

/** Polls in this process; no server may start meanwhile: it would take half-fetched messages for left-overs. */
async function fetchHere(
  settings: Settings,
  login: string | undefined,
  resume: boolean,
  io: CommandIo,
): Promise<Fetched[]> {
  return await withWriter(settings, async (store) => {
    const lock = await lockDataFolder(settings.dataDir, "fetch");
    try {
      const { chosen } = selectSources((await loadDirectory(store, settings, io)).accounts, login);
      return await pollAll(store, settings, chosen, resume);
    } finally {
      await lock.release();
    }
  });
}

async function pollAll(
  store: Store,
  { telemetry }: Settings,
  sources: readonly AccountSource[],
  resume: boolean,
): Promise<Fetched[]> {
  const clock = systemClock;
  const nextId = createIds(clock, randomInt(4096));
  const recorder = new PhaseRecorder(store, {
    flushIntervalMs: telemetry.flushIntervalMs,
    keepMs: telemetry.keepSessionsMs,
    keepTranscripts: telemetry.keepTranscripts,
  }, () => clock.now());
  const ports = { store, clock, nextId, newUidl: randomUidl, recorder };
  const results: Fetched[] = [];
  for (const { account, source } of sources) {
    const since = clock.now();
    const mailboxId = await store.write("ensureMailbox", { id: nextId(), account, source: source.name });
    const row = (await store.read("mailboxes", null)).find(({ id }) => id === mailboxId)!;
    const { signal } = new AbortController();
    const report = await fetchSource({ account, source, mailboxId, brakeReleased: resume, signal }, ports);
    const state = stateAfter(row, report, source.intervalMs, clock.now(), Math.random());
    await store.write("noteFetch", state);
    const found = await store.read("fetchedSince", { mailboxId, sinceAt: since });
    const paused = state.pausedBecause !== null;
    results.push({ account, source: source.name, ...found, paused, outcome: state.lastOutcome ?? "ok" });
  }
  await recorder.flush();
  return results;
}

/** The sources that are meant. @throws CommandError when there is none */
function selectSources(
  accounts: readonly { readonly login: string; readonly sources: readonly AccountSource["source"][] }[],
  login: string | undefined,
): { readonly account: string | undefined; readonly chosen: readonly AccountSource[] } {
  const meant = accounts.filter((one) => login === undefined || one.login.toLowerCase() === login.toLowerCase());
  if (login !== undefined && meant.length === 0) throw new CommandError(`there is no account ${login}`);
  const chosen = meant.flatMap((one) => one.sources.map((source) => ({ account: one.login, source })));
  if (chosen.length === 0) {
    throw new CommandError(
      login === undefined ? "no account has a source to fetch" : `${login} has no source to fetch`,
    );
  }
  return { account: login === undefined ? undefined : meant[0]!.login, chosen };
}

/** The table of `waypost fetch`, and below it what went wrong. Pure. */
export function describeFetched(results: readonly Fetched[]): string {
  const table = layOutTable(
    [
      { title: "ACCOUNT", shrinks: true },
      { title: "SOURCE", shrinks: true },
      { title: "FETCHED", align: "right" },
      { title: "SIZE", align: "right" },
      { title: "REMOVED THERE", align: "right" },
      { title: "OUTCOME" },
    ],
    results.map(({ account, source, fetched, octets, removed, paused, outcome }) => [
      account,
      source,
      String(fetched),
      showOctets(octets),
      String(removed),
      paused ? "paused" : outcome === "ok" ? "ok" : "failed",
    ]),
  );
  const failures = results.filter(({ outcome }) => outcome !== "ok");
  const total = showCount(results.reduce((sum, { fetched }) => sum + fetched, 0), "message");
  const lines = failures.map(({ account, source, paused, outcome }) =>
    `${account}, ${source}: ${oneLine(outcome)}\n${paused ? `${resumeHint(account)}\n` : ""}`
  );
  return `${table}${total} fetched\n${lines.join("")}`;
}
