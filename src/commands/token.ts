import { randomBytes } from "node:crypto";
import { type Scope, SCOPES } from "../identity/roles.ts";
import { addToken, listTokens, removeToken, type TokenPorts } from "../identity/tokens.ts";
import { parseDuration } from "../settings/units.ts";
import { BESIDE, createIds } from "../store/ids.ts";
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
import { layOutTable } from "./output/table.ts";
import { hasDatabase, withReader, withWriter } from "./stores.ts";

const ONE_NAME = { min: 1, max: 1, what: "one NAME" };

/** `waypost token`: by which programs use the API. @returns 0 done, 1 it failed, 2 the command line is wrong */
export const run = asCommand("token", (args, io) => runPart("token", { list, add, remove }, args, io));

const clock = { now: () => Date.now() };

async function list(args: string[], io: CommandIo): Promise<number> {
  const { values } = readCommandLine(args, {});
  const settings = settingsOf(values.config, io);
  const tokens = hasDatabase(settings) ? await withReader(settings, (store) => listTokens({ store, clock })) : [];
  if (values.json) printJson(io, { tokens });
  else if (tokens.length === 0) io.stdout('No tokens. To make one: "waypost token add NAME --scope SCOPE".\n');
  else {
    const day = (at: number | null, none: string) => at === null ? none : new Date(at).toISOString().slice(0, 10);
    io.stdout(layOutTable(
      [{ title: "NAME", shrinks: true }, { title: "SCOPES", shrinks: true }, { title: "UNTIL" }, {
        title: "LAST USED",
      }],
      tokens.map(({ name, scopes, expiresAt, lastUsedAt }) => [
        name,
        scopes.join(", "),
        day(expiresAt, "for ever"),
        day(lastUsedAt, "not yet"),
      ]),
    ));
  }
  return 0;
}

async function add(args: string[], io: CommandIo): Promise<number> {
  const options = { scope: { type: "string", multiple: true }, works: { type: "string" } } as const;
  const { values, positionals } = readCommandLine(args, options, ONE_NAME);
  const name = positionals[0]!;
  const scopes = (values.scope ?? []).flatMap((text) => text.split(",")).map(scopeOf);
  const worksMs = values.works === undefined ? null : parseDuration(values.works);
  if (worksMs === undefined || worksMs === 0) {
    throw new UsageError(`--works: expected a duration such as 90d; got ${values.works}`);
  }
  await withWriter(settingsOf(values.config, io), async (store) => {
    const token = await addToken(portsOf(store), { name, scopes, worksMs, createdBy: null });
    if (values.json) printJson(io, { action: "added", name, scopes, token });
    else io.stdout(`token ${name}: ${scopes.join(", ")}. It is shown this once:\n${token}\n`);
  }, true);
  return 0;
}

function scopeOf(text: string): Scope {
  const known = SCOPES.find((scope) => scope === text);
  if (!known) throw new UsageError(`--scope: expected one of ${SCOPES.join(", ")}; got ${text}`);
  return known;
}

async function remove(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, {}, ONE_NAME);
  const name = positionals[0]!;
  await withWriter(settingsOf(values.config, io), async (store) => {
    const found = (await store.read("tokens", null)).find((row) => row.name === name);
    if (!found) throw new CommandError(`there is no token ${name}`);
    await removeToken(portsOf(store), found.id);
    if (values.json) printJson(io, { action: "removed", name });
    else io.stdout(`token ${name}: removed, it does not work any more\n`);
  });
  return 0;
}

function portsOf(store: TokenPorts["store"]): TokenPorts {
  const nextId = createIds(clock, randomBytes(2).readUInt16BE(), 0, BESIDE);
  return { store, clock, randomBytes, nextId, actor: "command" };
}
