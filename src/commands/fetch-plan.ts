import type { RunningServer } from "../control/control.ts";
import { type FetchPlan, type PlannedMessages, plansOf } from "../mailbox/owner.ts";
import type { PollResult } from "../mailbox/poller.ts";
import type { Settings } from "../settings.ts";
import type { CommandIo } from "./command.ts";
import { printJson } from "./command.ts";
import { pollHere, selectSources } from "./fetch-here.ts";
import { showCount, showOctets } from "./output/figures.ts";
import { layOutTable, oneLine } from "./output/table.ts";
import { loadDirectory, withReader } from "./stores.ts";

/** A server that is asked for its list answers in this time, or is told to have failed. */
const PLAN_MS = 600_000;
/** Messages of each list that are printed. */
const PRINTED = 20;

/**
 * `waypost fetch --dry-run`: asks the sources, and says what the next poll would fetch and delete; does neither.
 * @returns 0, or 1 when that of a source could not be found out
 */
export async function showPlans(
  server: RunningServer | null,
  settings: Settings,
  login: string | undefined,
  asJson: boolean,
  io: CommandIo,
): Promise<number> {
  const plans = server ? await plansByServer(server, settings, login, io) : await plansHere(settings, login, io);
  if (asJson) printJson(io, { plans });
  else io.stdout(plans.map(describePlan).join("\n"));
  return plans.every(({ problem }) => problem === null) ? 0 : 1;
}

async function plansByServer(
  server: RunningServer,
  settings: Settings,
  login: string | undefined,
  io: CommandIo,
): Promise<readonly FetchPlan[]> {
  const { account } = await withReader(
    settings,
    async (store) => selectSources(await loadDirectory(store, settings, io), login),
  );
  const body = account === undefined ? {} : { account };
  const answer = await server.ask({ method: "POST", path: "/api/v1/fetch/plan", body, timeoutMs: PLAN_MS });
  return (answer as { readonly plans: readonly FetchPlan[] }).plans;
}

async function plansHere(settings: Settings, login: string | undefined, io: CommandIo): Promise<readonly FetchPlan[]> {
  const plans: FetchPlan[] = [];
  await pollHere(
    settings,
    io,
    { isDryRun: true },
    (_, directory) => Promise.resolve(selectSources(directory, login).chosen),
    async ({ account, source, report }, store) => {
      const result: PollResult = { account, source: source.name, report };
      plans.push(...await plansOf([result], { store }));
    },
  );
  return plans;
}

/** A plan as text. Pure. */
export function describePlan({ account, source, problem, fetch, announce, postponed, remove }: FetchPlan): string {
  const title = `${account}, ${source}:`;
  if (problem !== null) return `${title} ${oneLine(problem)}\n`;
  const parts = [
    partOf("would be fetched", fetch),
    partOf("would stay on the server, with a notice here", announce),
    postponed === 0 ? "" : `${showCount(postponed, "message")} would wait until the day's limit allows it\n`,
    partOf("would be deleted on the server", remove),
  ].filter((part) => part !== "");
  return parts.length === 0 ? `${title} nothing would be fetched or deleted\n` : `${title}\n${parts.join("")}`;
}

function partOf(what: string, { count, octets, first }: PlannedMessages): string {
  if (count === 0) return "";
  const shown = first.slice(0, PRINTED);
  const table = layOutTable(
    [{ title: "UIDL", shrinks: true }, { title: "SIZE", align: "right" }, { title: "FROM", shrinks: true }, {
      title: "SUBJECT",
      shrinks: true,
    }],
    shown.map(({ uidl, octets: size, sender, subject }) => [
      uidl,
      size === null ? "-" : showOctets(size),
      sender ?? "-",
      subject ?? "-",
    ]),
  );
  const more = count > shown.length ? `and ${count - shown.length} more\n` : "";
  return `${showCount(count, "message")} ${what} (${showOctets(octets)})\n${table}${more}`;
}
