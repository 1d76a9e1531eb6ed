import { asCommand, type CommandIo, printJson, readCommandLine, runPart, settingsOf } from "./command.ts";
import { changeEntries, given, isSameName, requireEntry, requireUpstream, tellChange } from "./entry-changes.ts";
import { layOutTable } from "./output/table.ts";
import { readDirectory } from "./stores.ts";

/** `waypost device`. @returns 0 done, 1 it failed, 2 the command line is wrong */
export const run = asCommand("device", (args, io) => runPart("device", { list, allow, remove }, args, io));

async function list(args: string[], io: CommandIo): Promise<number> {
  const { values } = readCommandLine(args, {});
  const settings = settingsOf(values.config, io);
  const { devices } = await readDirectory(settings, io);
  const rows = devices.map(({ name, networks, addresses, upstream, origin }) => ({
    name,
    origin,
    networks: networks.list,
    addresses,
    upstream: upstream ?? null,
  }));
  const alsoAllowed = settings.smtp.allowWithoutAuth.list;
  if (values.json) {
    printJson(io, { devices: rows, allowedWithoutAuth: alsoAllowed });
    return 0;
  }
  const table = rows.length === 0 ? 'No devices. To allow one: "waypost device allow NAME ADDRESS".\n' : layOutTable(
    [
      { title: "DEVICE", shrinks: true },
      { title: "FROM" },
      { title: "NETWORKS", shrinks: true },
      { title: "SENDS AS", shrinks: true },
      { title: "BY" },
    ],
    rows.map(({ name, origin, networks, addresses, upstream }) => [
      name,
      origin,
      networks.join(", "),
      addresses.join(", "),
      upstream ?? "-",
    ]),
  );
  io.stdout(
    `${table}May send without a login as well (smtp.allow_without_auth): ${alsoAllowed.join(", ") || "nobody"}\n`,
  );
  return 0;
}

async function allow(args: string[], io: CommandIo): Promise<number> {
  const options = { address: { type: "string", multiple: true }, upstream: { type: "string" } } as const;
  const words = { min: 2, max: Infinity, what: "a NAME and one or more NETWORKs" };
  const { values, positionals } = readCommandLine(args, options, words);
  const [name = "", ...networks] = positionals;
  const settings = settingsOf(values.config, io);
  const inUse = await changeEntries(settings, io, async ({ directory, write }) => {
    requireEntry(
      "device",
      name,
      directory.devices.find((device) => isSameName(device.name, name)),
      "new",
      values.config,
    );
    requireUpstream(directory, values.upstream);
    await write("device", name, given({ name, networks, addresses: values.address, upstream: values.upstream }));
  });
  tellChange(io, values.json, { action: "allowed", kind: "device", name, inUse });
  return 0;
}

async function remove(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, {}, { min: 1, max: 1, what: "one NAME" });
  const settings = settingsOf(values.config, io);
  const name = positionals[0]!;
  const inUse = await changeEntries(settings, io, async (context) => {
    const found = context.directory.devices.find((device) => isSameName(device.name, name));
    requireEntry("device", name, found, "database", values.config);
    await context.remove("device", name);
  });
  tellChange(io, values.json, { action: "removed", kind: "device", name, inUse });
  return 0;
}
