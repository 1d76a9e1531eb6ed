import { writeFile } from "node:fs/promises";
import { findServer, type RunningServer, ServerError } from "../control/control.ts";
import { createOwnerActions, OwnerRequestError } from "../relay/owner-actions.ts";
import type { Settings } from "../settings.ts";
import { parseDuration } from "../settings/units.ts";
import { createIds, formatId, parseId } from "../store/ids.ts";
import type { OwnerActionName } from "../store/operations/owner.ts";
import type { QueueFilter } from "../store/queries/selection.ts";
import { isAddressPattern } from "../wire/address.ts";
import { systemClock } from "../wire/clock.ts";
import type { TurnModel } from "../../web/models.ts";
import { texts } from "../../web/texts.ts";
import { CommandError, type CommandIo, printJson, readCommandLine, settingsOf, UsageError } from "./command.ts";
import { showCount, showOctets } from "./output/figures.ts";
import { loadDirectory, withReader, withWriter } from "./stores.ts";

/** The actor in a message's history. */
const ACTOR = "command";
/** Messages that one request to the server names; all that match need no names. */
const IDS_AT_ONCE = 500;
/** How long the server may take for a whole queue. */
const ACTION_MS = 600_000;

const OPTIONS = {
  all: { type: "boolean" },
  sender: { type: "string" },
  recipient: { type: "string" },
  upstream: { type: "string" },
  state: { type: "string" },
  "older-than": { type: "string" },
  by: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
} as const;

/** What an action came to. */
interface ActionResult {
  readonly id: number;
  /** Recipients that it changed; 0: it was for none of them. */
  readonly changed: number;
  /** Of these, the held ones, of which it is true once they are released. */
  readonly held?: number | undefined;
  readonly refused?: string | undefined;
  /** `retry`: the message is in hand already and waits its turn. */
  readonly turn?: TurnModel | undefined;
}

const WHY_UNTOUCHED: Readonly<Record<OwnerActionName, string>> = {
  retry: "nothing to retry: it is not in the queue, is held, or is being tried at this moment",
  hold: "nothing to hold: it does not wait in the queue",
  release: "nothing to release: it is not held",
  remove: "nothing to remove: it is not in the queue",
  bounce: "nothing to send back: it is not in the queue, or is being tried at this moment",
  "send-by": "nothing to send: it is not in the queue, or is being tried at this moment",
  readdress: "nothing to change: no such recipient waits, or it is being tried at this moment",
};

/** Does something to messages: those of the ids, or all that match. @returns 0 done, 1 to some it could not be done */
export async function act(action: OwnerActionName, args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, OPTIONS, {
    min: 0,
    max: Infinity,
    what: "one or more IDs, --all, or a filter",
  });
  const filter = readFilter(values);
  const isSelection = values.all === true || Object.values(filter).some((value) => value !== undefined);
  if (isSelection === positionals.length > 0) throw new UsageError("expected one or more IDs, --all, or a filter");
  const wanted = positionals.map(readId);
  const settings = settingsOf(values.config, io);
  const server = await findServer(settings.dataDir);
  const wish = { action, by: values.by, from: values.from, to: values.to };
  const results = server
    ? await actByServer(server, wish, isSelection ? matchOf(values) : wanted)
    : await actOnStore(settings, wish, isSelection ? filter : wanted, io);
  if (values.json) printJson(io, { action, by: server ? "server" : "database", results });
  else io.stdout(describeDone(action, results, values.by));
  const failed = results.filter(({ changed, refused }) => refused !== undefined || (changed === 0 && !isSelection));
  for (const result of failed) io.stderr(`${formatId(result.id)}: ${whyUntouched(action, result)}\n`);
  return failed.length > 0 ? 1 : 0;
}

function whyUntouched(action: OwnerActionName, { refused, turn }: ActionResult): string {
  if (turn) return `nothing to retry: for ${turn.upstream} it ${texts.turn(turn.perMinute)}`;
  return refused ?? WHY_UNTOUCHED[action];
}

function describeDone(action: OwnerActionName, results: readonly ActionResult[], by: string | undefined): string {
  const messages = results.filter(({ changed }) => changed > 0).length;
  const recipients = results.reduce((sum, { changed }) => sum + changed, 0);
  const held = results.filter((result) => (result.held ?? 0) > 0).length;
  const lines = [`${action}: ${showCount(messages, "message")}, ${showCount(recipients, "recipient")}`];
  if (held > 0) lines.push(texts.queue.stillHeld(held, by));
  const inTurn = results.filter(({ turn }) => turn !== undefined).length;
  if (inTurn > 0) lines.push(texts.queue.inTurn(inTurn));
  return `${lines.join("\n")}\n`;
}

/** Writes a message of the queue into a file. */
export async function download(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, {}, { min: 2, max: 2, what: "an ID and a FILE" });
  const id = readId(positionals[0]!);
  const file = positionals[1]!;
  const settings = settingsOf(values.config, io);
  await withReader(settings, async (store) => {
    const history = await store.read("messageHistory", { id });
    if (history?.message.doneAt !== null) throw new CommandError(`${formatId(id)} is not in the queue any more`);
    await writeFile(file, store.octets(id), { flag: "wx", mode: 0o600 });
    if (values.json) printJson(io, { id, file, octets: history.message.size });
    else io.stdout(`${file}: ${showOctets(history.message.size)}\n`);
  });
  return 0;
}

interface Wish {
  readonly action: OwnerActionName;
  readonly by?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** A filter as the API takes it; one that leaves nothing out must be said to mean all. */
function matchOf(values: FilterValues): object {
  const { sender, recipient, upstream, state, "older-than": age } = values;
  const match = Object.entries({ sender, recipient, upstream, state, age }).filter(([, value]) => value !== undefined);
  return match.length === 0 ? { all: true } : { match: Object.fromEntries(match) };
}

/** All that match are one request, so that the log of changes has one row for one command. */
async function actByServer(server: RunningServer, wish: Wish, which: readonly number[] | object) {
  const requests = Array.isArray(which)
    ? Array.from({ length: Math.ceil(which.length / IDS_AT_ONCE) }, (_, part) => ({
      ids: which.slice(part * IDS_AT_ONCE, (part + 1) * IDS_AT_ONCE).map(formatId),
    }))
    : [which];
  const results: ActionResult[] = [];
  for (const request of requests) {
    const body = { ...wish, ...request };
    const asked = { method: "POST", path: "/api/v1/queue/actions", body, timeoutMs: ACTION_MS } as const;
    results.push(...readResults(await server.ask(asked)));
  }
  return results;
}

function readResults(answer: unknown): ActionResult[] {
  const { results } = answer as { results?: (Omit<ActionResult, "id"> & { id: string })[] };
  if (!Array.isArray(results)) throw new ServerError(200, "the server's answer was not understood");
  return results.map(({ id, ...rest }) => ({ id: parseId(id) ?? 0, ...rest }));
}

function actOnStore(settings: Settings, wish: Wish, which: readonly number[] | QueueFilter, io: CommandIo) {
  return withWriter(settings, async (store): Promise<readonly ActionResult[]> => {
    const { action } = wish;
    const ids = Array.isArray(which)
      ? which as readonly number[]
      : await store.read("messagesForAction", { action, filter: which as QueueFilter });
    const directory = await loadDirectory(store, settings, io);
    const actions = createOwnerActions({
      store,
      clock: systemClock,
      nextId: createIds(systemClock, 0, await store.read("newestId", null)),
      hostname: () => settings.hostname,
      directory: () => directory,
    });
    try {
      return await actions({ ...wish, ids }, ACTOR);
    } catch (error) {
      throw error instanceof OwnerRequestError ? new CommandError(error.message) : error;
    }
  });
}

interface FilterValues {
  readonly sender?: string | undefined;
  readonly recipient?: string | undefined;
  readonly upstream?: string | undefined;
  readonly state?: string | undefined;
  readonly "older-than"?: string | undefined;
}

/** The filter of a command line. @throws UsageError */
export function readFilter(values: FilterValues): QueueFilter {
  const { sender, recipient, upstream, state } = values;
  for (const [option, pattern] of Object.entries({ sender, recipient })) {
    if (pattern !== undefined && !isAddressPattern(pattern)) {
      throw new UsageError(`--${option} ${pattern}: expected a mail address, in which * may stand for anything`);
    }
  }
  if (state !== undefined && state !== "waiting" && state !== "held") {
    throw new UsageError(`--state ${state}: expected waiting or held`);
  }
  const age = values["older-than"];
  const ageMs = age === undefined ? undefined : parseDuration(age);
  if (age !== undefined && ageMs === undefined) {
    throw new UsageError(`--older-than ${age}: expected a duration such as 30m, 4h or 2d`);
  }
  return { sender, recipient, upstream, state, receivedBefore: ageMs === undefined ? undefined : Date.now() - ageMs };
}

/** @throws UsageError */
export function readId(text: string): number {
  const id = parseId(text);
  if (id === null) throw new UsageError(`${JSON.stringify(text)} is no ID; expected one such as 1Q4W7Z0K8`);
  return id;
}
