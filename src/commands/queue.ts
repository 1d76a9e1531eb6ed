import { findServer, type RunningServer, ServerError } from "../control/control.ts";
import { readMessage, readQueue } from "../dashboard/reads-mail.ts";
import type { Settings } from "../settings.ts";
import { formatId, parseId } from "../store/ids.ts";
import type { QueueAction } from "../store/operations/queue.ts";
import {
  asCommand,
  CommandError,
  type CommandIo,
  printJson,
  readCommandLine,
  runPart,
  settingsOf,
  UsageError,
} from "./command.ts";
import { showCount } from "./output/figures.ts";
import { describeMessage, describeQueue } from "./queue-text.ts";
import { loadDirectory, withReader, withWriter } from "./stores.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 10_000;
/** Requests to the server that are under way at once. */
const AT_ONCE = 8;

/** `waypost queue`: shows and moves waiting mail. @returns 0 done, 1 it failed, 2 the command line is wrong */
export const run = asCommand("queue", (args, io) =>
  runPart(
    "queue",
    {
      list,
      show,
      retry: (rest) => act("retry", rest, io),
      hold: (rest) => act("hold", rest, io),
      release: (rest) => act("release", rest, io),
      remove: (rest) => act("remove", rest, io),
    },
    args,
    io,
  ));

async function list(args: string[], io: CommandIo): Promise<number> {
  const { values } = readCommandLine(args, { limit: { type: "string" } });
  const limit = readLimit(values.limit);
  const settings = settingsOf(values.config, io);
  await withReader(settings, async (store) => {
    const [size, messages] = await Promise.all([
      store.read("queueSize", null),
      readQueue({ store, describe: () => ({ upstreams: [], accounts: [] }) }, limit),
    ]);
    if (values.json) printJson(io, { ...size, messages });
    else io.stdout(describeQueue(size, messages, Date.now()));
  });
  return 0;
}

async function show(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, {}, { min: 1, max: 1, what: "one ID" });
  const id = readId(positionals[0]!);
  const settings = settingsOf(values.config, io);
  await withReader(settings, async (store) => {
    const directory = await loadDirectory(store, settings, io);
    const message = await readMessage({ store, describe: () => directory }, id);
    if (message?.kind !== "message") {
      throw new CommandError(`there is no message ${formatId(id)} in the queue's history`);
    }
    if (values.json) printJson(io, message);
    else io.stdout(describeMessage(message, Date.now()));
  });
  return 0;
}

/** What an action came to. */
interface ActionResult {
  readonly id: number;
  /** Recipients that it changed; 0: it was for none of them. */
  readonly changed: number;
}

async function act(action: QueueAction, args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, { all: { type: "boolean" } }, {
    min: 0,
    max: Infinity,
    what: "one or more IDs, or --all",
  });
  if ((values.all ?? false) === positionals.length > 0) throw new UsageError("expected one or more IDs, or --all");
  const wanted = positionals.map(readId);
  const settings = settingsOf(values.config, io);
  const ids = values.all ? await withReader(settings, (store) => store.read("messagesForAction", { action })) : wanted;
  const server = await findServer(settings.dataDir);
  const results = server ? await actByServer(server, action, ids) : await actOnStore(settings, action, ids);
  const untouched = values.all ? [] : results.filter(({ changed }) => changed === 0);
  if (values.json) printJson(io, { action, by: server ? "server" : "database", results });
  else {
    const messages = results.filter(({ changed }) => changed > 0).length;
    const recipients = results.reduce((sum, { changed }) => sum + changed, 0);
    io.stdout(`${action}: ${showCount(messages, "message")}, ${showCount(recipients, "recipient")}\n`);
  }
  for (const { id } of untouched) io.stderr(`${formatId(id)}: ${WHY_UNTOUCHED[action]}\n`);
  return untouched.length > 0 ? 1 : 0;
}

const WHY_UNTOUCHED: Readonly<Record<QueueAction, string>> = {
  retry: "nothing to retry: it is not in the queue, is held, or is being tried at this moment",
  hold: "nothing to hold: it does not wait in the queue",
  release: "nothing to release: it is not held",
  remove: "nothing to remove: it is not in the queue",
};

async function actByServer(
  server: RunningServer,
  action: QueueAction,
  ids: readonly number[],
): Promise<ActionResult[]> {
  const results: ActionResult[] = [];
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    results.push(...await Promise.all(ids.slice(from, from + AT_ONCE).map((id) => actOnOne(server, action, id))));
  }
  return results;
}

async function actOnOne(server: RunningServer, action: QueueAction, id: number): Promise<ActionResult> {
  const answer = await server.ask({ method: "POST", path: `/api/v1/queue/${formatId(id)}/${action}` });
  const { changed } = answer as { changed?: unknown };
  if (typeof changed !== "number") throw new ServerError(200, "the server's answer was not understood");
  return { id, changed };
}

function actOnStore(settings: Settings, action: QueueAction, ids: readonly number[]): Promise<ActionResult[]> {
  return withWriter(settings, (store) =>
    Promise.all(ids.map(async (id) => {
      const changed = await store.write("actOnQueue", { messageId: id, action, now: Date.now() });
      return { id, changed };
    })));
}

/** @throws UsageError */
function readId(text: string): number {
  const id = parseId(text);
  if (id === null) throw new UsageError(`${JSON.stringify(text)} is no ID; expected one such as 1Q4W7Z0K8`);
  return id;
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new UsageError(`--limit ${text}: expected a whole number from 1 to ${MAX_LIMIT}`);
}
