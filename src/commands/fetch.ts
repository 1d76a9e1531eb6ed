import { findServer, type RunningServer } from "../control/control.ts";
import type { Directory } from "../identity/directory.ts";
import { requestMessage, sourceBehind, type SourceName } from "../mailbox/owner.ts";
import { stateAfter } from "../mailbox/schedule.ts";
import { type AccountSource, sourcesOf } from "../mailbox/sources.ts";
import type { Settings } from "../settings.ts";
import { formatId, parseId } from "../store/ids.ts";
import type { Store } from "../store/store.ts";
import { systemClock, systemSleep } from "../wire/clock.ts";
import {
  asCommand,
  CommandError,
  type CommandIo,
  printJson,
  readCommandLine,
  settingsOf,
  UsageError,
} from "./command.ts";
import { pollHere, selectSources } from "./fetch-here.ts";
import { showPlans } from "./fetch-plan.ts";
import { showCount, showOctets } from "./output/figures.ts";
import { resumeHint } from "./output/hints.ts";
import { layOutTable, oneLine } from "./output/table.ts";
import { loadDirectory, withReader } from "./stores.ts";

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

/** What the command line asks for. */
interface Asked {
  readonly login: string | undefined;
  readonly resume: boolean;
  /** The id of a notice whose message is wanted; null: everything that is new. */
  readonly message: number | null;
}

/** `waypost fetch`: polls now. @returns 0 all went well, 1 a poll failed, 2 the command line is wrong */
export const run = asCommand("fetch", async (args, io) => {
  const options = {
    resume: { type: "boolean" },
    message: { type: "string" },
    "dry-run": { type: "boolean" },
  } as const;
  const { values, positionals } = readCommandLine(args, options, { min: 0, max: 1, what: "one LOGIN, or none" });
  const settings = settingsOf(values.config, io);
  const [login] = positionals;
  const server = await findServer(settings.dataDir);
  if (values["dry-run"]) {
    if (values.resume || values.message !== undefined) throw new UsageError("--dry-run stands alone");
    return await showPlans(server, settings, login, values.json ?? false, io);
  }
  const message = values.message === undefined ? null : parseId(values.message);
  if (values.message !== undefined && message === null) {
    throw new UsageError(`--message ${values.message}: expected an id such as 1Q4W7Z0K8`);
  }
  const asked = { login, resume: values.resume ?? false, message };
  const results = server ? await fetchByServer(server, settings, asked, io) : await fetchHere(settings, asked, io);
  if (values.json) printJson(io, { by: server ? "server" : "command", results });
  else io.stdout(describeFetched(results));
  return results.every(({ outcome }) => outcome === "ok") ? 0 : 1;
});

async function fetchByServer(
  server: RunningServer,
  settings: Settings,
  { login, resume, message }: Asked,
  io: CommandIo,
): Promise<Fetched[]> {
  return await withReader(settings, async (store) => {
    const directory = await loadDirectory(store, settings, io);
    const since = systemClock.now();
    if (message !== null) {
      const found = findSource(directory, await sourceBehind(message, { store }), message);
      const path = `/api/v1/messages/${formatId(message)}/fetch`;
      await server.ask({ method: "POST", path, timeoutMs: POLL_MS });
      return await readResults(store, [found], since);
    }
    const sources = selectSources(directory, login);
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

/** Polls in this process. */
async function fetchHere(settings: Settings, asked: Asked, io: CommandIo): Promise<Fetched[]> {
  const results: Fetched[] = [];
  await pollHere(
    settings,
    io,
    asked,
    async (store, directory) =>
      asked.message === null
        ? selectSources(directory, asked.login).chosen
        : [await sourceOfNotice(store, directory, asked.message)],
    async ({ account, source, mailboxId, since, before, report }, store) => {
      const state = stateAfter(before, report, source.intervalMs, systemClock.now(), Math.random());
      await store.write("noteFetch", state);
      const found = await store.read("fetchedSince", { mailboxId, sinceAt: since });
      const paused = state.pausedBecause !== null;
      results.push({ account, source: source.name, ...found, paused, outcome: state.lastOutcome ?? "ok" });
    },
  );
  return results;
}

/** Notes that a message is wanted, and gives its source. @throws CommandError where none waits on its server */
async function sourceOfNotice(store: Store, directory: Directory, id: number): Promise<AccountSource> {
  const name = await requestMessage(id, { store, clock: systemClock });
  return findSource(directory, name, id);
}

function findSource(directory: Directory, name: SourceName | null, id: number): AccountSource {
  const found = name &&
    sourcesOf(directory).find(({ account, source }) => account === name.account && source.name === name.source);
  if (!found) throw new CommandError(`no message waits on its server behind ${formatId(id)}`);
  return found;
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
