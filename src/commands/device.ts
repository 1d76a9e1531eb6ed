import { createDirectory, type Directory } from "../identity/directory.ts";
import type { Settings } from "../settings.ts";
import type { QueryResult } from "../store/queries.ts";
import { asCommand, type CommandIo, printJson, readCommandLine, runPart, settingsOf } from "./command.ts";
import { describeDevices, rulesOf } from "./device-text.ts";
import {
  changeEntries,
  COMMAND_ACTOR,
  given,
  isSameName,
  readNumber,
  requireEntry,
  requireUpstream,
  tellChange,
} from "./entry-changes.ts";
import { hasDatabase, loadDirectory, withReader } from "./stores.ts";

/** `waypost device`. @returns 0 done, 1 it failed, 2 the command line is wrong */
export const run = asCommand("device", (args, io) => runPart("device", { list, allow, remove }, args, io));

type RefusedClients = QueryResult<"refusedClients">;

async function list(args: string[], io: CommandIo): Promise<number> {
  const { values } = readCommandLine(args, {});
  const settings = settingsOf(values.config, io);
  const { directory, refused } = await readAll(settings, io);
  const known = [settings.smtp.allowWithoutAuth, ...directory.devices.map(({ networks }) => networks)];
  const waiting = refused.filter(({ address }) => !known.some((networks) => networks.contains(address)));
  const allowedWithoutAuth = settings.smtp.allowWithoutAuth.list;
  if (values.json) printJson(io, { devices: directory.devices.map(shownDevice), allowedWithoutAuth, waiting });
  else io.stdout(describeDevices({ devices: directory.devices, allowedWithoutAuth, waiting }, Date.now()));
  return 0;
}

function readAll(settings: Settings, io: CommandIo): Promise<{ directory: Directory; refused: RefusedClients }> {
  if (!hasDatabase(settings)) {
    const stored = { accounts: [], upstreams: [], routes: [], devices: [] };
    return Promise.resolve({ directory: createDirectory(settings, stored), refused: [] });
  }
  return withReader(settings, async (store) => ({
    directory: await loadDirectory(store, settings, io),
    refused: await store.read("refusedClients", null),
  }));
}

function shownDevice(device: Directory["devices"][number]) {
  const { name, origin, networks, addresses, upstream } = device;
  return { name, origin, networks: networks.list, addresses, upstream: upstream ?? null, ...rulesOf(device) };
}

/** The options of `device allow`; what they are for: help.ts. */
const OPTIONS = {
  address: { type: "string", multiple: true },
  from: { type: "string" },
  upstream: { type: "string" },
  owner: { type: "string" },
  "messages-per-minute": { type: "string" },
  "messages-per-hour": { type: "string" },
  "max-message-size": { type: "string" },
  "min-tls": { type: "string" },
  "bare-lf": { type: "boolean" },
} as const;

async function allow(args: string[], io: CommandIo): Promise<number> {
  const words = { min: 2, max: Infinity, what: "a NAME and one or more NETWORKs" };
  const { values, positionals } = readCommandLine(args, OPTIONS, words);
  const [name = "", ...networks] = positionals;
  const settings = settingsOf(values.config, io);
  const value = given({
    name,
    networks,
    addresses: values.address,
    from: values.from,
    upstream: values.upstream,
    owner: values.owner,
    messages_per_minute: readNumber("messages-per-minute", values["messages-per-minute"]),
    messages_per_hour: readNumber("messages-per-hour", values["messages-per-hour"]),
    max_message_size: values["max-message-size"],
    min_tls: values["min-tls"],
    bare_lf: values["bare-lf"],
  });
  const inUse = await changeEntries(settings, io, async ({ directory, entries }) => {
    const same = directory.devices.find((device) => isSameName(device.name, name));
    requireEntry("device", name, same, "new", values.config);
    requireUpstream(directory, values.upstream);
    await entries.add({ kind: "device", name, value }, COMMAND_ACTOR);
  });
  tellChange(io, values.json, { action: "allowed", kind: "device", name, inUse });
  return 0;
}

async function remove(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, {}, { min: 1, max: 1, what: "one NAME" });
  const settings = settingsOf(values.config, io);
  const name = positionals[0]!;
  const inUse = await changeEntries(settings, io, async ({ directory, entries }) => {
    const found = directory.devices.find((device) => isSameName(device.name, name));
    requireEntry("device", name, found, "database", values.config);
    await entries.remove({ kind: "device", name }, COMMAND_ACTOR);
  });
  tellChange(io, values.json, { action: "removed", kind: "device", name, inUse });
  return 0;
}
