import { noRecorder, SessionLog, type SessionRecord, type TranscriptLine } from "../dialogue/session.ts";
import type { Directory } from "../identity/directory.ts";
import { formatEndpoint, type Upstream } from "../settings.ts";
import { providerById } from "../settings/providers.ts";
import { closeSession, openSession, type SmtpTarget } from "../smtp/client/session.ts";
import { systemClock } from "../wire/clock.ts";
import { asCommand, CommandError, type CommandIo, printJson, readCommandLine, runPart, settingsOf } from "./command.ts";
import { diagnose, type Diagnosis } from "./diagnosis.ts";
import {
  changeEntries,
  given,
  isSameName,
  readAssignments,
  readNumber,
  requireEntry,
  tellChange,
} from "./entry-changes.ts";
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

/** A person waits for a test: it gives up sooner than the relay does. */
export const TEST_TIMEOUT_MS = 15_000;

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
  const inUse = await changeEntries(settings, io, async ({ directory, write }) => {
    requireEntry("upstream", name, findUpstream(directory, name), "new", values.config);
    const { provider, tls, username } = values;
    const host = values.host ?? providerById(provider)?.smtp.host ?? undefined;
    const passwords = openPasswords(values["password-stdin"] ?? false);
    const password = username === undefined ? undefined : await passwords.next(`password of ${username} at ${host}`);
    await write("upstream", name, given({ ...assigned, name, provider, host, tls, port, username, password }));
  });
  tellChange(io, values.json, { action: "added", kind: "upstream", name, inUse });
  return 0;
}

async function password(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, { "password-stdin": { type: "boolean" } }, ONE_NAME);
  const settings = settingsOf(values.config, io);
  let name = positionals[0]!;
  const inUse = await changeEntries(settings, io, async ({ directory, box, rewrite }) => {
    const found = findUpstream(directory, name);
    requireEntry("upstream", name, found, "database", values.config);
    const { username, host } = found!;
    if (username === undefined) {
      throw new CommandError(`upstream ${name} has no login: remove it, then add it with one`);
    }
    name = found!.name;
    const fresh = await openPasswords(values["password-stdin"] ?? false).next(`new password of ${username} at ${host}`);
    const sealed = box.seal(fresh);
    await rewrite("upstream", name, (entry) => ({ ...entry, password: sealed }));
  });
  tellChange(io, values.json, { action: "has a new password", kind: "upstream", name, inUse });
  return 0;
}

async function remove(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, {}, ONE_NAME);
  const settings = settingsOf(values.config, io);
  let name = positionals[0]!;
  const inUse = await changeEntries(settings, io, async (context) => {
    const found = findUpstream(context.directory, name);
    requireEntry("upstream", name, found, "database", values.config);
    name = found!.name;
    await context.remove("upstream", name);
  });
  tellChange(io, values.json, { action: "removed; its mail goes by the others", kind: "upstream", name, inUse });
  return 0;
}

function findUpstream({ upstreams }: Directory, name: string) {
  return upstreams.find((upstream) => isSameName(upstream.name, name));
}

/** What a test of an upstream came to. */
export interface UpstreamTest {
  readonly ok: boolean;
  readonly tls: string | null;
  /** When the server's certificate expires; null without TLS. */
  readonly certificateExpiresAt: number | null;
  /** The fingerprint of the server's key, to be pinned; null without TLS. */
  readonly fingerprint: string | null;
  /** Extensions that the server offers. */
  readonly extensions: readonly string[];
  readonly durationMs: number;
  readonly transcript: readonly TranscriptLine[];
  readonly diagnosis: Diagnosis | null;
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
  const tested = await testUpstream(upstream, settings.hostname);
  if (values.json) printJson(io, { upstream: upstream.name, ...tested });
  else io.stdout(describeTest(upstream, tested));
  return tested.ok ? 0 : 1;
}

/** Opens a session up to the login, and leaves. Never throws. */
export async function testUpstream(upstream: Upstream, helo: string): Promise<UpstreamTest> {
  let record: SessionRecord | undefined;
  const log = new SessionLog(
    {
      id: 0,
      hop: "smtp-client",
      peer: { address: upstream.host, port: upstream.port },
      localPort: 0,
      peerName: upstream.name,
    },
    { ...noRecorder, ended: (ended) => void (record = ended) },
    systemClock,
  );
  try {
    const session = await openSession(targetOf(upstream, helo), log);
    await closeSession(session);
    const { tls: secured } = session.dialogue.connection;
    const certificateExpiresAt = secured?.peerExpiresAt ?? null;
    const fingerprint = secured?.peerFingerprint ?? null;
    const extensions = [...session.extensions.keys()];
    return { ok: true, ...outcomeOf(record), certificateExpiresAt, fingerprint, extensions, diagnosis: null };
  } catch (error) {
    const diagnosis = diagnose(error, { ...upstream, protocol: "smtp" });
    return {
      ok: false,
      ...outcomeOf(record),
      certificateExpiresAt: null,
      fingerprint: null,
      extensions: [],
      diagnosis,
    };
  }
}

function outcomeOf(record: SessionRecord | undefined) {
  return { tls: record?.tls ?? null, durationMs: record?.durationMs ?? 0, transcript: record?.transcript ?? [] };
}

function targetOf(upstream: Upstream, helo: string): SmtpTarget {
  const { host, port, tls, ca, verify, fingerprint, username, password, auth } = upstream;
  const commandMs = Math.min(upstream.commandTimeoutMs, TEST_TIMEOUT_MS);
  return {
    host,
    port,
    tls,
    ca: ca?.pem,
    verify,
    fingerprint,
    login: username !== undefined && password !== undefined ? { username, password, auth } : undefined,
    helo,
    timeouts: {
      connectMs: Math.min(upstream.connectTimeoutMs, TEST_TIMEOUT_MS),
      commandMs,
      dataMs: commandMs,
      finalReplyMs: commandMs,
    },
  };
}

const FROM: Readonly<Record<TranscriptLine[1], string>> = { client: ">", server: "<", note: "*" };

/** The page of `waypost upstream test`. Pure. */
export function describeTest(upstream: Upstream, tested: UpstreamTest): string {
  const { name, host, port, tls } = upstream;
  const lines = tested.transcript.map(([offsetMs, from, text]) =>
    wrap(oneLine(text), WIDTH - 11).map((line, index) =>
      `${index === 0 ? `${(offsetMs / 1000).toFixed(3).padStart(7)}  ${FROM[from]}` : " ".repeat(10)} ${line}\n`
    ).join("")
  );
  const login = upstream.username === undefined ? "without a login" : `logged in as ${upstream.username}`;
  const end = tested.diagnosis === null
    ? `It works: ${tested.tls ?? "no TLS"}, ${login}.\n${
      tested.fingerprint === null ? "" : `The server's key: ${tested.fingerprint}\n`
    }`
    : `It does not work: ${tested.diagnosis.fault}.\nTo do: ${tested.diagnosis.advice}.\n`;
  const wrapped = end.trimEnd().split("\n").flatMap((line) => wrap(line, WIDTH)).join("\n");
  return `${name}: ${formatEndpoint({ address: host, port })}, TLS ${tls}\n\n${lines.join("")}\n${wrapped}\n`;
}
