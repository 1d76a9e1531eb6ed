import { readMessage, readQueue } from "../dashboard/reads-mail.ts";
import { formatId } from "../store/ids.ts";
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
import { act, download, readFilter, readId } from "./queue-actions.ts";
import { readInHand } from "./queue-in-hand.ts";
import { describeMessage, describeQueue } from "./queue-text.ts";
import { loadDirectory, withReader } from "./stores.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 10_000;
const ACTIONS = ["retry", "hold", "release", "remove", "bounce", "send-by", "readdress"] as const;

/** `waypost queue`: shows and moves waiting mail. @returns 0 done, 1 it failed, 2 the command line is wrong */
export const run = asCommand("queue", (args, io) =>
  runPart(
    "queue",
    {
      list,
      show,
      download,
      ...Object.fromEntries(ACTIONS.map((action) => [action, (rest: string[]) => act(action, rest, io)])),
    },
    args,
    io,
  ));

async function list(args: string[], io: CommandIo): Promise<number> {
  const { values } = readCommandLine(args, {
    limit: { type: "string" },
    sender: { type: "string" },
    recipient: { type: "string" },
    upstream: { type: "string" },
    state: { type: "string" },
    "older-than": { type: "string" },
  });
  const limit = readLimit(values.limit);
  const filter = readFilter(values);
  const settings = settingsOf(values.config, io);
  const inHand = await readInHand(settings.dataDir);
  await withReader(settings, async (store) => {
    const [size, messages] = await Promise.all([
      store.read("queueSize", null),
      readQueue({ store, describe: () => ({ upstreams: [], accounts: [] }), ...inHand }, limit, filter),
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
  const inHand = await readInHand(settings.dataDir);
  await withReader(settings, async (store) => {
    const directory = await loadDirectory(store, settings, io);
    const message = await readMessage({ store, describe: () => directory, ...inHand }, id);
    if (message?.kind !== "message") {
      throw new CommandError(`there is no message ${formatId(id)} in the queue's history`);
    }
    if (values.json) printJson(io, message);
    else io.stdout(describeMessage(message, Date.now()));
  });
  return 0;
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new UsageError(`--limit ${text}: expected a whole number from 1 to ${MAX_LIMIT}`);
}
