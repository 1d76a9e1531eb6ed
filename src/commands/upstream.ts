import type { TranscriptLine } from "../dialogue/session.ts";
import type { CertificateFacts } from "../net/certificate.ts";
import { tryUpstream, type UpstreamTrial } from "../relay/trial.ts";
import type { Directory } from "../identity/directory.ts";
import type { EntryValue } from "../identity/entries.ts";
import { formatEndpoint, type Upstream } from "../settings.ts";
import { providerById } from "../settings/providers.ts";
import { asCommand, CommandError, type CommandIo, printJson, readCommandLine, runPart, settingsOf } from "./command.ts";
import {
  changeEntries,
  COMMAND_ACTOR,
  given,
  isSameName,
  readAssignments,
  readNumber,
  requireEntry,
  tellChange,
} from "./entry-changes.ts";
import { showTime } from "./output/figures.ts";
import { layOutTable, oneLine, WIDTH, wrap } from "./output/table.ts";
import { openPasswords } from "./password.ts";
import { readDirectory } from "./stores.ts";

const ONE_NAME = { min: 1, max: 1, what: "the NAME of an upstream" };

const ADD_OPTIONS = {
  provider: { type: "string" },
  host: { type: "string" },
  tls: { type: "string" },
  port: { type: "string" },
  username: { type: "string" },
  "password-stdin": { type: "boolean" },
  set: { type: "string", multiple: true },
} as const;

/** `waypost upstream`. @returns 0 done, 1 it failed, 2 the command line is wrong */
export const run = asCommand(
  "upstream",
  (args, io) => runPart("upstream", { list, add, test, password, remove }, args, io),
);

async function list(args: string[], io: CommandIo): Promise<number> {
  const { values } = readCommandLine(args, {});
  const settings = settingsOf(values.config, io);
  const { upstreams } = await readDirectory(settings, io);
  const rows = upstreams.map(({ name, host, port, tls, verify, username, senders, origin }) => ({
    name,
    origin,
    host,
    port,
    tls,
    verify,
    username: username ?? null,
    senders,
  }));
  if (values.json) printJson(io, { upstreams: rows });
  else if (rows.length === 0) io.stdout('No upstreams. To add one: "waypost upstream add NAME --host HOST".\n');
  else {
    io.stdout(layOutTable(
      [
        { title: "UPSTREAM", shrinks: true },
        { title: "FROM" },
        { title: "SERVER", shrinks: true },
        { title: "TLS" },
        { title: "LOGIN", shrinks: true },
      ],
      rows.map(({ name, origin, host, port, tls, verify, username }) => [
        name,
        origin,
        formatEndpoint({ address: host, port }),
        verify || tls === "off" ? tls : `${tls}, unchecked`,
        username ?? "-",
      ]),
    ));
  }
  return 0;
}

async function add(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, ADD_OPTIONS, ONE_NAME);
  const name = positionals[0]!;
  const assigned = readAssignments(values.set ?? []);
  const port = readNumber("port", values.port);
  const settings = settingsOf(values.config, io);
  const inUse = await changeEntries(settings, io, async ({ directory, entries }) => {
    requireEntry("upstream", name, findUpstream(directory, name), "new", values.config);
    const { provider, tls, username } = values;
    const host = values.host ?? providerById(provider)?.smtp.host ?? undefined;
    const passwords = openPasswords(values["password-stdin"] ?? false);
    const password = username === undefined ? undefined : await passwords.next(`password of ${username} at ${host}`);
    const value = given({ ...assigned, name, provider, host, tls, port, username, password });
    await entries.add({ kind: "upstream", name, value }, COMMAND_ACTOR);
  });
  tellChange(io, values.json, { action: "added", kind: "upstream", name, inUse });
  return 0;
}

async function password(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, { "password-stdin": { type: "boolean" } }, ONE_NAME);
  const settings = settingsOf(values.config, io);
  let name = positionals[0]!;
  const inUse = await changeEntries(settings, io, async ({ directory, entries }) => {
    const found = findUpstream(directory, name);
    requireEntry("upstream", name, found, "database", values.config);
    const { username, host } = found!;
    if (username === undefined) {
      throw new CommandError(`upstream ${name} has no login: remove it, then add it with one`);
    }
    name = found!.name;
    const fresh = await openPasswords(values["password-stdin"] ?? false).next(`new password of ${username} at ${host}`);
    const rewrite = (entry: EntryValue) => ({ ...entry, password: fresh });
    await entries.change({ kind: "upstream", name, rewrite }, COMMAND_ACTOR);
  });
  tellChange(io, values.json, { action: "has a new password", kind: "upstream", name, inUse });
  return 0;
}

async function remove(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, {}, ONE_NAME);
  const settings = settingsOf(values.config, io);
  let name = positionals[0]!;
  const inUse = await changeEntries(settings, io, async ({ directory, entries }) => {
    const found = findUpstream(directory, name);
    requireEntry("upstream", name, found, "database", values.config);
    name = found!.name;
    await entries.remove({ kind: "upstream", name }, COMMAND_ACTOR);
  });
  tellChange(io, values.json, { action: "removed; its mail goes by the others", kind: "upstream", name, inUse });
  return 0;
}

function findUpstream({ upstreams }: Directory, name: string) {
  return upstreams.find((upstream) => isSameName(upstream.name, name));
}

async function test(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, {}, ONE_NAME);
  const settings = settingsOf(values.config, io);
  const directory = await readDirectory(settings, io);
  const upstream = findUpstream(directory, positionals[0]!);
  if (!upstream) {
    const known = directory.upstreams.map(({ name }) => name).join(", ");
    throw new CommandError(`there is no upstream ${positionals[0]}${known === "" ? "" : `; there is ${known}`}`);
  }
  const tested = await tryUpstream(upstream, settings.hostname);
  if (values.json) printJson(io, { upstream: upstream.name, ...tested });
  else io.stdout(describeTest(upstream, tested));
  return tested.ok ? 0 : 1;
}

const FROM: Readonly<Record<TranscriptLine[1], string>> = { client: ">", server: "<", note: "*" };

/** The page of `waypost upstream test`. Pure. */
export function describeTest(upstream: Upstream, tested: UpstreamTrial): string {
  const { name, host, port, tls } = upstream;
  const lines = tested.transcript.map(([offsetMs, from, text]) =>
    wrap(oneLine(text), WIDTH - 11).map((line, index) =>
      `${index === 0 ? `${(offsetMs / 1000).toFixed(3).padStart(7)}  ${FROM[from]}` : " ".repeat(10)} ${line}\n`
    ).join("")
  );
  const login = upstream.username === undefined ? "without a login" : `logged in as ${upstream.username}`;
  const end = tested.diagnosis === null
    ? `It works: ${tested.tls ?? "no TLS"}, ${login}.\n`
    : `It does not work: ${tested.diagnosis.fault}.\nTo do: ${tested.diagnosis.advice}.\n`;
  const shown = tested.certificate === null ? [] : describeCertificate(tested.certificate);
  const wrapped = [...end.trimEnd().split("\n"), ...shown].flatMap((line) => wrap(line, WIDTH)).join("\n");
  return `${name}: ${formatEndpoint({ address: host, port })}, TLS ${tls}\n\n${lines.join("")}\n${wrapped}\n`;
}

function describeCertificate({ subject, issuer, names, expiresAt, fingerprint }: CertificateFacts): string[] {
  const until = expiresAt === null ? "" : `, valid until ${showTime(expiresAt)}`;
  const signed = issuer === subject ? "signed by itself" : `signed by ${oneLine(issuer)}`;
  const others = names.filter((name) => name !== subject);
  return [
    `The server's certificate: ${oneLine(subject)}${
      others.length === 0 ? "" : ` (for ${oneLine(others.join(", "))})`
    }, ${signed}${until}`,
    `The server's key: ${fingerprint}`,
  ];
}
